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
	target  string
	options map[string]string
	open    func() (provider.Keeper, error)
}

func parseKeeper(spec, place string, open func(string) (provider.Keeper, error)) (Destination, error) {
	target, options, err := query(spec, place)
	if err != nil {
		return nil, err
	}
	if target == "" {
		return nil, provider.Usage("the destination %q names no place", spec)
	}
	return &keeper{spec, target, options, sync.OnceValues(func() (provider.Keeper, error) { return open(target) })}, nil
}

func (k *keeper) String() string { return k.spec }
func (k *keeper) Spec() string   { return k.spec }

func (k *keeper) Check(ctx context.Context) error {
	return k.with(func(v provider.Keeper) error { return v.CheckKeep(ctx, k.target, k.options) })
}

func (k *keeper) Write(ctx context.Context, c provider.Credential) error {
	if c.Secret.IsZero() {
		return fmt.Errorf("%s: %w", k, errNoSecret)
	}
	return k.with(func(v provider.Keeper) error { return v.Keep(ctx, k.target, k.options, c) })
}

func (k *keeper) ReadBack(ctx context.Context, c provider.Credential) error {
	return k.with(func(v provider.Keeper) error { return v.Kept(ctx, k.target, k.options, c) })
}

// Current returns nothing: no vendor gives back a secret that it keeps.
func (*keeper) Current(context.Context) (string, provider.Secret, error) {
	return "", provider.Secret{}, nil
}

func (k *keeper) with(do func(provider.Keeper) error) error {
	v, err := k.open()
	if err == nil {
		err = do(v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", k, err)
	}
	return nil
}
