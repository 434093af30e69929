package deliver

import (
	"context"
	"fmt"
	"sync"

	"github.com/credctl/credctl/internal/deliver/spec"
	"github.com/credctl/credctl/internal/provider"
)

// A remote is a destination at another vendor.
type remote struct {
	spec    string
	options map[string]string
	open    func(context.Context) (openedStore, error)

	mu sync.Mutex
	at openedStore // zero until it is opened
}

// openedStore is a store that was opened, and what the target is called there.
type openedStore struct {
	provider.SecretStore
	target string
}

func parseKeeper(text, place string, open OpenKeeper) (Destination, error) {
	target, query := spec.Split(place)
	options, err := spec.Query(text, query)
	if err != nil {
		return nil, err
	}
	if target == "" {
		return nil, provider.Usage("the destination %q is incomplete: nothing follows the scheme", text)
	}
	return &remote{spec: text, options: options, open: func(ctx context.Context) (k openedStore, err error) {
		k.SecretStore, k.target, err = open(ctx, target)
		return k, err
	}}, nil
}

func (r *remote) String() string { return r.spec }
func (r *remote) Spec() string   { return r.spec }
func (*remote) Proof() Proof     { return ByStamp } // no vendor returns a secret that it keeps

func (r *remote) Check(ctx context.Context) error {
	return r.with(ctx, func(v openedStore) error { return v.CheckPut(ctx, v.target, r.options) })
}

func (r *remote) Write(ctx context.Context, c provider.Credential) error {
	if c.Secret.IsZero() {
		return fmt.Errorf("%s: %w", r, errNoSecret)
	}
	return r.with(ctx, func(v openedStore) error { return v.Put(ctx, v.target, r.options, c) })
}

func (r *remote) ReadBack(ctx context.Context, c provider.Credential) error {
	return r.with(ctx, func(v openedStore) error { return v.Check(ctx, v.target, r.options, c) })
}

// Current returns nothing.
func (*remote) Current(context.Context) (string, provider.Secret, error) {
	return "", provider.Secret{}, nil
}

// opened opens r, once. What failed is tried again: an interruption, say, is
// that of one call.
func (r *remote) opened(ctx context.Context) (v openedStore, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at.SecretStore == nil {
		r.at, err = r.open(ctx)
	}
	return r.at, err
}

func (r *remote) with(ctx context.Context, do func(openedStore) error) error {
	v, err := r.opened(ctx)
	if err == nil {
		err = do(v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", r, err)
	}
	return nil
}
