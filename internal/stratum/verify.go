package stratum

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// Verify asks for the tenant of c with the secret of c. That the key may not
// read it (403), or that there is no such tenant any more, shows as well that the
// server knows the key, because it looks at that first.
//
// See GET /api/v1/tenants/{id} at https://docs.stratum-hq.org.
func (k *keys) Verify(ctx context.Context, c provider.Credential) error {
	if c.Secret.IsZero() {
		return provider.Usage("there is no secret to try")
	}
	api, err := rest.New(k.conn, rest.Dialect{Auth: rest.Header("X-API-Key", c.Secret), Failure: failure})
	if err != nil {
		return err
	}
	r := rest.Request{Method: http.MethodGet, Path: "/tenants", Query: url.Values{"limit": {"1"}}}
	if id := tenantOf(c); id != "" {
		r = tenantRequest(id)
	}
	_, err = rest.Do[struct{}](ctx, api, r)
	if e, ok := errors.AsType[*provider.Error](err); ok && (e.Status == http.StatusForbidden || e.Code == "TENANT_NOT_FOUND" || e.Code == "TENANT_ARCHIVED") {
		return nil
	}
	return err
}
