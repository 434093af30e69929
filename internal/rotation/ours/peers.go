package ours

import (
	"context"
	"fmt"

	"github.com/credctl/credctl/internal/provider"
)

// Peers returns all credentials in the tenant or region of old, whatever is selected.
func Peers(ctx context.Context, service provider.Service, old provider.Credential) (all []provider.Credential, err error) {
	for c, err := range provider.ListScope(ctx, service, old) {
		if err != nil {
			return nil, fmt.Errorf("could not list the existing credentials: %w", err)
		}
		all = append(all, c)
	}
	return all, nil
}
