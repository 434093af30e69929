package reach

import (
	"io"
	"sync"
	"time"
)

// slow is after what time a person is told what a request waits for.
const slow = time.Second

// Watch reports a request to host that takes long, until answered is called for the
// first time.
func Watch(report func(what string), host string) (answered func()) {
	reported := make(chan struct{})
	timer := time.AfterFunc(slow, func() {
		report("Waiting for " + host)
		close(reported)
	})
	return sync.OnceFunc(func() {
		if !timer.Stop() {
			<-reported
			report("")
		}
	})
}

// Watched returns the body of an answer, which calls answered at its end.
func Watched(body io.ReadCloser, answered func()) io.ReadCloser { return watched{body, answered} }

type watched struct {
	io.ReadCloser
	answered func()
}

func (w watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if err != nil {
		w.answered()
	}
	return n, err
}

func (w watched) Close() error {
	w.answered()
	return w.ReadCloser.Close()
}
