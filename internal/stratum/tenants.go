package stratum

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/stratum/wire"
)

// tenants are those of the keys in a listing.
type tenants struct {
	wanted string // "": all
	found  bool   // a key of that one
	other  string // another one, whose keys were listed in its place
}

// count reports whether a key is of the wanted tenant. A key that is bound to a tenant
// gets the keys of its own tenant, whichever it asks for.
func (t *tenants) count(x wire.Key) bool {
	if t.wanted == "" || strings.EqualFold(x.Tenant, t.wanted) {
		t.found = true
		return true
	}
	t.other = x.Tenant
	return false
}

// explainNone says why a listing holds no key of the tenant: there is none only where
// the tenant exists, and the token can see its keys.
func (s *server) explainNone(ctx context.Context, seen tenants) error {
	if seen.wanted == "" || seen.found {
		return nil
	}
	if seen.other != "" {
		return provider.Hint(provider.WithClass(provider.ErrDenied, fmt.Errorf("cannot list the keys of tenant %s: this token can access only tenant %s", seen.wanted, seen.other)),
			"pass --tenant %s, or use a token of that tenant or an operator's key", seen.other)
	}
	_, err := rest.Do[struct{}](ctx, s.api, tenantRequest(seen.wanted))
	if e, ok := errors.AsType[*provider.Error](err); ok && e.Status == http.StatusNotFound {
		return provider.Hint(provider.Reclassify(provider.ErrNotFound, fmt.Errorf("tenant %s does not exist: %w", seen.wanted, err)), "pass --tenant with the UUID of a tenant")
	}
	return explain(err)
}

// tenantRequest asks for one tenant, which every key of it may read.
func tenantRequest(id string) rest.Request {
	return rest.Request{Method: http.MethodGet, Path: "/tenants/" + url.PathEscape(id)}
}
