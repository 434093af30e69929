package pace

import (
	"context"
	"io"
	"net/http"
	"time"
)

// A Lease says how long a request may take that changes something, up to limit: it must
// have ended before the lock runs out under which it is sent. An error is that it must not
// be sent.
type Lease func(ctx context.Context, limit time.Duration) (fits time.Duration, err error)

type leaseKey struct{}

// WithLease returns a context under whose requests a lock is held that runs out.
func WithLease(ctx context.Context, l Lease) context.Context {
	return context.WithValue(ctx, leaseKey{}, l)
}

// Held returns an error if something must not be changed, because the lock is lost under
// which that would be done.
func Held(ctx context.Context) error {
	_, err := Within(ctx, 0)
	return err
}

// Within returns how much of limit fits into the lease of ctx, if it has one.
func Within(ctx context.Context, limit time.Duration) (time.Duration, error) {
	if l, ok := ctx.Value(leaseKey{}).(Lease); ok {
		return l(ctx, limit)
	}
	return limit, nil
}

// longestChange is how long a request takes at most, with its answer.
const longestChange = time.Minute

// Leased sends requests that change something only while the lock lasts under which they
// are sent.
type Leased struct{ http.RoundTripper }

// RoundTrip sends a request.
func (l Leased) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, leased := r.Context().Value(leaseKey{}).(Lease); !leased || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return l.RoundTripper.RoundTrip(r)
	}
	fits, err := Within(r.Context(), longestChange)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), fits)
	resp, err := l.RoundTripper.RoundTrip(r.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	resp.Body = ending{resp.Body, cancel}
	return resp, nil
}

// ending is the body of an answer, whose limit ends with it.
type ending struct {
	io.ReadCloser

	cancel context.CancelFunc
}

func (e ending) Close() error {
	defer e.cancel()
	return e.ReadCloser.Close()
}
