package stratum

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/stratum/wire"
)

// Rotate revokes a key and issues another in its place, with a new ID. The name
// is always sent, because the server would append " (rotated)" to it.
//
// See POST /api/v1/api-keys/{id}/rotate at https://docs.stratum-hq.org
// (api/api-keys). There is no grace period: the old secret is refused at once.
func (k *keys) Rotate(ctx context.Context, id string, in provider.Input) (provider.Credential, error) {
	old, err := k.known(ctx, id, in) // the route answers an unknown or revoked key with 500
	if err != nil {
		return provider.Credential{}, err
	}
	if !old.Revoked.At.IsZero() {
		return provider.Credential{}, provider.WithClass(provider.ErrNotFound, fmt.Errorf("%s is already revoked, since %s", id, old.Revoked.At.UTC().Format(clock)))
	}
	name, err := wire.RotatedName(old.Title(), in)
	if err != nil {
		return provider.Credential{}, err
	}
	role, err := k.roleIn(ctx, in, old.Tenant)
	if err != nil {
		return provider.Credential{}, err
	}
	r := one(http.MethodPost, old.ID, "rotate")
	r.Body = struct {
		Name string `json:"name"`
	}{name}
	made, err := k.issue(ctx, r)
	if is(err, http.StatusInternalServerError) { // the route answers so, too, where there is no such key any more
		if _, gone := k.find(ctx, old.ID); errors.Is(gone, provider.ErrNotFound) {
			err = gone
		}
	}
	if err != nil {
		return made, err
	}
	return k.withRole(ctx, in, made, role)
}

// known returns the key with this ID, as it was read just before or is listed now.
func (s *server) known(ctx context.Context, id string, in provider.Input) (wire.Key, error) {
	if c, ok := in.Known(id); ok {
		if x, ok := c.Details.(*wire.Key); ok {
			return *x, nil
		}
	}
	return s.find(ctx, id)
}
