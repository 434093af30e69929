package stratum

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// Delete revokes a key, which stays in the listing. A 404 may mean that the key is
// revoked, that there is none, or that it is in a tenant that the token may not
// change: the listing tells.
//
// See DELETE /api/v1/api-keys/{id} at https://docs.stratum-hq.org (api/api-keys).
func (k *keys) Delete(ctx context.Context, id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	_, err := rest.Do[struct{}](ctx, k.api, one(http.MethodDelete, id))
	e, answered := errors.AsType[*provider.Error](err)
	switch {
	case !answered || e.Status != http.StatusNotFound || errors.Is(err, provider.ErrGone):
		return explain(err)
	case !errors.Is(err, provider.ErrAbsent): // by a router or a gateway
		return err
	}
	x, ferr := k.find(ctx, id)
	switch {
	case ferr != nil && !errors.Is(ferr, provider.ErrNotFound):
		return provider.Hint(provider.Reclassify(provider.ErrNotFound, err), "the key is revoked, does not exist, or is in another tenant; could not list the keys to find out: %v", ferr)
	case ferr != nil:
		return ferr
	case !x.Revoked.At.IsZero():
		return provider.WithClass(provider.ErrAbsent, provider.WithClass(provider.ErrNotFound, fmt.Errorf("%s is already revoked, since %s", id, x.Revoked.At.UTC().Format(clock))))
	}
	return provider.Hint(provider.Reclassify(provider.ErrNotFound, fmt.Errorf("%w; the key is active, in %s", err, x.Scope())), "use a key of that tenant or an operator's key")
}

// clock is how messages write a time.
const clock = "2006-01-02 15:04:05 UTC"
