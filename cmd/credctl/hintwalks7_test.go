//go:build unix

package main

import (
	"os"
	"path/filepath"

	"github.com/stretchr/testify/require"
)

// hostWalks returns the states in which a file belongs to another host.
func hostWalks() map[string]walk {
	on := func(s *scene, host string) { s.setenv("CREDCTL_HOST", host) }
	away := func(s *scene) { // the other host has no such file
		on(s, "web-2")
		require.NoError(s, os.RemoveAll(filepath.Join(s.dir, "aws")))
	}
	killed := func(at string) func(s *scene) []string {
		return func(s *scene) []string {
			on(s, "web-1")
			s.setenv("CREDCTL_FAILPOINT", at+":1")
			_ = s.run(s.rotate()...)
			s.setenv("CREDCTL_FAILPOINT", "")
			away(s)
			return []string{"rotation", "resume", s.subjects[0].id}
		}
	}
	delivered := func(s *scene) []string { // and killed before that was noted
		first(s, 0, s.rotate()...)
		id := s.made("katapult")[0].ID
		s.setenv("CREDCTL_FAILPOINT", "deliver.written:1")
		_ = s.run("deliver", "katapult", id, "--to", "json:other")
		s.setenv("CREDCTL_FAILPOINT", "")
		return []string{"rotation", "abort", id, "--yes"}
	}
	back := func(s *scene) { on(s, "web-1") }
	return map[string]walk{
		"an abort of a delivery that arrived":            {status: 5, begin: delivered},
		"a rotation of another host":                     {status: 8, lost: true, begin: killed("issued.noted"), fix: back},
		"a rotation of another host that has not issued": {status: 8, lost: true, begin: killed("intent.noted"), fix: back},
		"a later rotation on another host": {status: 5, begin: func(s *scene) []string {
			on(s, "web-1")
			first(s, 0, s.rotate()...)
			away(s)
			id := s.made("katapult")[0].ID
			return append([]string{"katapult", "rotate", id}, s.to(0)...)
		}},
	}
}

// unusableWalks returns the states of new keys that cannot be used, and of what came late of lost
// requests.
func unusableWalks(ci subject) map[string]walk {
	unlisted := func(s *scene, id string) []string {
		s.fault("katapult:list:400")
		return []string{"rotation", "abort", id, "--yes"}
	}
	clear := func(s *scene) { s.ClearFaults() }
	return map[string]walk{
		"the own key, and an earlier run may have delivered it": {of: ci, status: 5, fix: ready, begin: func(s *scene) []string {
			s.admin()
			s.seeds = nil
			id := s.subjects[0].id
			s.role("administrators", "read", "write", "admin")
			first(s, 8, "stratum", "rotate", id, "--to", "exec:test -e ready", "--self", "--role", "administrators")
			s.fault("stratum:list:403:1")
			return []string{"rotation", "resume", id}
		}},
		"an abort that cannot look for what came late": {status: 8, fix: clear, begin: func(s *scene) []string {
			s.fault("katapult:create:cut-after:1")
			first(s, 0, s.rotate("--grace", "1h")...)
			return unlisted(s, katapultWeb)
		}},
		"an abort of a create that cannot look for what came late": {status: 8, fix: clear, begin: func(s *scene) []string {
			dir := filepath.Join(s.dir, "volume")
			create := []string{"katapult", "create", "--name", "made", "--to", "json:" + dir + "/made.json"}
			require.NoError(s, os.Mkdir(dir, 0o700))
			s.fault("katapult:create:cut-after:1")
			first(s, 9, create...)
			require.NoError(s, os.Remove(dir))
			touch(s, "volume")
			first(s, 8, create...)
			require.NoError(s, os.Remove(dir))
			require.NoError(s, os.Mkdir(dir, 0o700))
			return unlisted(s, s.operations()[0].ID)
		}},
	}
}

// graceWalks returns the states of a person who comes back to a rotation.
func graceWalks() map[string]walk {
	return map[string]walk{
		"a rotation by name": {status: 4, begin: func(s *scene) []string {
			first(s, 0, s.rotate()...)
			return []string{"rotation", "show", "web-assets"}
		}},
		"an audit of a vendor": {status: 2, begin: func(*scene) []string { return []string{"audit", "katapult"} }},
		"a run that cannot be recorded": {status: 8, lost: true, begin: func(s *scene) []string {
			s.write("rotations.yaml", "rotations:\n- {name: web, provider: katapult, id: "+katapultWeb+", max_age: 3650d, to: ['file:"+filepath.Join(s.dir, "made")+"']}\n")
			state := filepath.Join(valueOf(s.env, "XDG_STATE_HOME"), "credctl")
			require.NoError(s, os.MkdirAll(state, 0o700))
			require.NoError(s, os.WriteFile(filepath.Join(state, "runs"), nil, 0o600))
			return []string{"rotate", "-f", "rotations.yaml"}
		}},
		"a rotation without its ID": {status: 2, begin: func(*scene) []string { return []string{"rotation", "show"} }},
		"an abort by name":          {status: 2, begin: func(*scene) []string { return []string{"rotation", "abort", "--name", "web-assets"} }},
		"an abort whose hook fails": {status: 8, fix: ready, begin: func(s *scene) []string {
			first(s, 8, s.rotate("--hook", "test -e ready")...)
			return []string{"rotation", "abort", katapultWeb, "--yes"}
		}},
		"an abort that cannot try the old secret": {status: 75, begin: func(s *scene) []string {
			first(s, 0, s.rotate("--grace", "1h")...)
			s.fault("s3:buckets:503:1")
			return []string{"rotation", "abort", katapultWeb, "--yes"}
		}},
		"a rotation that only waits": {says: lines, once: true, begin: func(s *scene) []string {
			first(s, 0, s.rotate("--grace", "1h")...)
			return s.rotate()
		}},
		"a rotation whose old key was deleted": {says: lines, once: true, look: 8, begin: func(s *scene) []string {
			first(s, 0, s.rotate("--grace", "1h")...)
			first(s, 0, "katapult", "delete", katapultWeb, "--yes")
			return s.rotate()
		}},
		"a plan of a rotation whose old key was deleted": {says: func(got outcome) string { return got.stdout }, once: true, look: 8, begin: func(s *scene) []string {
			first(s, 0, s.rotate("--grace", "1h")...)
			first(s, 0, "katapult", "delete", katapultWeb, "--yes")
			return s.rotate("--dry-run")
		}},
		"a list with one whose old key was deleted": {says: lines, once: true, look: 8, begin: func(s *scene) []string {
			first(s, 0, s.rotate("--grace", "1h")...)
			first(s, 0, "katapult", "delete", katapultWeb, "--yes")
			return []string{"rotation", "list"}
		}},
	}
}
