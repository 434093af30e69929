package postgres

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal/pgtest"
	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/provider"
)

// A lock outlasts its lease as long as it is renewed; then its run ends before another
// can take it.
func TestALeaseIsRenewed(t *testing.T) {
	s := initialised(t, pgtest.Shared(t))
	var notes []string
	short := func(o *Options) { o.Lease = 900 * time.Millisecond }
	j, d := s.on(t, s.URL(pgtest.App), &notes, short)
	other, _ := s.on(t, s.URL(pgtest.App), &notes, short)
	held, release, err := j.Lock(t.Context(), "a lock", 0)
	require.NoError(t, err)
	defer release()
	_, _, err = other.Lock(t.Context(), "a lock", 1500*time.Millisecond)
	require.ErrorIs(t, err, provider.ErrLocked)
	require.NoError(t, held.Err())
	fits, err := pace.Within(held, time.Minute)
	require.NoError(t, err)
	assert.Less(t, fits, 900*time.Millisecond, "a request must end before the lease")
	assert.Greater(t, fits, 300*time.Millisecond)

	d.leases.conn.mu.Lock()
	d.leases.conn.open = func(context.Context) (*pgconn.PgConn, error) { return nil, errors.New("the network is gone") }
	if d.leases.conn.pg != nil {
		_ = d.leases.conn.pg.Close(context.Background())
	}
	d.leases.conn.mu.Unlock()
	_, again, err := other.Lock(t.Context(), "a lock", 10*time.Second)
	require.NoError(t, err)
	defer again()
	require.Error(t, held.Err(), "the first run has noticed before")
	require.ErrorIs(t, context.Cause(held), provider.ErrLocked)
	_, err = pace.Within(context.WithoutCancel(held), time.Second)
	require.ErrorIs(t, err, provider.ErrLocked)
	_, err = j.Create(intent())
	require.ErrorIs(t, err, provider.ErrLocked)
}

// A lock that was given back by one of two users of the journal does not stop the other.
func TestLocksOfOneRunAreIndependent(t *testing.T) {
	s := initialised(t, pgtest.Shared(t))
	j := s.open(t, s.URL(pgtest.App))
	held, release, err := j.Lock(t.Context(), "mine", 0)
	require.NoError(t, err)
	defer release()
	o, err := j.Create(intent())
	require.NoError(t, err)
	var others sync.WaitGroup
	for _, name := range []string{"a", "b"} {
		others.Go(func() {
			for range 20 {
				_, release, err := j.Lock(t.Context(), name, time.Second)
				if assert.NoError(t, err) {
					release()
				}
			}
		})
	}
	for range 20 {
		e := intent()
		e.Step = "verified"
		require.NoError(t, o.Append(e))
	}
	others.Wait()
	require.NoError(t, held.Err())
}

// The lock of a process that was killed on this machine is free at once. One whose end
// cannot be told for sure keeps it until it runs out.
func TestALockOfAKilledProcessIsFree(t *testing.T) {
	me := self()
	if me.boot == "" || me.namespace == "" || me.started == "" {
		t.Skip("this system does not tell when a process began")
	}
	child := exec.CommandContext(t.Context(), "sleep", "60")
	require.NoError(t, child.Start())
	other := me
	other.pid = child.Process.Pid
	var err error
	other.started, err = started(other.pid)
	require.NoError(t, err)
	require.NotEmpty(t, other.started)
	for name, alive := range map[string]func(h *holder){
		"the process lives":       func(*holder) {},
		"another boot":            func(h *holder) { h.boot = "other" },
		"another PID namespace":   func(h *holder) { h.namespace = "pid:[1]" },
		"no boot":                 func(h *holder) { h.boot = "" },
		"no start":                func(h *holder) { h.started = "" },
		"no process":              func(h *holder) { h.pid = 0 },
		"it is this very process": func(h *holder) { h.pid, h.started = me.pid, me.started },
	} {
		h := other
		alive(&h)
		assert.False(t, me.ended(h), name)
	}
	later := other
	later.started = "1"
	assert.True(t, me.ended(later), "another process has its number by now")

	s := initialised(t, pgtest.Shared(t))
	var notes []string
	j, d := s.on(t, s.URL(pgtest.App), &notes)
	gone, theirs := s.on(t, s.URL(pgtest.App), &notes)
	theirs.holder = other
	_, _, err = gone.Lock(t.Context(), "a lock", 0)
	require.NoError(t, err)
	_, _, err = j.Lock(t.Context(), "a lock", 0)
	require.ErrorIs(t, err, provider.ErrLocked)
	require.ErrorContains(t, err, "is locked by another run on "+d.holder.host)
	require.NoError(t, child.Process.Signal(os.Kill))
	require.Eventually(t, func() bool { return me.ended(other) }, 10*time.Second, 20*time.Millisecond, "before its parent has noticed")
	_, release, err := j.Lock(t.Context(), "a lock", 0)
	require.NoError(t, err)
	release()
	_ = child.Wait()
	assert.True(t, me.ended(other))
}
