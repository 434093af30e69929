// Package survey lists the credentials of several vendors and profiles at once.
package survey

import (
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/provider"
)

// A Source is one kind of credentials in an account of a vendor.
type Source struct {
	Vendor  string
	Profile string // with which the account is reached; "": that of the run
	Account string // the vendor, its URL and the kind: two sources that have the same may list the same
	provider.Lister
}

// A Failure says that not all credentials of a vendor could be listed.
type Failure struct {
	Vendor  string
	Profile string
	Err     error
}

func (f Failure) Error() string { return called(f.Vendor, f.Profile) + ": " + f.Err.Error() }

func (f Failure) Unwrap() error { return f.Err }

// called names an account.
func called(vendor, profile string) string {
	if profile == "" {
		return vendor
	}
	return vendor + " (profile " + profile + ")"
}

// Error is the error of the vendors that could not be listed: nil where there are none.
// A command that lists the others is of class [provider.ErrPartial].
func Error(what string, failed []Failure) error {
	if len(failed) == 0 {
		return nil
	}
	errs := make([]error, len(failed))
	for i, f := range failed {
		errs[i] = fmt.Errorf("could not %s %w", what, f)
	}
	return provider.WithClass(provider.ErrPartial, errors.Join(errs...))
}
