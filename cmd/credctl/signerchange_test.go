//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// The token may be another one than when the rotation began: the key that credctl
// authenticates with now is not deleted, whether it is the old key, the new key, or one
// whose creation is not finished.
func TestF13TheTokenWasChangedMeanwhile(t *testing.T) {
	t.Parallel()
	for _, stamps := range []string{"", "never"} {
		t.Run("the old key "+stamps, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, sandbox.Options{StratumStamps: stamps})
			s.setenv("STRATUM_API_KEY", sandbox.StratumOperatorKey)
			s.role("administrators", "read", "write", "admin")
			key := s.post("/api/v1/api-keys", map[string]any{"name": "foreign", "tenant_id": valueOf(s.env, "STRATUM_TENANT_ID")})
			id := key["id"].(string)
			s.promote(id)
			args := []string{"stratum", "rotate", id, "--not-self", id, "--overlap", "--role", "administrators", "--grace", "1h", "--to", "file:new"}
			got := s.run(args...)
			require.Equal(t, 0, got.status, got.stderr)
			s.setenv("STRATUM_API_KEY", key["plaintext_key"].(string))
			before := len(s.changing("stratum"))
			if stamps == "" { // else nothing tells, and the statement of the first run counts
				for _, dry := range [][]string{{"--dry-run"}, nil} {
					got = s.run(append([]string{"rotation", "resume", id, "--grace", "0"}, dry...)...)
					assert.Equal(t, 5, got.status, got.stderr)
					assert.Contains(t, got.stderr, "did not delete "+id+": it is the key that credctl authenticates with")
				}
			}
			assert.Len(t, s.changing("stratum"), before, "nothing was changed")
			s.setenv("STRATUM_API_KEY", sandbox.StratumOperatorKey)
			got = s.run("rotation", "resume", id, "--grace", "0")
			assert.Equal(t, 0, got.status, got.stderr)
			assert.False(t, s.credential("stratum", id).Live)
		})
	}
	t.Run("another key", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, sandbox.Options{})
		s.admin()
		s.role("administrators", "read", "write", "admin")
		got := s.run("stratum", "rotate", stratumCI, "--overlap", "--role", "administrators", "--grace", "1h", "--to", "file:new")
		require.Equal(t, 0, got.status, got.stderr)
		other := s.post("/api/v1/api-keys", map[string]any{"name": "other", "tenant_id": valueOf(s.env, "STRATUM_TENANT_ID")})
		s.promote(other["id"].(string))
		s.setenv("STRATUM_API_KEY", other["plaintext_key"].(string))
		got = s.run("rotation", "resume", stratumCI, "--grace", "0")
		assert.Equal(t, 0, got.status, "its use tells that it is another: %s", got.stderr)
	})
	t.Run("the new key", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, sandbox.Options{})
		s.admin()
		s.role("administrators", "read", "write", "admin")
		got := s.run("stratum", "rotate", stratumCI, "--overlap", "--role", "administrators", "--grace", "1h", "--to", "file:new")
		require.Equal(t, 0, got.status, got.stderr)
		next, err := os.ReadFile(filepath.Join(s.dir, "new"))
		require.NoError(t, err)
		s.setenv("STRATUM_API_KEY", strings.TrimSpace(string(next)))
		before := len(s.changing("stratum"))
		for _, more := range [][]string{{"--force", "--dry-run"}, {"--force"}} {
			got = s.run(append([]string{"rotation", "abort", stratumCI, "--yes"}, more...)...)
			assert.Equal(t, 5, got.status, got.stderr)
			assert.Contains(t, got.stderr, "it is the key that credctl authenticates with")
		}
		assert.Len(t, s.changing("stratum"), before, "nothing was changed")
	})
	t.Run("one that was created", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, sandbox.Options{})
		s.admin()
		s.role("administrators", "read", "write", "admin")
		got := s.run("stratum", "create", "--name", "new", "--role", "administrators", "--to", "file:key", "--to", "exec:false")
		require.Equal(t, 8, got.status, got.stderr)
		key, err := os.ReadFile(filepath.Join(s.dir, "key"))
		require.NoError(t, err)
		s.setenv("STRATUM_API_KEY", strings.TrimSpace(string(key)))
		before := len(s.changing("stratum"))
		got = s.run("rotation", "abort", s.operations()[len(s.operations())-1].ID, "--yes", "--force")
		assert.Equal(t, 5, got.status, got.stderr)
		assert.Contains(t, got.stderr, "it is the key that credctl authenticates with")
		assert.Len(t, s.changing("stratum"), before, "nothing was changed")
	})
}

