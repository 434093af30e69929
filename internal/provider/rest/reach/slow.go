package reach

import (
	"io"
	"net/http"
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

// Watched returns an answer whose body calls answered at its end. Without an answer, it
// is called at once.
func Watched(resp *http.Response, answered func()) *http.Response {
	if resp == nil {
		answered()
		return nil
	}
	resp.Body = watched{resp.Body, answered}
	return resp
}

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
