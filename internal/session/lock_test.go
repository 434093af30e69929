package session

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/provider"
)

// losing is a place for a journal that takes a lock back when something is changed under it.
type losing struct {
	backend.Backend

	released bool
}

func (l *losing) Lock(ctx context.Context, name string, _ time.Duration) (context.Context, func(), error) {
	held, lose := context.WithCancelCause(ctx)
	return pace.WithLease(held, func(context.Context, time.Duration) (time.Duration, error) {
		lose(provider.WithClass(provider.ErrLocked, backend.Locked(name, "")))
		return 0, context.Cause(held)
	}), func() { l.released = true }, nil
}

// What adapters change under a lock is not sent once that is lost.
func TestALockThatAnAdapterHasLost(t *testing.T) {
	s, _ := newTest(t, "")
	store, err := s.Journal()
	require.NoError(t, err)
	place := &losing{Backend: store.Backend()}
	s.journal = journal.New(place)
	var methods []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { methods = append(methods, r.Method) }))
	defer server.Close()
	conn, err := connOf(s)
	require.NoError(t, err)
	err = conn.WithLock(t.Context(), "a lock", func(ctx context.Context) error {
		for _, method := range []string{http.MethodGet, http.MethodPatch} {
			r, err := http.NewRequestWithContext(ctx, method, server.URL, nil)
			require.NoError(t, err)
			resp, err := conn.HTTP.Do(r)
			if err != nil {
				return context.Canceled // as an adapter may report it
			}
			require.NoError(t, resp.Body.Close())
		}
		return nil
	})
	require.ErrorIs(t, err, provider.ErrLocked)
	assert.Equal(t, []string{http.MethodGet}, methods)
	assert.True(t, place.released)
}