// Where a run was killed before its answer, another host may have generated a secret in
// place since: only who asks for that again generates another.
func TestF5InPlaceAnotherHostGeneratesMeanwhile(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}, inPlace: true})
	args := s.rotate("--in-place", "--yes")
	s.setenv("CREDCTL_FAILPOINT", "issue.sending")
	require.Equal(t, -1, s.run(args...).status)
	s.setenv("CREDCTL_FAILPOINT", "")
	operation := s.operations()[0].ID
	require.NoError(t, os.Rename(s.state(), s.state()+".a"))
	got := s.run("katapult", "rotate", katapultWeb, "--in-place", "--yes", "--to", "aws:theirs@"+s.dir+"/aws")
	require.Equal(t, 0, got.status, got.stderr)
	theirs := s.credential("katapult", katapultWeb).Secret
	require.NoError(t, os.Rename(s.state(), s.state()+".b"))
	require.NoError(t, os.Rename(s.state()+".a", s.state()))

	for want, args := range map[int][][]string{
		9: {{"rotation", "resume", operation}, {"rotation", "resume", "--all"}},
		2: {s.rotate("--in-place")}, // which asks
	} {
		for _, args := range args {
			got = s.run(args...)
			assert.Equal(t, want, got.status, "%s: %s", args, got.stderr)
		}
	}
	assert.Contains(t, s.run("rotation", "resume", operation).stderr, "credctl katapult rotate "+katapultWeb+" --in-place")
	assert.Equal(t, theirs, s.credential("katapult", katapultWeb).Secret, "their secret works")
	got = s.run(args...)
	require.Equal(t, 0, got.status, got.stderr)
	assert.NotEqual(t, theirs, s.credential("katapult", katapultWeb).Secret)
}

// A policy says that the old secret may stop, in each of its runs: the next one continues.
func TestF5APolicyInPlaceIsKilledAtItsRequest(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}, inPlace: true})
	args := s.policy("rotations:\n- {name: web, provider: katapult, id: " + katapultWeb + ", max_age: 1d, in_place: true, to: ['aws:web@" + s.dir + "/aws']}\n")
	s.setenv("CREDCTL_FAILPOINT", "issue.sending")
	require.Equal(t, -1, s.run(args...).status)
	s.setenv("CREDCTL_FAILPOINT", "")
	got := s.run(args...)
	require.Equal(t, 0, got.status, got.stderr)
	text, err := os.ReadFile(filepath.Join(s.dir, "aws"))
	require.NoError(t, err)
	assert.Contains(t, string(text), s.credential("katapult", katapultWeb).Secret)
}

// What two checks say of the same is said once, and so is that another run has continued.
func TestOneCauseIsSaidOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	s.admin()
	got := s.run("stratum", "rotate", s.subjects[0].id, "--self", "--role", "none", "--to", "file:key")
	assert.Equal(t, 4, got.status, got.stderr)
	assert.Equal(t, 1, strings.Count(got.stderr, "no role is named"), got.stderr)

	s = newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}})
	args := s.rotate("--hook", "if mkdir began; then while ! test -e ready; do sleep 0.05; done; fi")
	p := s.command("", args...)
	require.NoError(t, p.Start())
	require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(s.dir, "began")); return err == nil }, 20*time.Second, 20*time.Millisecond)
	require.NoError(t, os.RemoveAll(filepath.Join(s.state(), "locks")))
	require.Equal(t, 0, s.run(args...).status)
	ready(s)
	_ = p.Wait()
	first := p.outcome()
	assert.Equal(t, 75, first.status, first.stderr)
	assert.Equal(t, 1, strings.Count(first.stderr, "another process is working on it"), first.stderr)
}
