package rotation

import (
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// choose returns the strategy for a service: the vendor's own route where there
// is one, else a second credential, else a new secret in place.
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
		return oplog.Replace, nil
	case rotates:
		return oplog.Rotate, nil
	case generates:
		return oplog.Generate, nil
	}
	return "", provider.Usage("%s cannot be rotated", what)
}
