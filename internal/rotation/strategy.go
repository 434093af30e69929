package rotation

import (
	"github.com/credctl/credctl/internal/provider"
)

// A Strategy is one of the ways in which a credential is rotated.
type Strategy string

// The strategies.
const (
	Replace  Strategy = "replace"  // a successor, and then the end of the old one
	Rotate   Strategy = "rotate"   // the vendor's own route: the old secret is dead at once
	Generate Strategy = "generate" // a new secret for the same credential: the old one is dead at once
)

// choose returns the strategy for a service: the vendor's own route where there
// is one, else a successor, else a new secret in place.
func choose(service provider.Service, what string, o Options) (Strategy, error) {
	_, rotates := service.(provider.Rotator)
	_, generates := service.(provider.Generator)
	_, replaces := service.(provider.Replacer)
	_, deletes := service.(provider.Deleter)
	replaces = replaces && deletes
	switch {
	case o.InPlace && o.Overlap:
		return "", provider.Usage("in place and with overlap exclude each other")
	case o.Overlap && !replaces:
		return "", provider.Usage("%s has no way to let the old one live on: it is rotated in place", what)
	case o.InPlace && !rotates && !generates:
		return "", provider.Usage("%s cannot be rotated in place: a successor is made, and the old one is deleted", what)
	case o.Overlap, replaces && !rotates && !o.InPlace:
		return Replace, nil
	case rotates:
		return Rotate, nil
	case generates:
		return Generate, nil
	}
	return "", provider.Usage("%s cannot be rotated", what)
}

// effects says what a strategy stops, and when.
func (s Strategy) effects(o Options) string {
	if s != Replace {
		return "the old secret stops working at once, before the new one can be delivered"
	}
	when := "as soon as the new one is proved and delivered everywhere"
	if o.Grace > 0 {
		when = FormatDuration(o.Grace) + " after the new one is proved and delivered everywhere"
	}
	return "the old one goes on working, and is deleted " + when
}
