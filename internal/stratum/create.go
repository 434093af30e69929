package stratum

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

var (
	rateMax    = provider.Int("rate-limit-max", "most requests in a window, a `number` up to 100000", 1, 100_000)
	rateWindow = provider.String("rate-limit-window", "the `window`, such as \"1 minute\" or \"30 seconds\"").Check(checkWindow)
)

var window = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^[1-9]\d* (second|minute|hour|day)s?$`) })

func checkWindow(s string) error {
	if !window().MatchString(s) {
		return provider.Usage("%q is no window: it must be a number and a unit with a space between, such as \"1 minute\" or \"12 hours\"", s)
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
		return provider.Credential{}, provider.Usage("a key belongs to a tenant: give --tenant, or set CREDCTL_STRATUM_TENANT or STRATUM_TENANT_ID")
	}
	return k.create(ctx, creation{k.tenant, provider.Name.Ptr(in), rateMax.Ptr(in), rateWindow.Ptr(in)})
}

// Replace issues a second key of the same tenant and with the same name. The API
// does not tell the limits, role and scopes of a key, so they cannot be copied.
func (k *keys) Replace(ctx context.Context, old provider.Credential, in provider.Input) (provider.Credential, error) {
	c := creation{Tenant: tenantOf(old), Name: provider.Name.Ptr(in)}
	if c.Tenant == "" {
		return provider.Credential{}, provider.Usage("%s is an operator's key, of no tenant, and the API creates none of those: rotate it without --overlap", old.ID)
	}
	if c.Name == nil && old.Name != "" {
		c.Name = &old.Name
	}
	return k.create(ctx, c)
}

func (k *keys) create(ctx context.Context, body creation) (provider.Credential, error) {
	made, err := k.issue(ctx, rest.Request{Method: http.MethodPost, Path: path, Body: body})
	if e, ok := errors.AsType[*provider.Error](err); ok && e.Status == http.StatusInternalServerError {
		err = k.blame(ctx, body.Tenant, err)
	}
	if errors.Is(err, provider.ErrUnknown) {
		err = provider.AlsoHint(err, "look with `credctl stratum list` whether a new key is there, and revoke it unless you have its secret")
	}
	return made, err
}

// blame looks whether a create failed with 500 for want of the tenant. If not, the outcome is unknown.
func (k *keys) blame(ctx context.Context, tenant string, failed error) error {
	_, err := rest.Do[struct{}](ctx, k.api, tenantRequest(tenant))
	if e, ok := errors.AsType[*provider.Error](err); ok && e.Status == http.StatusNotFound {
		return provider.WithClass(provider.ErrNotFound, fmt.Errorf("there is no tenant %s, so no key was created", tenant))
	}
	return failed
}

// issue sends a request that makes a key. What came of it is returned in any case.
func (k *keys) issue(ctx context.Context, r rest.Request) (provider.Credential, error) {
	r.ReturnsSecret = true
	got, err := rest.Do[issued](ctx, k.api, r)
	if err != nil {
		return provider.Credential{}, explain(err)
	}
	c := got.credential(time.Now(), true)
	c.Secret = got.Secret
	if !c.Secret.IsZero() && c.ID != "" {
		return c, nil
	}
	return c, k.incomplete(r, c, got.raw)
}

// incomplete keeps an answer without an ID, or without a secret under any name
// that is known, and says so.
func (k *keys) incomplete(r rest.Request, c provider.Credential, raw []byte) error {
	err := provider.WithClass(provider.ErrUnknown, fmt.Errorf("%s %s: a success without the ID of a key", r.Method, r.Path))
	if c.ID != "" {
		err = provider.WithClass(provider.ErrPartial, fmt.Errorf("the key %s was made, but the answer holds no secret", c.ID))
		err = provider.Hint(err, "nobody can use it: revoke it with `credctl stratum delete %s`", c.ID)
	}
	return k.api.Keep(r, raw, err)
}
