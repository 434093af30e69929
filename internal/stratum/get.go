package stratum

import (
	"context"
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
	all := k.listing(ctx, rest.Request{Method: http.MethodGet, Path: path}, func(x key) bool { return strings.EqualFold(x.ID, id) })
	for x, err := range all {
		return x, err
	}
	return key{}, absent(id)
}
