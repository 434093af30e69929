package run

import (
	"context"

	"github.com/credctl/credctl/internal/provider"
)

// Get reads one credential; from the listing where the service cannot read one.
func Get(ctx context.Context, service provider.Service, id string) (provider.Credential, error) {
	if g, ok := service.(provider.Getter); ok {
		return g.Get(ctx, id)
	}
	if l, ok := service.(provider.Lister); ok {
		return provider.Find(l.List(ctx, provider.Input{}), id)
	}
	return provider.Credential{ID: id}, nil
}

// Exists reads a credential, and reports whether the vendor has it, not revoked.
func Exists(ctx context.Context, service provider.Service, id string) (c provider.Credential, exists bool, err error) {
	c, err = Get(ctx, service, id)
	if Gone(err) {
		return c, false, nil
	}
	return c, err == nil && !c.Revoked, err
}

// Again adds to err the hint that another run continues.
func (r *Run) Again(err error) error {
	return provider.Hint(err, "run the same command again, or: credctl rotation resume %s", r.Op.ID)
}
