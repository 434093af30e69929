package medianova

import (
	"context"

	"github.com/credctl/credctl/internal/medianova/wire"
	"github.com/credctl/credctl/internal/provider"
)

// Replace issues a credential with the same rights as old, and the same name
// unless in has another.
func (s *service) Replace(ctx context.Context, old provider.Credential, in provider.Input) (provider.Credential, error) {
	r, err := s.recordOf(ctx, old)
	if err != nil {
		return provider.Credential{}, err
	}
	want, err := s.merged(ctx, r, changes{name: provider.NewName.Ptr(in)})
	if err != nil {
		return provider.Credential{}, err
	}
	want.Name = in.TemporaryName(want.Name)
	return s.create(ctx, in, want, old.ID)
}

// recordOf returns the record that c was made of, or reads it again.
func (s *service) recordOf(ctx context.Context, c provider.Credential) (wire.Record, error) {
	if r, ok := c.Details.(*wire.Record); ok {
		return *r, nil
	}
	return s.read(ctx, c.ID)
}
