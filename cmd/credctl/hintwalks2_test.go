//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// moreWalks returns the states of aborts, of the key that credctl authenticates with, and of
// the journal.
func moreWalks(ci, inPlace, medianova subject, overlap []string, remove func(s *scene, id string)) map[string]walk {
	abort := func(s *scene, more ...string) []string {
		return append([]string{"rotation", "abort", s.subjects[0].id, "--yes"}, more...)
	}
	administrators := func(s *scene) {
		if _, err := os.Stat(filepath.Join(s.dir, "role")); err != nil {
			s.role("administrators", "read", "write", "admin")
			touch(s, "role")
		}
	}
	own := func(s *scene) string { s.admin(); s.seeds = nil; return s.subjects[0].id }
	return map[string]walk{
		"an abort without the old secret": {status: 5, begin: func(s *scene) []string {
			require.NoError(s, os.Remove(filepath.Join(s.dir, "aws")))
			grace(s)
			return abort(s)
		}},
		"an abort after the old key was deleted": {status: 5, begin: func(s *scene) []string { grace(s); remove(s, katapultWeb); return abort(s) }},
		"an abort of what was rotated since": {status: 5, begin: func(s *scene) []string {
			first(s, 0, s.rotate("--grace", "1h")...)
			id := s.made("katapult")[0].ID
			first(s, 0, append([]string{"katapult", "rotate", id, "--grace", "1h"}, s.to(0)...)...)
			return []string{"rotation", "abort", s.operations()[0].ID, "--yes"}
		}},
		"a delivery of what was rotated since": {status: 2, begin: func(s *scene) []string {
			first(s, 0, s.rotate("--grace", "1h")...)
			id := s.made("katapult")[0].ID
			first(s, 0, append([]string{"katapult", "rotate", id, "--grace", "1h"}, s.to(0)...)...)
			return []string{"rotation", "resume", s.operations()[0].ID, "--to", "file:" + s.dir + "/third"}
		}},
		"an abort that failed": {status: 8, begin: func(s *scene) []string {
			first(s, 0, s.rotate("--grace", "1h")...)
			s.fault("katapult:delete:400:1")
			return abort(s)
		}},
		"an abort that failed, and the old key was deleted": {status: 5, begin: func(s *scene) []string {
			first(s, 0, s.rotate("--grace", "1h")...)
			s.fault("katapult:delete:400:1")
			first(s, 8, abort(s)...)
			remove(s, katapultWeb)
			return resumeIt(s)
		}},
		"a secret that was not shown": {of: subject{vendor: "stratum", id: stratumCI}, status: 8, begin: func(s *scene) []string {
			first(s, 75, append([]string{"stratum", "rotate", stratumCI, "-o", "json", "--verify", "exec:test -e ready", "--verify-timeout", "100ms"}, overlap...)...)
			ready(s)
			return resumeIt(s, "-o", "name")
		}},
		"a secret that is in a panel": {of: medianova, status: 8, begin: func(s *scene) []string { return s.rotate() }, stdin: func(s *scene) string { return s.made("medianova")[0].Secret }},
		"an answer without the secret": {of: ci, status: 8, begin: func(s *scene) []string {
			s.fault("stratum:create:no-secret:1")
			first(s, 8, s.rotate(overlap...)...)
			return resumeIt(s)
		}, stdin: func(s *scene) string {
			if made := s.made("stratum"); len(made) > 0 {
				return made[0].Secret
			}
			return ""
		}},
		"an answer in place without the secret": {of: inPlace, status: 8, begin: func(s *scene) []string {
			s.fault("stratum:rotate:no-secret:1")
			return s.rotate("--yes", "--not-self", stratumCI)
		}},
		"another secret than the vendor's": {status: 2, fix: ready, begin: func(s *scene) []string {
			first(s, 8, s.rotate("--hook", "test -e ready")...)
			require.NoError(s, os.WriteFile(filepath.Join(s.dir, "wrong"), []byte("not the secret of any key"), 0o600))
			return resumeIt(s, "--secret-file", filepath.Join(s.dir, "wrong"))
		}},
		"a grace in place":      {of: inPlace, status: 2, begin: func(s *scene) []string { return s.rotate("--yes", "--not-self", stratumCI, "--grace", "1h") }},
		"a grace of a key pair": {of: subject{vendor: "losant", id: losantSnowflake, inPlace: true}, status: 2, begin: func(s *scene) []string { return s.rotate("--yes", "--to", "file:"+s.dir+"/pub", "--grace", "1h") }},
		"a destination for what is given": {of: subject{vendor: "losant", id: losantArchive, inPlace: true}, status: 2, begin: func(s *scene) []string {
			require.NoError(s, os.WriteFile(filepath.Join(s.dir, "given"), []byte("given"), 0o600))
			return s.rotate("--yes", "--set-file", "secretAccessKey="+s.dir+"/given", "--to", "file:"+s.dir+"/out")
		}},
		"a grace of an open rotation in place": {of: inPlace, status: 2, fix: ready, begin: func(s *scene) []string {
			first(s, 8, s.rotate("--yes", "--not-self", stratumCI, "--hook", "test -e ready")...)
			return resumeIt(s, "--grace", "1h")
		}},
		"a revoked one": {of: subject{vendor: "stratum", id: stratumCI}, status: 2, lost: true, begin: func(s *scene) []string {
			remove(s, stratumCI)
			return append([]string{"stratum", "rotate", stratumCI, "--to", "file:" + s.dir + "/new"}, overlap...)
		}},
		"an expired one": {of: subject{vendor: "stratum", id: stratumCI}, status: 2, lost: true, begin: func(s *scene) []string {
			require.True(s, s.Expire(stratumCI, time.Now().Add(-time.Hour)))
			return append([]string{"stratum", "rotate", stratumCI, "--to", "file:" + s.dir + "/new"}, overlap...)
		}},
		"who signs cannot be told": {of: ci, o: sandbox.Options{StratumStamps: "never"}, status: 5, begin: func(s *scene) []string {
			s.setenv("STRATUM_API_KEY", sandbox.StratumOperatorKey)
			return s.rotate("--overlap")
		}},
		"the own key": {of: ci, status: 5, fix: administrators, begin: func(s *scene) []string {
			return []string{"stratum", "rotate", own(s), "--to", "file:" + s.dir + "/new"}
		}},
		"the own key in place": {of: ci, status: 5, fix: administrators, begin: func(s *scene) []string {
			return []string{"stratum", "rotate", own(s), "--to", "file:" + s.dir + "/new", "--self", "--in-place", "--yes"}
		}},
		"the own key with too few rights": {of: ci, status: 7, fix: administrators, begin: func(s *scene) []string {
			id := own(s)
			s.role("readers", "read")
			return []string{"stratum", "rotate", id, "--to", "file:" + s.dir + "/new", "--self", "--role", "readers"}
		}},
		"another run is at work": {status: 75, begin: func(s *scene) []string {
			p := s.command("", s.rotate("--hook", "touch began; while ! test -e ready; do sleep 0.05; done")...)
			require.NoError(s, p.Start())
			s.Cleanup(func() { ready(s); _ = p.Wait() })
			require.Eventually(s, func() bool { _, err := os.Stat(filepath.Join(s.dir, "began")); return err == nil }, 10*time.Second, 20*time.Millisecond)
			return s.rotate()
		}, fix: ready},
		"the identity is lost": {status: 5, begin: func(s *scene) []string {
			first(s, 8, s.rotate("--hook", "exit 3")...)
			require.NoError(s, os.Remove(filepath.Join(s.state(), "identity", "age.txt")))
			return resumeIt(s)
		}},
		"the identity is empty": {status: 2, begin: func(s *scene) []string {
			first(s, 8, s.rotate("--hook", "exit 3")...)
			require.NoError(s, os.WriteFile(filepath.Join(s.state(), "identity", "age.txt"), nil, 0o600))
			return abort(s)
		}},
		"the journal is damaged": {status: 5, begin: func(s *scene) []string {
			first(s, 8, s.rotate("--hook", "exit 3")...)
			path := filepath.Join(s.state(), "operations", s.operations()[0].ID+".jsonl")
			text, err := os.ReadFile(path)
			require.NoError(s, err)
			require.NoError(s, os.WriteFile(path, []byte(strings.Replace(string(text), katapultWeb, katapultBackup, 1)), 0o600))
			return s.rotate()
		}, fix: func(s *scene) {
			files, err := filepath.Glob(filepath.Join(s.state(), "operations", "*.jsonl"))
			require.NoError(s, err)
			for _, path := range files {
				require.NoError(s, os.Rename(path, filepath.Join(s.dir, filepath.Base(path))))
			}
		}},
		"a rotation that is not there": {status: 4, begin: func(*scene) []string { return []string{"rotation", "resume", "nonsense"} }},
	}
}
