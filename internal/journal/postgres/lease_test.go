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

	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/journal/pgtest"
	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/provider"
)

// A lock outlasts its lease as long as it is renewed; then its run ends before another
// can take it.
func TestALeaseIsRenewed(t *testing.T) {
	s := initialised(t, pgtest.Shared(t))
	var notes []string
	short := func(o *Options) { o.Lease = 2 * time.Second }
	j, d := s.on(t, s.URL(pgtest.App), &notes, short)
	other, _ := s.on(t, s.URL(pgtest.App), &notes, short)
	held, release, err := j.Lock(t.Context(), "a lock", 0)
	require.NoError(t, err)
	defer release()
	_, _, err = other.Lock(t.Context(), "a lock", 3*time.Second)
	require.ErrorIs(t, err, provider.ErrLocked)
	require.NoError(t, held.Err())
	fits, err := pace.Within(held, time.Minute)
	require.NoError(t, err)
	assert.Less(t, fits, 2*time.Second, "a request must end before the lease")
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

// What runs on after an interrupt learns that the lock is lost.
func TestAnInterruptedRunLosesItsLease(t *testing.T) {
	s := initialised(t, pgtest.Shared(t))
	var notes []string
	j, d := s.on(t, s.URL(pgtest.App), &notes)
	ctx, interrupt := context.WithCancel(t.Context())
	held, release, err := j.Lock(ctx, "a lock", 0)
	require.NoError(t, err)
	defer release()
	interrupt()
	d.leases.setUntil(time.Now().Add(time.Second))
	_, err = pace.Within(held, time.Minute)
	require.NoError(t, err, "it is renewed in any case")
	s.SQL(t, "UPDATE credctl.lease SET epoch = epoch + 1")
	require.NoError(t, d.leases.renew(t.Context()))
	require.ErrorIs(t, pace.Held(context.WithoutCancel(held)), provider.ErrLocked)
}

// setUntil sets when this machine believes that its leases run out.
func (s *leases) setUntil(until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.held {
		l.until = until
	}
}

// After a sleep of the machine, the database says whether a lease has run out.
func TestALeaseAfterASleep(t *testing.T) {
	s := initialised(t, pgtest.Shared(t))
	var notes []string
	j, d := s.on(t, s.URL(pgtest.App), &notes)
	held, release, err := j.Lock(t.Context(), "a lock", 0)
	require.NoError(t, err)
	defer release()
	d.leases.setUntil(time.Now().Add(-time.Hour))
	fits, err := pace.Within(held, time.Minute)
	require.NoError(t, err)
	assert.Greater(t, fits, 20*time.Second)
	s.SQL(t, "UPDATE credctl.lease SET expires = clock_timestamp() - interval '1 hour'")
	d.leases.setUntil(time.Now().Add(-time.Hour).Round(0)) // by the clock that does not stop
	_, err = pace.Within(held, time.Minute)
	require.ErrorIs(t, err, provider.ErrLocked)
	require.ErrorContains(t, err, "another run may have taken it")
	require.ErrorIs(t, context.Cause(held), provider.ErrLocked)
}

// A run that was paused after its last request, and failed, says that its lock is lost.
func TestALeaseThatRanOutBeforeTheEnd(t *testing.T) {
	s := initialised(t, pgtest.Shared(t))
	var notes []string
	j, d := s.on(t, s.URL(pgtest.App), &notes)
	for until, lost := range map[time.Time]bool{time.Now().Add(-time.Second): true, time.Now().Add(time.Minute): false} {
		held, release, err := j.Lock(t.Context(), "a lock", 0)
		require.NoError(t, err)
		d.leases.setUntil(until)
		failed := error(provider.ErrPartial)
		backend.Release(held, release, &failed)
		require.Equal(t, lost, errors.Is(failed, provider.ErrLocked))
	}
}

// Statements take the rows of the locks in one order, and so never wait for each other.
func TestLeasesAreTakenInOrder(t *testing.T) {
	s := initialised(t, pgtest.Shared(t))
	var notes []string
	j, d := s.on(t, s.URL(pgtest.App), &notes, func(o *Options) { o.Lease = 2 * time.Minute })
	for _, name := range []string{"b", "a"} { // in the table, b comes first
		_, release, err := j.Lock(t.Context(), name, 0)
		require.NoError(t, err)
		defer release()
	}
	_, err := d.leases.conn.rows(t.Context(), "SELECT 1")
	require.NoError(t, err)
	for name, send := range map[string]func() error{
		"renewal": func() error { return d.leases.renew(context.Background()) },
		"change": func() error {
			_, err := j.Create(intent())
			return err
		},
	} {
		other, err := pgconn.Connect(t.Context(), s.URL(pgtest.App))
		require.NoError(t, err)
		do := func(sql string) error {
			_, err := other.Exec(t.Context(), sql).ReadAll()
			return err
		}
		require.NoError(t, do("BEGIN; SELECT FROM credctl.lease WHERE name = 'a' FOR UPDATE"))
		sent := make(chan error)
		go func() { sent <- send() }()
		waits := func() bool {
			return s.SQL(t, "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == "t"
		}
		require.Eventually(t, waits, 6*time.Second, 10*time.Millisecond, name)
		require.NoError(t, do("SELECT FROM credctl.lease WHERE name = 'b' FOR UPDATE NOWAIT"), name)
		require.NoError(t, do("COMMIT"))
		require.NoError(t, <-sent, name)
		require.NoError(t, other.Close(t.Context()))
	}
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
	others.Go(func() { // at any time, not only after a sixth of the lease
		for range 40 {
			assert.NoError(t, j.Backend().(*Database).leases.renew(context.Background()))
		}
	})
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
