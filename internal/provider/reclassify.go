package provider

import (
	"context"
	"errors"
	"strings"
)

// Text returns what err says, with what ended a run in words.
func Text(err error) string {
	return strings.NewReplacer(context.Canceled.Error(), "the run was interrupted", context.DeadlineExceeded.Error(), "the run took longer than --timeout").Replace(err.Error())
}

// Reclassify returns err as an error of that class alone: what it means for the
// caller decides, and not what failed. The cause can still be found in it, but not
// the class of the cause. An interruption stays one, and nil stays nil.
func Reclassify(class, err error) error {
	if err == nil {
		return nil
	}
	return classifiedError{err, class}
}

type classifiedError struct{ err, class error }

func (e classifiedError) Error() string      { return e.err.Error() }
func (e classifiedError) Unwrap() error      { return e.class }
func (e classifiedError) As(target any) bool { return errors.As(e.err, target) }
func (e classifiedError) Is(target error) bool {
	return target == context.Canceled && errors.Is(e.err, target)
}
