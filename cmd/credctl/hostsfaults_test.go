//go:build unix

package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal/pgtest"
	"github.com/credctl/credctl/internal/sandbox"
)

// full has each entry refused as PostgreSQL refuses it where its disk is full.
func full(t *testing.T, d *pgtest.Database) (again func()) {
	d.SQL(t, `CREATE FUNCTION credctl.full_disk() RETURNS trigger LANGUAGE plpgsql
		AS $$ BEGIN RAISE 'could not extend file "base/1/2": No space left on device' USING ERRCODE = '53100'; END $$;
		CREATE TRIGGER full_disk BEFORE INSERT ON credctl.entry FOR EACH ROW EXECUTE FUNCTION credctl.full_disk()`)
	return func() { d.SQL(t, "DROP TRIGGER full_disk ON credctl.entry; DROP FUNCTION credctl.full_disk") }
}

// TestADatabaseThatFails before a run, or when the vendor has just answered: the run ends
// with 75, and the next one continues with what the vendor has answered.
func TestADatabaseThatFails(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(t *testing.T, d *pgtest.Database) (again func()){
		"the disk is full": full,
		"it is read-only": func(t *testing.T, d *pgtest.Database) func() {
			d.ReadOnly(t, true)
			return func() { d.ReadOnly(t, false) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := web(t, sandbox.Options{})
			d := pgtest.Shared(t).Database(t)
			s.shares(d)
			again := fails(t, d)
			got := s.run(s.rotate()...)
			assert.Equal(t, 75, got.status, got.stderr)
			assert.Empty(t, s.changing("katapult"))
			again()

			p := s.command("", s.rotate()...)
			s.between(p, func(n int, answered bool) {
				if n == 1 && answered {
					again = fails(t, d)
				}
			})
			_ = p.Run() // its status tells
			got = p.outcome()
			assert.Equal(t, 75, got.status, got.stderr)
			s.silent(got)
			sent := s.changing("katapult")
			again()
			got = s.run(s.rotate()...)
			require.Equal(t, 0, got.status, got.stderr)
			assert.Equal(t, []string{"create"}, sent)
			assert.Equal(t, 1, s.count("katapult", "create"), "what it has answered was kept")
			s.invariant(name)
			s.ended()
		})
	}
}

// TestADatabaseThatIsRestored to a backup when the vendor has just answered: one that lacks
// the last entries, and one that lacks the whole rotation and its lock.
func TestADatabaseThatIsRestored(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]struct{ kept, lost int }{
		"without the last entries": {1, 3},
		"without the rotation":     {0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := pgtest.Start(t, pgtest.Options{})
			s := web(t, sandbox.Options{})
			d := server.Database(t)
			s.shares(d)
			s.setenv("CREDCTL_STATE", d.URL(pgtest.App))
			var restore func(testing.TB)
			if at.kept == 0 {
				restore = server.Backup(t)
			}
			p := s.command("", s.rotate()...)
			s.between(p, func(n int, answered bool) {
				switch {
				case n == at.kept && answered:
					restore = server.Backup(t)
				case n == at.lost && answered:
					restore(t)
				}
			})
			_ = p.Run() // its status tells
			got := p.outcome()
			if at.kept > 0 { // it still has its lock, and adds again what was lost
				assert.Equal(t, 0, got.status, got.stderr)
			} else {
				assert.Equal(t, 75, got.status, got.stderr)
			}
			s.silent(got)
			again := s.run(s.rotate()...)
			require.Equal(t, 0, again.status, again.stderr)
			assert.Equal(t, 1, s.count("katapult", "create"))
			s.invariant(name)
			s.ended()
		})
	}
}
