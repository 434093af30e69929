package rotation

import (
	"context"
	"errors"

	"github.com/credctl/credctl/internal/provider"
)

// A stop is an error whose class is decided by what it means for the rotation,
// and not by what failed: a destination that refuses is something partly done.
// The cause can still be found in it, but not the class of the cause.
type stop struct{ err, class error }

func (s stop) Error() string   { return s.err.Error() }
func (s stop) Unwrap() error   { return s.class }
func (s stop) As(to any) bool  { return errors.As(s.err, to) }
func (s stop) Is(e error) bool { return e == context.Canceled && errors.Is(s.err, e) }

// as returns err as one of that class alone. An interruption stays one.
func as(class, err error) error {
	if err == nil {
		return nil
	}
	return stop{err, class}
}

// definite reports whether err, of a request that should issue something, tells
// that nothing was issued.
func definite(err error) bool {
	if errors.Is(err, provider.ErrUnknown) {
		return false
	}
	for _, class := range []error{
		provider.ErrUsage, provider.ErrInvalid, provider.ErrDenied, provider.ErrNotFound,
		provider.ErrRefused, provider.ErrConflict, provider.ErrRateLimited,
	} {
		if errors.Is(err, class) {
			return true
		}
	}
	return false
}

// gone reports whether err says that what should be deleted is not there.
func gone(err error) bool {
	return errors.Is(err, provider.ErrNotFound) || errors.Is(err, provider.ErrGone)
}
