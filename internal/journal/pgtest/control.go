package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// begin starts PostgreSQL and waits until it takes connections.
func (s *Server) begin() error {
	if err := s.postgres.start(); err != nil {
		return err
	}
	return s.postgres.answers(func() bool {
		_, err := s.psql("postgres", "SELECT 1")
		return err == nil
	})
}

// Stop ends PostgreSQL as a crash does: what was committed is there after [Server.Start].
func (s *Server) Stop() { s.postgres.stop() }

// Start starts PostgreSQL again, at the same address.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	require.NoError(t, s.begin())
}

// StopBouncer ends PgBouncer, and with it every connection through it.
func (s *Server) StopBouncer() { s.bouncer.stop() }

// StartBouncer starts PgBouncer again, at the same address.
func (s *Server) StartBouncer(t testing.TB) {
	t.Helper()
	require.NoError(t, s.beginBouncer())
}

// Standby starts PostgreSQL again as a server that follows another: it can be read from
// alone, until it is started with Standby(t, false).
func (s *Server) Standby(t testing.TB, standby bool) {
	t.Helper()
	s.Stop()
	signal := filepath.Join(s.data(), "standby.signal")
	if standby {
		require.NoError(t, os.WriteFile(signal, nil, 0o600))
		require.NoError(t, s.owner.own(signal))
	} else {
		_ = os.Remove(signal)
	}
	s.Start(t)
}

// Clock sets the clock of the database ahead of that of the machine, or behind it, for all
// that asks for the time by clock_timestamp.
func (d *Database) Clock(t testing.TB, ahead time.Duration) {
	t.Helper()
	d.SQL(t, fmt.Sprintf(`CREATE SCHEMA IF NOT EXISTS pgtest_clock;
		CREATE OR REPLACE FUNCTION pgtest_clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
			AS $$ SELECT pg_catalog.clock_timestamp() + interval '%d milliseconds' $$;
		GRANT USAGE ON SCHEMA pgtest_clock TO PUBLIC;
		ALTER DATABASE %s SET search_path = pgtest_clock, pg_catalog, public`, ahead.Milliseconds(), d.Name))
	d.Disconnect(t)
}

// Backup copies all databases as they are now, and returns what brings them back: what
// was written since is lost, as at a failover to a server that was behind.
func (s *Server) Backup(t testing.TB) (restore func(testing.TB)) {
	t.Helper()
	kept := s.data() + ".kept"
	copied := func(t testing.TB, from, to string) {
		t.Helper()
		require.NoError(t, os.RemoveAll(to))
		cp := exec.Command("cp", "-a", from, to)
		s.owner.runs(cp)
		require.NoError(t, cp.Run())
	}
	s.Stop()
	copied(t, s.data(), kept)
	s.Start(t)
	return func(t testing.TB) {
		t.Helper()
		s.Stop()
		copied(t, kept, s.data())
		s.Start(t)
	}
}
