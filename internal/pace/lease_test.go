package pace

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A request that changes something ends before the lock runs out under which it is sent,
// and is not sent once that is lost.
func TestRequestsWithinALease(t *testing.T) {
	var got []string
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		mu.Lock()
		got = append(got, r.Method+r.URL.Path)
		mu.Unlock()
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
		}
	}))
	defer server.Close()
	lost := errors.New("lost")
	fits, left := 50*time.Millisecond, error(nil)
	ctx := WithLease(t.Context(), func(_ context.Context, limit time.Duration) (time.Duration, error) { return min(limit, fits), left })
	c := http.Client{Transport: Leased{http.DefaultTransport}}
	send := func(ctx context.Context, method, path string) error {
		r, err := http.NewRequestWithContext(ctx, method, server.URL+path, nil)
		require.NoError(t, err)
		resp, err := c.Do(r)
		if err == nil {
			err = resp.Body.Close()
		}
		return err
	}
	require.ErrorIs(t, send(ctx, "POST", "/slow"), context.DeadlineExceeded)
	fits = time.Minute
	require.NoError(t, send(ctx, "POST", "/fast"))
	left = lost
	require.ErrorIs(t, send(ctx, "DELETE", "/not-sent"), lost)
	require.ErrorIs(t, Held(context.WithoutCancel(ctx)), lost)
	require.NoError(t, send(ctx, "GET", "/read"))
	require.NoError(t, send(t.Context(), "DELETE", "/without"))
	require.NoError(t, Held(t.Context()))
	mu.Lock()
	defer mu.Unlock()
	assert.Equal(t, []string{"POST/slow", "POST/fast", "GET/read", "DELETE/without"}, got)
}
