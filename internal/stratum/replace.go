package stratum

import (
	"context"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/stratum/wire"
)

// ClockAhead is that of the last answer.
func (s *server) ClockAhead() (time.Duration, bool) { return s.api.Clock.Ahead() }

// Replace issues a second key of the same tenant and with the same name. The API does
// not tell the limits and the role of a key: in names them.
func (k *keys) Replace(ctx context.Context, old provider.Credential, in provider.Input) (provider.Credential, error) {
	c := creation{Tenant: wire.TenantOf(old), Name: provider.NewName.Ptr(in), RateMax: rateMax.Ptr(in), RateWindow: rateWindow.Ptr(in)}
	if c.Tenant == "" {
		return provider.Credential{}, provider.Usage("%s is an operator's key without a tenant, which the API cannot create", old.ID)
	}
	if c.Name == nil && old.Name != "" {
		c.Name = &old.Name
	}
	role, err := k.roleIn(ctx, in, c.Tenant)
	if err != nil {
		return provider.Credential{}, err
	}
	made, err := k.create(ctx, c)
	if err != nil {
		return made, err
	}
	return k.withRole(ctx, in, made, role)
}
