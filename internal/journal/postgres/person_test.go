package postgres

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/journal/pgtest"
	"github.com/credctl/credctl/internal/journal/postgres/overview"
	"github.com/credctl/credctl/internal/journal/postgres/schema"
	"github.com/credctl/credctl/internal/provider"
)

// A person sees who holds which lock, whether the server keeps what it reports as written,
// and what the role may not do.
func TestWhatAPersonSees(t *testing.T) {
	s := initialised(t, pgtest.Shared(t))
	var notes []string
	j, d := s.on(t, s.URL(pgtest.App), &notes)
	require.NoError(t, j.CheckAudit())
	_, release, err := j.Lock(t.Context(), "a lock", 0)
	require.NoError(t, err)
	s.SQL(t, "UPDATE credctl.lease SET taken = taken - interval '90 minutes'")
	pg, err := d.connect(t.Context())
	require.NoError(t, err)
	locks, err := overview.Locks(t.Context(), pg)
	require.NoError(t, err)
	require.Len(t, locks, 1)
	host, _ := os.Hostname()
	assert.Equal(t, []any{"a lock", host, os.Getpid()}, []any{locks[0].Name, locks[0].Host, locks[0].PID})
	assert.WithinDuration(t, d.Now().Add(-90*time.Minute), locks[0].Taken, time.Minute)
	assert.InDelta(t, 30, locks[0].Left, 10)
	locks[0].Age = 90 * 60
	assert.Contains(t, locks[0].String(), "on "+host+" for 1h30m0s")
	release()
	locks, err = overview.Locks(t.Context(), pg)
	require.NoError(t, err)
	assert.Empty(t, locks)

	server, err := overview.ReadServer(t.Context(), pg)
	require.NoError(t, err)
	assert.False(t, server.Durable, "fsync is off in tests")
	assert.NotEmpty(t, server.Version)
	assert.WithinDuration(t, d.Now(), server.Now, time.Minute)
	missing, err := overview.Missing(t.Context(), pg)
	require.NoError(t, err)
	assert.Empty(t, missing)
	s.SQL(t, "REVOKE INSERT ON credctl.event FROM credctl_app")
	missing, err = overview.Missing(t.Context(), pg)
	require.NoError(t, err)
	assert.Equal(t, []string{"INSERT on event"}, missing)
	require.ErrorIs(t, j.CheckAudit(), provider.ErrDenied)

	require.NoError(t, pg.Close(t.Context()))
	for name, ask := range map[string]func(context.Context, *pgconn.PgConn) error{
		"locks":  func(ctx context.Context, pg *pgconn.PgConn) error { _, err := overview.Locks(ctx, pg); return err },
		"server": func(ctx context.Context, pg *pgconn.PgConn) error { _, err := overview.ReadServer(ctx, pg); return err },
		"rights": func(ctx context.Context, pg *pgconn.PgConn) error { _, err := overview.Missing(ctx, pg); return err },
	} {
		require.ErrorIs(t, ask(t.Context(), pg), provider.ErrUnavailable, name)
	}
}

// Of two locks, the one that was lost is named, and the other is still held.
func TestTheLockThatWasLost(t *testing.T) {
	s := initialised(t, pgtest.Shared(t))
	var notes []string
	j, _ := s.on(t, s.URL(pgtest.App), &notes)
	held := map[string]context.Context{}
	for _, name := range []string{"kept", "gone", "kept too"} {
		ctx, release, err := j.Lock(t.Context(), name, 0)
		require.NoError(t, err)
		defer release()
		held[name] = ctx
	}
	s.SQL(t, "UPDATE credctl.lease SET epoch = epoch + 1 WHERE name = 'gone'")
	_, err := j.Create(intent())
	require.ErrorIs(t, err, provider.ErrLocked)
	require.ErrorContains(t, err, "the lock of gone was lost")
	require.ErrorIs(t, context.Cause(held["gone"]), provider.ErrLocked)
	require.NoError(t, held["kept"].Err())
	require.NoError(t, held["kept too"].Err())
}

// The database is founded with the identity at a place, which is made only where it may be.
func TestTheIdentityOfANewDatabase(t *testing.T) {
	var stored []byte
	place := identity.Place{Name: "the key", Read: func(context.Context) ([]byte, error) {
		if stored == nil {
			return nil, fs.ErrNotExist
		}
		return stored, nil
	}}
	_, _, err := NewCanary(t.Context(), place)
	require.ErrorIs(t, err, provider.ErrUsage)
	require.ErrorContains(t, err, "the key does not exist")
	place.Write = func([]byte) error { return errors.New("the disk is full") }
	_, _, err = NewCanary(t.Context(), place)
	require.ErrorContains(t, err, "the disk is full")
	place.Write = func(text []byte) error {
		stored = text
		return nil
	}
	var of schema.State
	for range 2 { // it is made, and then it is there
		of.Recipient, of.Canary, err = NewCanary(t.Context(), place)
		require.NoError(t, err)
		_, err = OpenKey(t.Context(), place, of, "the database")
		require.NoError(t, err)
	}

	other, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	for name, wrong := range map[string]func(*schema.State){
		"another recipient": func(s *schema.State) { s.Recipient = other.Recipient().String() },
		"another canary":    func(s *schema.State) { s.Canary, err = canaryOf(other) },
		"no canary":         func(s *schema.State) { s.Canary = "" },
	} {
		state := of
		wrong(&state)
		_, err := OpenKey(t.Context(), place, state, "the database")
		require.ErrorIs(t, err, provider.ErrDenied, name)
		require.ErrorContains(t, err, "the key is not the identity of the state in the database", name)
	}
	stored = []byte("AGE-SECRET-KEY-1DAMAGED")
	_, _, err = NewCanary(t.Context(), place)
	require.ErrorIs(t, err, provider.ErrUsage)
	stored = nil
	_, err = OpenKey(t.Context(), place, of, "the database")
	require.ErrorIs(t, err, provider.ErrDenied)
	place.Read = func(context.Context) ([]byte, error) { return nil, fs.ErrPermission }
	_, _, err = NewCanary(t.Context(), place)
	require.ErrorIs(t, err, fs.ErrPermission)
}
