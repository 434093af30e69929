package deliver

import (
	"context"
	"fmt"
	"sync"

	"github.com/credctl/credctl/internal/provider"
)

// A keeper is a destination at another vendor.
type keeper struct {
	spec    string
	options map[string]string
	open    func(context.Context) (kept, error)

	mu sync.Mutex
	at kept // zero until it is opened
}

// kept is a keeper that was opened, and what the target is called there.
type kept struct {
	provider.SecretStore
	target string
}

func parseKeeper(spec, place string, open OpenKeeper) (Destination, error) {
	target, options, err := query(spec, place)
	if err != nil {
		return nil, err
	}
	if target == "" {
		return nil, provider.Usage("the destination %q names no place", spec)
	}
	return &keeper{spec: spec, options: options, open: func(ctx context.Context) (k kept, err error) {
		k.SecretStore, k.target, err = open(ctx, target)
		return k, err
	}}, nil
}

func (k *keeper) String() string { return k.spec }
func (k *keeper) Spec() string   { return k.spec }

func (k *keeper) Check(ctx context.Context) error {
	return k.with(ctx, func(v kept) error { return v.CheckPut(ctx, v.target, k.options) })
}

func (k *keeper) Write(ctx context.Context, c provider.Credential) error {
	if c.Secret.IsZero() {
		return fmt.Errorf("%s: %w", k, errNoSecret)
	}
	return k.with(ctx, func(v kept) error { return v.Put(ctx, v.target, k.options, c) })
}

func (k *keeper) ReadBack(ctx context.Context, c provider.Credential) error {
	return k.with(ctx, func(v kept) error { return v.Check(ctx, v.target, k.options, c) })
}

// Current returns nothing: no vendor gives back a secret that it keeps.
func (*keeper) Current(context.Context) (string, provider.Secret, error) {
	return "", provider.Secret{}, nil
}

// opened opens k, once. What failed is tried again: an interruption, say, is
// that of one call.
func (k *keeper) opened(ctx context.Context) (v kept, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.at.SecretStore == nil {
		k.at, err = k.open(ctx)
	}
	return k.at, err
}

func (k *keeper) with(ctx context.Context, do func(kept) error) error {
	v, err := k.opened(ctx)
	if err == nil {
		err = do(v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", k, err)
	}
	return nil
}
