package stratum

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"sync"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

var (
	rateMax    = provider.Int("rate-limit-max", "maximum `number` of requests in a window, up to 100000", 1, 100_000)
	rateWindow = provider.String("rate-limit-window", "`window` of the rate limit, such as \"1 minute\"").Check(checkWindow)
)

var window = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^[1-9]\d* (second|minute|hour|day)s?$`) })

func checkWindow(s string) error {
	if !window().MatchString(s) {
		return provider.Usage("%q is not a valid window: it must be a number, a space and a unit, such as \"1 minute\" or \"12 hours\"", s)
	}
	return nil
}

// creation is the body of a create. What is not given must be absent: null is refused.
type creation struct {
	Tenant     string  `json:"tenant_id"`
	Name       *string `json:"name,omitzero"`
	RateMax    *int    `json:"rate_limit_max,omitzero"`
	RateWindow *string `json:"rate_limit_window,omitzero"`
}

// Create issues a key of the tenant that --tenant names.
//
// See POST /api/v1/api-keys at https://docs.stratum-hq.org (api/api-keys).
func (k *keys) Create(ctx context.Context, in provider.Input) (provider.Credential, error) {
	if k.tenant == "" {
		return provider.Credential{}, provider.Usage("a key belongs to a tenant: pass --tenant, or set CREDCTL_STRATUM_TENANT or STRATUM_TENANT_ID")
	}
	if k.conn.DryRun != nil { // the server would refuse it
		if err := k.explainCreation(ctx, k.tenant, nil); err != nil {
			return provider.Credential{}, err
		}
	}
	role, err := k.roleIn(ctx, in, k.tenant)
	if err != nil {
		return provider.Credential{}, err
	}
	made, err := k.create(ctx, creation{k.tenant, provider.Name.Ptr(in), rateMax.Ptr(in), rateWindow.Ptr(in)})
	if err != nil {
		return made, err
	}
	return k.withRole(ctx, in, made, role)
}

func (k *keys) create(ctx context.Context, body creation) (provider.Credential, error) {
	made, err := k.issue(ctx, rest.Request{Method: http.MethodPost, Path: path, Body: body})
	if e, ok := errors.AsType[*provider.Error](err); ok && e.Status == http.StatusInternalServerError {
		err = k.explainCreation(ctx, body.Tenant, err)
	}
	if errors.Is(err, provider.ErrUnknown) {
		err = provider.AlsoHint(err, "revoke a new key whose secret you do not have; to see the keys, run: credctl stratum list")
	}
	return made, err
}

// explainCreation looks whether a create failed with 500 for want of the tenant. If not, the outcome is unknown.
func (k *keys) explainCreation(ctx context.Context, tenant string, failed error) error {
	_, err := rest.Do[struct{}](ctx, k.api, tenantRequest(tenant))
	if e, ok := errors.AsType[*provider.Error](err); ok && e.Status == http.StatusNotFound {
		return provider.WithClass(provider.ErrNotFound, fmt.Errorf("tenant %s does not exist, so no key was created", tenant))
	}
	return failed
}
