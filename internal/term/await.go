package term

import (
	"errors"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// ErrInterrupted ends the wait for something that cannot itself be interrupted.
var ErrInterrupted = errors.New("interrupted")

// Late is the error of what was not done within limit.
func Late(what string, limit time.Duration) error {
	return provider.WithClass(provider.ErrUnavailable, fmt.Errorf("%s within %s", what, limit))
}

// Await returns what f does; or late when that takes longer than limit, and
// [ErrInterrupted] when an interrupt comes meanwhile: a read of a pipe that nobody
// writes to cannot be ended. What is awaited after an interrupt is awaited on
// purpose, to end well what was begun, and what is about to return may.
func Await[T any](interrupted <-chan struct{}, limit time.Duration, late error, f func() (T, error)) (T, error) {
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
			interrupted, late = nil, ErrInterrupted
			timer.Reset(sameInterrupt)
		}
	}
}
