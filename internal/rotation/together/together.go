// Package together makes one error of those of several runs.
package together

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// A RunError is the error of one run of several.
type RunError struct {
	About string // names the run
	Err   error
}

func (e *RunError) Error() string { return e.About + ": " + e.Err.Error() }

func (e *RunError) Unwrap() error { return e.Err }

// Join returns the error of several runs; that of a single one as it is. Its class is
// [provider.ErrUnavailable] if all lack only time, and else [provider.ErrPartial]. Its hint
// says of each problem what to do.
func Join(problems []error, of int) error {
	switch {
	case len(problems) == 0:
		return nil
	case of == 1 && len(problems) == 1:
		return problems[0]
	case of == 1:
		return errors.Join(problems...)
	}
	err := fmt.Errorf("%d of %d failed: %w", len(problems), of, errors.Join(problems...))
	if slices.ContainsFunc(problems, func(err error) bool { return !temporary(err) }) {
		return hintEach(provider.Reclassify(provider.ErrPartial, err), problems)
	}
	return provider.Hint(provider.Reclassify(provider.ErrUnavailable, err), "run the same command again: it continues")
}

// mostHints is how many problems a hint says something about.
const mostHints = 5

// hintEach adds to err the hints of problems, each with what it is about unless all are the same.
func hintEach(err error, problems []error) error {
	var about, bare []string
	for _, p := range problems {
		hint := provider.HintOf(p)
		if hint == "" {
			continue
		}
		bare = append(bare, hint)
		if one, ok := errors.AsType[*RunError](p); ok {
			hint = one.About + ": " + hint
		}
		about = append(about, hint)
	}
	switch all := len(bare) == len(problems); {
	case len(bare) == 0:
		return err
	case all && len(slices.Compact(bare)) == 1:
		return provider.Hint(err, "%s", bare[0])
	case len(about) > mostHints:
		about = about[:mostHints]
	}
	return provider.Hint(err, "%s", strings.Join(about, "; "))
}

// temporary reports whether time alone repairs what failed.
func temporary(err error) bool {
	is := func(class error) bool { return errors.Is(err, class) }
	lasts := []error{
		provider.ErrUnknown, provider.ErrPartial, provider.ErrPending, provider.ErrVerify, provider.ErrRefused, provider.ErrUsage,
		provider.ErrConflict, provider.ErrDenied, provider.ErrNotFound, provider.ErrInvalid, provider.ErrUnreachable, context.Canceled,
	}
	return !slices.ContainsFunc(lasts, is) && slices.ContainsFunc([]error{provider.ErrLocked, provider.ErrRateLimited, provider.ErrUnavailable, context.DeadlineExceeded}, is)
}
