package bulk

import (
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/provider"
)

// Failed is the error of a command that takes several credentials: of one
// alone, its own; else of class [provider.ErrPartial], with at most so many of theirs.
func Failed(what string, errs []error, most int) error {
	failed := 0
	for _, err := range errs {
		if err != nil {
			failed++
		}
	}
	if failed == 0 {
		return nil
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return provider.WithClass(provider.ErrPartial, fmt.Errorf("%d of %d could not be %s: %w", failed, len(errs), what, distinct(errs, most)))
}

// distinct joins errors, of which a thousand may say the same.
func distinct(errs []error, most int) error {
	var shown []error
	seen := map[string]bool{}
	for _, err := range errs {
		if err == nil || seen[err.Error()] {
			continue
		}
		seen[err.Error()] = true
		if len(shown) == most {
			return errors.Join(append(shown, errors.New("and more"))...)
		}
		shown = append(shown, err)
	}
	return errors.Join(shown...)
}
