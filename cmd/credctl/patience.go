package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// errLate is the error of what did not do something in time.
func errLate(what string, limit time.Duration) error {
	return provider.WithClass(provider.ErrUnavailable, fmt.Errorf("%s within %s", what, limit))
}

// errInterrupted ends the wait for something that cannot itself be interrupted.
var errInterrupted = errors.New("interrupted")

// patiently returns what f does; or late when that takes longer than limit, and
// errInterrupted when an interrupt comes meanwhile: a read of a pipe that nobody
// writes to cannot be ended. What is asked after an interrupt is asked on purpose,
// to end well what was begun, and what is about to answer may.
func patiently[T any](interrupted <-chan struct{}, limit time.Duration, late error, f func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		value, err := f()
		answered <- answer{value, err}
	}()
	select {
	case <-interrupted:
		interrupted = nil
	default:
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		select {
		case got := <-answered:
			return got.value, got.err
		case <-timer.C:
			var none T
			return none, late
		case <-interrupted:
			interrupted, late = nil, errInterrupted
			timer.Reset(repeated)
		}
	}
}

// A patientInput is standard input, which must have come to its end when the time is up.
type patientInput struct {
	io.Reader
	app   *app
	began time.Time
}

func (r *patientInput) Read(p []byte) (int, error) {
	if r.began.IsZero() {
		r.began = time.Now()
	}
	limit := r.app.global.timeout
	got, err := patiently(r.app.interrupted(), limit-time.Since(r.began), errLate("standard input does not end", limit), func() ([]byte, error) {
		b := make([]byte, len(p)) // p is the caller's again when the time is up
		n, err := r.Reader.Read(b)
		return b[:n], err
	})
	return copy(p, got), err
}
