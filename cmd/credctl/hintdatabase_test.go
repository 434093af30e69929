//go:build unix

package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal/pgtest"
)

// Every hint about a state in a database leads to an end, too.
func TestEveryHintOfADatabaseLeadsToAnEnd(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	shared := func(s *scene) *pgtest.Database {
		d := server.Database(s)
		s.shares(d)
		return d
	}
	stopped := func(s *scene, args []string) (*pgtest.Server, outcome) {
		own := pgtest.Start(s, pgtest.Options{})
		d := own.Database(s)
		s.shares(d)
		s.setenv("CREDCTL_STATE", d.URL(pgtest.App)) // a pooler does not connect again for 15 seconds
		p := s.command("", args...)
		s.between(p, func(n int, answered bool) {
			if n == 1 && answered {
				own.Stop()
			}
		})
		_ = p.Run() // its status tells
		return own, p.outcome()
	}
	graced := func(s *scene) []string { return s.rotate("--grace", "1h") }
	allWalked(t, walkAll(t, map[string]walk{
		"it is not initialized": {status: 2, begin: func(s *scene) []string {
			s.setenv("CREDCTL_STATE_IDENTITY_FILE", filepath.Join(s.dir, "identity.txt"))
			s.setenv("CREDCTL_STATE", server.Database(s).URL(pgtest.Owner))
			return graced(s)
		}},
		"it must be migrated": func() walk {
			var of *pgtest.Database
			return walk{status: 2, begin: func(s *scene) []string {
				of = shared(s)
				of.SQL(s, "UPDATE credctl.meta SET value = '0' WHERE key = 'version'")
				return graced(s)
			}, fix: func(s *scene) { of.SQL(s, "UPDATE credctl.meta SET value = '1' WHERE key = 'version'") }} // another host was faster
		}(),
		"the role may not write": func() walk {
			var of *pgtest.Database
			return walk{status: 3, begin: func(s *scene) []string {
				of = shared(s)
				of.SQL(s, "REVOKE INSERT ON credctl.operation FROM "+string(pgtest.App))
				return graced(s)
			}, fix: func(s *scene) { of.SQL(s, "GRANT INSERT ON credctl.operation TO "+string(pgtest.App)) }}
		}(),
		"the lease was lost": func() walk {
			var of *pgtest.Database
			return walk{status: 75, fix: ready, begin: func(s *scene) []string {
				of = shared(s)
				return s.rotate("--grace", "1h", "--hook", "touch began; while ! test -e ready; do sleep 0.05; done")
			}, printed: func(s *scene, args []string) outcome {
				p := s.command("", args...)
				require.NoError(s, p.Start())
				require.Eventually(s, func() bool { _, err := os.Stat(filepath.Join(s.dir, "began")); return err == nil }, 30*time.Second, 20*time.Millisecond)
				of.SQL(s, "UPDATE credctl.lease SET epoch = epoch + 1, expires = clock_timestamp()")
				ready(s)
				_ = p.Wait()
				return p.outcome()
			}}
		}(),
		"it is gone when the vendor has answered": func() walk {
			var own *pgtest.Server
			return walk{status: 75, begin: graced, printed: func(s *scene, args []string) (got outcome) {
				own, got = stopped(s, args)
				return got
			}, fix: func(s *scene) {
				if own != nil {
					own.Start(s)
					own = nil
				}
			}}
		}(),
		"the identity was changed since": {status: 1, begin: func(s *scene) []string {
			own, got := stopped(s, graced(s))
			require.Equal(s, 75, got.status, got.stderr)
			own.Start(s)
			p := s.command("", "state", "init")
			p.Env = append(p.Env, "CREDCTL_STATE=dir:"+filepath.Join(s.dir, "other"), "CREDCTL_STATE_IDENTITY_FILE="+filepath.Join(s.dir, "new.txt"))
			require.NoError(s, p.Run(), p.stderr.String())
			p = on(s.command("", "state", "rekey", "--new-identity", filepath.Join(s.dir, "new.txt"), "--yes"), "another host")
			require.NoError(s, p.Run(), p.stderr.String())
			s.setenv("CREDCTL_STATE_IDENTITY_FILE", filepath.Join(s.dir, "new.txt"))
			return graced(s)
		}, fix: func(s *scene) {
			kept, err := filepath.Glob(filepath.Join(s.state(), "spool", "*"))
			require.NoError(s, err)
			for _, path := range kept {
				require.NoError(s, os.Rename(path, filepath.Join(s.dir, filepath.Base(path))))
			}
		}},
	}), 6, hintSite.ofDatabase)
}
