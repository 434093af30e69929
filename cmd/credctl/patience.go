package main

import (
	"fmt"
	"io"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// errLate is the error of what did not do something in time.
func errLate(what string, limit time.Duration) error {
	return provider.As(provider.ErrUnavailable, fmt.Errorf("%s within %s", what, limit))
}

// patiently returns what f does, or late when that takes longer than limit: a read
// of a pipe that nobody writes to cannot be interrupted.
func patiently[T any](limit time.Duration, late error, f func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		value, err := f()
		answered <- answer{value, err}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case got := <-answered:
		return got.value, got.err
	case <-timer.C:
		var none T
		return none, late
	}
}

// A patientInput is standard input, which must have come to its end when the time is up.
type patientInput struct {
	io.Reader
	limit func() time.Duration
	began time.Time
}

func (r *patientInput) Read(p []byte) (int, error) {
	if r.began.IsZero() {
		r.began = time.Now()
	}
	limit := r.limit()
	got, err := patiently(limit-time.Since(r.began), errLate("standard input does not end", limit), func() ([]byte, error) {
		b := make([]byte, len(p)) // p is the caller's again when the time is up
		n, err := r.Reader.Read(b)
		return b[:n], err
	})
	return copy(p, got), err
}
