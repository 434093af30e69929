package pace

import (
	"cmp"
	"context"
	"math/rand/v2"
	"time"
)

type askerKey struct{}

// WithAsker returns ctx for requests that are not sent again once ctx has ended, also
// where what is derived from it lasts longer.
func WithAsker(ctx context.Context) context.Context {
	return context.WithValue(ctx, askerKey{}, ctx)
}

// Sleep waits before a request is sent again. It returns why that is not to be done.
func Sleep(ctx context.Context, wait time.Duration) error {
	asker, ok := ctx.Value(askerKey{}).(context.Context)
	if !ok {
		asker = ctx
	}
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
	case <-asker.Done():
	}
	return cmp.Or(ctx.Err(), asker.Err())
}

// Backoff returns the wait before the nth time that something is tried again, up to a
// bound that doubles each time: full jitter, so that many clients that were refused
// together do not come back together.
func Backoff(n int) time.Duration {
	return rand.N(500 * time.Millisecond << min(n-1, 6)) //nolint:gosec // G404: chance, not secrecy
}
