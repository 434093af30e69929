package reach

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLimitEndsInTime(t *testing.T) {
	for _, d := range []time.Duration{-time.Second, 0, 100 * time.Millisecond, time.Second, 2500 * time.Millisecond, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			ctx, l := NewLimit(t.Context(), d)
			<-ctx.Done()
			assert.Equal(t, max(0, d), time.Since(start))
			require.ErrorIs(t, l.Err(ctx.Err()), context.DeadlineExceeded)
			l.Stop()
		})
	}
}

func TestLimitIsExtended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ctx, l := NewLimit(t.Context(), time.Second)
		l.Extend(4 * time.Second)
		<-ctx.Done()
		assert.Equal(t, 5*time.Second, time.Since(start))
		l.Stop()
	})
}

// TestTheTimeOfAStopDoesNotCount: the clock continues while the program is stopped.
func TestTheTimeOfAStopDoesNotCount(t *testing.T) {
	for name, c := range map[string]struct{ limit, before, want time.Duration }{
		"in the middle":          {10 * time.Second, 3500 * time.Millisecond, 10 * time.Second},
		"just before the limit":  {10 * time.Second, 9900 * time.Millisecond, 11 * time.Second},
		"within a short limit":   {200 * time.Millisecond, 100 * time.Millisecond, 1200 * time.Millisecond},
		"of which nothing is up": {3 * time.Second, 0, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var stopped atomic.Int64
				start := time.Now()
				ctx, l := newLimit(t.Context(), c.limit, func() time.Time { return time.Now().Add(time.Duration(stopped.Load())) })
				time.Sleep(c.before)
				stopped.Store(int64(time.Hour))
				<-ctx.Done()
				assert.Equal(t, c.want, time.Since(start), "of running time")
				l.Stop()
			})
		})
	}
}

func TestStoppedAndInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		limited, l := NewLimit(ctx, time.Minute)
		cancel()
		<-limited.Done()
		require.EqualError(t, l.Err(errors.New("broken")), "broken", "not for the limit")
		l.Stop()
	})
}

func TestBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, l := NewLimit(t.Context(), time.Second)
		body := l.Body(io.NopCloser(io.MultiReader(strings.NewReader("all"), iotest.ErrReader(errors.New("broken by the transport")))))
		<-ctx.Done()
		got, err := io.ReadAll(body)
		assert.Equal(t, "all", string(got))
		require.ErrorIs(t, err, context.DeadlineExceeded)

		ctx, l = NewLimit(t.Context(), time.Second)
		body = l.Body(io.NopCloser(strings.NewReader("all")))
		<-ctx.Done()
		got, err = io.ReadAll(body)
		require.NoError(t, err, "it is all there")
		assert.Equal(t, "all", string(got))

		ctx, l = NewLimit(t.Context(), time.Hour)
		require.NoError(t, l.Body(io.NopCloser(strings.NewReader(""))).Close())
		<-ctx.Done()
	})
}

// TestOver: it is said in words why a run has ended.
func TestOver(t *testing.T) {
	require.NoError(t, Over(t.Context()))
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	require.EqualError(t, Over(ctx), "the run took longer than --timeout")
	require.ErrorIs(t, Over(ctx), context.DeadlineExceeded)
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	require.EqualError(t, Over(ctx), "the run was interrupted")
	require.ErrorIs(t, Over(ctx), context.Canceled)
}
