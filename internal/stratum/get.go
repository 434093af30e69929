package stratum

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// Get finds a key, of any tenant, in the listing: there is no route for a single one.
func (k *keys) Get(ctx context.Context, id string) (provider.Credential, error) {
	x, err := k.find(ctx, id)
	if err != nil {
		return provider.Credential{}, err
	}
	return x.credential(time.Now(), true), nil
}

// find returns the key with this ID, whatever its state and its tenant.
func (k *keys) find(ctx context.Context, id string) (key, error) {
	if err := checkID(id); err != nil {
		return key{}, err
	}
	var found *key
	everywhere := false
	for x, err := range k.listing(ctx, rest.Request{Method: http.MethodGet, Path: path}, func(key) bool { return true }) {
		if err != nil {
			return key{}, err
		}
		if everywhere = everywhere || x.Tenant == ""; strings.EqualFold(x.ID, id) {
			found = &x
			break
		}
	}
	if found == nil {
		return key{}, absent(id, everywhere)
	}
	return *found, nil
}

// absent is the error for a key that is not listed. The listing holds the key that
// signs the request: an operator's key among those listed means that the keys of all
// tenants are.
func absent(id string, everywhere bool) error {
	if everywhere {
		return provider.WithClass(provider.ErrAbsent, provider.WithClass(provider.ErrNotFound, fmt.Errorf("there is no API key %s", id)))
	}
	return provider.Hint(provider.WithClass(provider.ErrNotFound, fmt.Errorf("there is no API key %s in the tenant of this token", id)),
		"if the key is in another tenant, use a token of that tenant, or an operator's key")
}
