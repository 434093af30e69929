package run

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/credctl/credctl/internal/provider"
)

// Get reads one credential, from the listing where the service has no other way.
func Get(ctx context.Context, service provider.Service, id string) (provider.Credential, error) {
	if g, ok := service.(provider.Getter); ok {
		return g.Get(ctx, id)
	}
	if l, ok := service.(provider.Lister); ok {
		return provider.Find(l.List(ctx, provider.Input{}), id)
	}
	return provider.Credential{ID: id}, nil
}

// List returns all credentials that the settings select, or an error.
func List(ctx context.Context, service provider.Service) ([]provider.Credential, error) {
	l, ok := service.(provider.Lister)
	if !ok {
		return nil, nil
	}
	return collect(l.List(ctx, provider.Input{}))
}

// ListPeers returns all credentials where the replacement of old appears, whatever
// the settings select, or an error.
func ListPeers(ctx context.Context, service provider.Service, old provider.Credential) ([]provider.Credential, error) {
	return collect(provider.ListScope(ctx, service, old))
}

func collect(credentials iter.Seq2[provider.Credential, error]) (all []provider.Credential, err error) {
	for c, err := range credentials {
		if err != nil {
			return nil, fmt.Errorf("the credentials that there are cannot be listed: %w", err)
		}
		all = append(all, c)
	}
	return all, nil
}

// Snapshot returns the ID of every peer of old before something is issued.
func Snapshot(ctx context.Context, service provider.Service, old provider.Credential) ([]string, error) {
	all, err := ListPeers(ctx, service, old)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	return ids, nil
}

// Gone reports whether err says that what should be deleted is not there.
func Gone(err error) bool {
	return errors.Is(err, provider.ErrNotFound) || errors.Is(err, provider.ErrGone)
}
