package main

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// errReaderGone is the error of standard output when who read it has had enough.
var errReaderGone = errors.New("nobody reads standard output any more")

// A standardOutput tells a broken pipe of its own from one of the network.
type standardOutput struct{ io.Writer }

func (s standardOutput) Write(b []byte) (int, error) {
	n, err := s.Writer.Write(b)
	if errors.Is(err, syscall.EPIPE) {
		err = errReaderGone
	}
	return n, err
}

// discards reports whether what is written is lost. An output that was closed when
// the program started is the null device as well: the runtime sees to that.
func (s standardOutput) discards() bool {
	f, ok := s.Writer.(*os.File)
	if !ok {
		return false
	}
	this, err := f.Stat()
	null, nerr := os.Stat(os.DevNull)
	return err == nil && nerr == nil && os.SameFile(this, null)
}

// onlyReaderGone reports whether err says nothing but that, however often.
func onlyReaderGone(err error) bool {
	switch e := err.(type) { //nolint:errorlint // it goes through the whole tree itself
	case interface{ Unwrap() error }:
		return onlyReaderGone(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			if !onlyReaderGone(one) {
				return false
			}
		}
		return true
	}
	return err == errReaderGone //nolint:errorlint // see above
}
