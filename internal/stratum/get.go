package stratum

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/stratum/wire"
)

// Get finds a key, of any tenant, in the listing: there is no route for a single one.
func (k *keys) Get(ctx context.Context, id string) (provider.Credential, error) {
	x, err := k.find(ctx, id)
	if err != nil {
		return provider.Credential{}, err
	}
	return x.Credential(time.Now(), true), nil
}

// Describe is Get with the role of the key, where the audit log tells it.
func (k *keys) Describe(ctx context.Context, id string) (provider.Credential, error) {
	x, err := k.find(ctx, id)
	if err != nil {
		return provider.Credential{}, err
	}
	all, err := k.events(ctx)
	if x.Role = wire.RoleOf(x.ID, all); err == nil && x.Role != "" {
		if r, err := k.findRole(ctx, x.Role, x.Tenant); err == nil {
			x.Role = r.Name
		}
	}
	return x.Credential(time.Now(), true), nil
}

// find returns the key with this ID, whatever its state and its tenant.
func (s *server) find(ctx context.Context, id string) (wire.Key, error) {
	if err := checkID(id); err != nil {
		return wire.Key{}, err
	}
	var found *wire.Key
	everywhere := false
	for x, err := range s.listing(ctx, rest.Request{Method: http.MethodGet, Path: path}, func(wire.Key) bool { return true }) {
		if err != nil {
			return wire.Key{}, err
		}
		if everywhere = everywhere || x.Tenant == ""; strings.EqualFold(x.ID, id) {
			found = &x
			break
		}
	}
	if found == nil {
		return wire.Key{}, absent(id, everywhere)
	}
	return *found, nil
}

// absent is the error for a key that is not listed. The listing holds the key that
// signs the request: an operator's key among those listed means that the keys of all
// tenants are.
func absent(id string, everywhere bool) error {
	if everywhere {
		return provider.WithClass(provider.ErrAbsent, provider.WithClass(provider.ErrNotFound, fmt.Errorf("API key %s does not exist", id)))
	}
	return provider.Hint(provider.WithClass(provider.ErrNotFound, fmt.Errorf("API key %s does not exist in the tenant of this token", id)),
		"if the key is in another tenant, use a token of that tenant or an operator's key")
}
