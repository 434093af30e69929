package stratum

import (
	"context"

	"github.com/credctl/credctl/internal/provider"
)

// Replace issues a second key of the same tenant and with the same name. The API
// does not tell the limits, role and scopes of a key, so they cannot be copied.
func (k *keys) Replace(ctx context.Context, old provider.Credential, in provider.Input) (provider.Credential, error) {
	c := creation{Tenant: tenantOf(old), Name: provider.NewName.Ptr(in)}
	if c.Tenant == "" {
		return provider.Credential{}, provider.Usage("%s is an operator's key, of no tenant, and the API creates none of those: rotate it without --overlap", old.ID)
	}
	if c.Name == nil && old.Name != "" {
		c.Name = &old.Name
	}
	return k.create(ctx, c)
}
