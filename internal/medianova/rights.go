package medianova

import (
	"cmp"
	"context"

	"github.com/credctl/credctl/internal/medianova/wire"
	"github.com/credctl/credctl/internal/provider"
)

// RepairRights gives the credential with this ID the name and the rights of old.
func (s *service) RepairRights(ctx context.Context, id string, old provider.Credential) (provider.Credential, error) {
	model, err := s.recordOf(ctx, old)
	if err != nil {
		return provider.Credential{}, err
	}
	model.Name = cmp.Or(wire.Text(old.Name), model.Name)
	want, err := s.merged(ctx, model, changes{})
	if err != nil {
		return provider.Credential{}, err
	}
	before, err := s.read(ctx, id)
	if err != nil {
		return provider.Credential{}, err
	}
	if want.Subfolder == nil && before.Folder() != "" {
		want.Subfolder = new("") // what is left out may stay
	}
	return s.put(ctx, before, want)
}
