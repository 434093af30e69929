package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/provider"
)

// Together returns the error of several runs; that of a single one as it is. Its class is
// [provider.ErrUnavailable] if all lack only time, and else [provider.ErrPartial].
func Together(problems []error, of int) error {
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
		return provider.Reclassify(provider.ErrPartial, err)
	}
	return provider.Hint(provider.Reclassify(provider.ErrUnavailable, err), "run the same command again: it continues")
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
