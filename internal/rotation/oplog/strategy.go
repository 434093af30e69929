package oplog

import (
	"github.com/credctl/credctl/internal/provider"
)

// CheckOptions reports whether a credential of this service can be rotated with these
// options, as far as that can be told without asking the vendor. What is the name of
// the kind, for the error, which is of class [provider.ErrUsage].
func CheckOptions(service provider.Service, what string, o Options) error {
	strategy, err := Choose(service, what, o)
	if err == nil {
		err = CheckGrace(service, what, strategy, o)
	}
	return err
}

// CheckGrace refuses a grace period where the old secret stops working at once.
func CheckGrace(service provider.Service, what string, strategy Strategy, o Options) error {
	if o.Grace == 0 || !strategy.InPlace() {
		return nil
	}
	err := provider.Usage("cannot keep the old secret of %s for a grace period: rotating it in place stops the secret at once", what)
	switch _, replaces := service.(provider.Replacer); {
	case replaces && o.InPlace:
		return provider.Hint(err, "leave out --in-place, or leave out --grace")
	case replaces:
		return provider.Hint(err, "pass --overlap to create a second key first, or leave out --grace")
	}
	return provider.Hint(err, "leave out --grace")
}

// Choose returns the strategy for a service: the vendor's own route where there
// is one, else a second credential, else a new secret in place.
func Choose(service provider.Service, what string, o Options) (Strategy, error) {
	_, rotates := service.(provider.Rotator)
	_, generates := service.(provider.Generator)
	_, replaces := service.(provider.Replacer)
	_, deletes := service.(provider.Deleter)
	replaces = replaces && deletes
	switch {
	case o.InPlace && o.Overlap:
		return "", provider.Usage("--in-place and --overlap exclude each other")
	case o.Overlap && !replaces:
		return "", provider.Usage("cannot rotate %s with --overlap: the vendor's API cannot create a second one with the same permissions", what)
	case o.InPlace && !rotates && !generates:
		return "", provider.Usage("cannot rotate %s in place: the vendor's API has no such route", what)
	case o.Overlap, replaces && !rotates && !o.InPlace:
		return Replace, nil
	case !rotates && !generates:
		return "", provider.Usage("cannot rotate %s: the vendor's API has no way to do so", what)
	case rotates:
		return Rotate, nil
	}
	return Generate, nil
}
