package stratum

import (
	"context"
	"errors"
	"net/http"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// Delete revokes a key. It stays in the listing.
//
// See DELETE /api/v1/api-keys/{id} at https://docs.stratum-hq.org (api/api-keys).
func (k *keys) Delete(ctx context.Context, id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	_, err := rest.Do[struct{}](ctx, k.api, one(http.MethodDelete, id))
	if e, ok := errors.AsType[*provider.Error](err); ok && e.Status == http.StatusNotFound {
		return provider.Hint(err, "the key %s is already revoked, or was never there", id)
	}
	return explain(err)
}
