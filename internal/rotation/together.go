package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/provider"
)

// Together returns the error of several runs; that of a single one as it is. It is
// [provider.ErrUnavailable] if only time is missing for all that failed, and else
// [provider.ErrPartial].
func Together(problems []error, of int) error {
	switch {
	case len(problems) == 0:
		return nil
	case of == 1:
		return problems[0]
	}
	err := fmt.Errorf("%d of %d failed: %w", len(problems), of, errors.Join(problems...))
	if slices.ContainsFunc(problems, func(err error) bool { return !temporary(err) }) {
		return provider.Reclassify(provider.ErrPartial, err)
	}
	return provider.Hint(provider.Reclassify(provider.ErrUnavailable, err), "run the same command again: it continues")
}

// temporary reports whether time alone mends what failed.
func temporary(err error) bool {
	is := func(class error) bool { return errors.Is(err, class) }
	return slices.ContainsFunc([]error{provider.ErrLocked, provider.ErrRateLimited, provider.ErrUnavailable, context.DeadlineExceeded}, is) &&
		!slices.ContainsFunc([]error{
			provider.ErrUnknown, provider.ErrPartial, provider.ErrPending, provider.ErrVerify, provider.ErrRefused, provider.ErrUsage,
			provider.ErrConflict, provider.ErrDenied, provider.ErrNotFound, provider.ErrInvalid, provider.ErrUnreachable, context.Canceled,
		}, is)
}
