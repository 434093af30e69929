package journaltest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/provider"
)

func oneHolder(t *testing.T, p Place) {
	s, other := p.Open(t), p.Open(t)
	held, release, err := s.Lock(t.Context(), "a lock", 0)
	require.NoError(t, err)
	for _, by := range []*journal.Store{s, other} {
		_, _, err = by.Lock(t.Context(), "a lock", 0)
		require.ErrorIs(t, err, provider.ErrLocked)
		require.ErrorContains(t, err, "a lock is locked by another run")
	}
	_, another, err := other.Lock(t.Context(), "another lock", 0)
	require.NoError(t, err)
	another()
	time.AfterFunc(50*time.Millisecond, release)
	_, again, err := other.Lock(t.Context(), "a lock", 10*time.Second)
	require.NoError(t, err, "it waits")
	again()
	require.NoError(t, backend.Lost(held, nil))
	ended, cancel := context.WithCancel(t.Context())
	_, release, err = s.Lock(t.Context(), "a lock", 0)
	require.NoError(t, err)
	defer release()
	time.AfterFunc(20*time.Millisecond, cancel)
	_, _, err = other.Lock(ended, "a lock", 10*time.Second)
	require.ErrorIs(t, err, context.Canceled)
}

// A run that has lost its lock changes nothing, and what it does ends.
func lostLock(t *testing.T, p Place) {
	if p.Lose == nil {
		t.Skip("the kernel keeps a lock as long as its process runs")
	}
	s := p.Open(t)
	held, release, err := s.Lock(t.Context(), "a lock", 0)
	require.NoError(t, err)
	o, err := s.Create(intent(key))
	require.NoError(t, err)
	p.Lose(t, "a lock")
	err = o.Append(issued("B"))
	require.ErrorIs(t, err, provider.ErrLocked)
	require.ErrorContains(t, err, "the lock of a lock was lost")
	<-held.Done()
	require.ErrorIs(t, backend.Lost(held, context.Canceled), provider.ErrLocked)
	_, err = pace.Within(held, time.Second)
	require.ErrorIs(t, err, provider.ErrLocked, "no request may be sent")
	_, err = s.Create(intent(key.With("B")))
	require.ErrorIs(t, err, provider.ErrLocked)
	require.ErrorIs(t, o.Settle(), provider.ErrLocked)
	read, err := s.Load(o.ID)
	require.NoError(t, err)
	assert.Len(t, read.Entries, 1)
	release()
	require.NoError(t, o.Append(issued("B")), "without a lock, the entry that it follows is enough")
}

// Several runs create, end and index operations at the same time.
func atOnce(t *testing.T, p Place) {
	var all sync.WaitGroup
	for i := range 4 {
		s := p.Open(t)
		all.Go(func() {
			for n := range 3 {
				of := key.With(fmt.Sprint("key", i))
				held, release, err := s.Lock(t.Context(), of.String(), 20*time.Second)
				if !assert.NoError(t, err) { //nolint:testifylint // this is not the goroutine of the test
					return
				}
				done(t, s, of.With(fmt.Sprint(of.ID, "-", n)), fmt.Sprint(of.ID, "-", n+1))
				_, err = s.Index()
				assert.NoError(t, err)
				assert.NoError(t, held.Err())
				release()
			}
		})
	}
	all.Wait()
	x, err := p.Open(t).Index()
	require.NoError(t, err)
	assert.Empty(t, x.Unfinished())
	for i := range 4 {
		first := key.With(fmt.Sprint("key", i, "-0"))
		current, err := x.Current(first)
		require.NoError(t, err)
		assert.Equal(t, first.With(fmt.Sprint("key", i, "-3")), current)
		root, err := x.Root(current)
		require.NoError(t, err)
		assert.Equal(t, first, root)
	}
}

// LockChain takes the lock of the chain of an operation's credential.
func LockChain(ctx context.Context, s *journal.Store, x journal.Index, o *journal.Operation) (held context.Context, release func(), err error) {
	root, err := x.Root(o.Ref())
	if err != nil {
		return ctx, nil, err
	}
	return s.Lock(ctx, root.String(), 0)
}
