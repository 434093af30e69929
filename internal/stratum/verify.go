package stratum

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/stratum/wire"
	"github.com/credctl/credctl/internal/verify"
)

// Verify asks for the tenant of c with the secret of c. That the key may not
// read it (403), or that there is no such tenant any more, shows as well that the
// server knows the key, because it looks at that first.
//
// See GET /api/v1/tenants/{id} at https://docs.stratum-hq.org.
func (k *keys) Verify(ctx context.Context, c provider.Credential) error {
	if c.Secret.IsZero() {
		return provider.Usage("the credential has no secret to verify")
	}
	conn := k.conn
	conn.MaxThrottle = max(conn.MaxWait, conn.MaxThrottle)
	conn.MaxWait = 0 // a refusal for the rate of the key is an answer, too
	api, err := rest.New(conn, rest.Dialect{Auth: rest.Header("X-API-Key", c.Secret), Failure: wire.Failure, Limit: wire.PerAddress(false)})
	if err != nil {
		return err
	}
	r, header := readable(c), http.Header{}
	r.Answered = func(h http.Header) { header = h }
	_, err = rest.Do[struct{}](ctx, api, r)
	e, answered := errors.AsType[*provider.Error](err)
	accepted := err == nil || answered && (e.Status == http.StatusForbidden || e.Code == "TENANT_NOT_FOUND" || e.Code == "TENANT_ARCHIVED")
	shown := !answered || e.Status != http.StatusForbidden // a refusal shows the limit of the address
	switch {
	case accepted && shown && verify.SmallLimit(header), limitedByKey(err, header):
		return provider.ErrMetered
	case accepted:
		return nil
	}
	return err
}

// limitedByKey reports whether a request was refused for the rate of its key, which the
// server looks at after it has checked the key.
func limitedByKey(err error, h http.Header) bool {
	e, answered := errors.AsType[*provider.Error](err)
	return answered && e.Status == http.StatusTooManyRequests && e.Code == "RATE_LIMITED" && wire.RefusesKey(h)
}

// readable is a request that c may make, if it may read.
func readable(c provider.Credential) rest.Request {
	if id := wire.TenantOf(c); id != "" {
		return tenantRequest(id)
	}
	return rest.Request{Method: http.MethodGet, Path: "/tenants", Query: url.Values{"limit": {"1"}}}
}
