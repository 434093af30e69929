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
		return provider.Credential{}, provider.WithClass(provider.ErrNotFound, fmt.Errorf("key %s is already revoked, since %s", id, old.Revoked.At.UTC().Format(clock)))
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
	if e, ok := errors.AsType[*provider.Error](err); ok && e.Status == http.StatusInternalServerError {
		err = k.explainRotation(ctx, old, err)
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

// explainRotation says what became of old, which was active just now, after a rotation that failed with 500.
func (k *keys) explainRotation(ctx context.Context, old wire.Key, failed error) error {
	now, err := k.find(ctx, old.ID)
	switch {
	case errors.Is(err, provider.ErrNotFound):
		return err
	case err != nil:
		return provider.Hint(failed, "to see whether %s was rotated, run: credctl stratum get %[1]s", old.ID)
	case now.Revoked.At.IsZero():
		return provider.Hint(failed, "key %s is still active, so it was probably not rotated", old.ID)
	}
	return provider.Hint(failed, "key %s is now revoked, by this request or by another: the newest key of %s named %q may be its replacement, whose secret is lost", old.ID, old.Scope(), old.Title())
}
