//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

const stratumGlobex = "7b1e0c52-4d0a-4f6e-9a55-0c1d2e3f4a03"

// globex returns a key that administers another tenant than the one of the settings.
func (s *scene) globex() string {
	s.Helper()
	key := s.post("/api/v1/api-keys", map[string]any{"name": "globex", "tenant_id": stratumGlobex})
	s.promote(key["id"].(string))
	return key["plaintext_key"].(string)
}

// A token of another account does not see what was created: that is no proof that it was
// deleted, and its secret, which only the journal has, is kept.
func TestACreationIsKeptWhileTheTokenIsAnotherAccounts(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	s.admin()
	own, made := valueOf(s.env, "STRATUM_API_KEY"), len(s.made("stratum"))
	other := s.globex()
	got := s.run("stratum", "create", "--name", "new", "--to", "exec:false")
	require.Equal(t, 8, got.status, got.stderr)
	before := len(s.changing("stratum"))

	s.setenv("STRATUM_API_KEY", other)
	operation := s.operations()[len(s.operations())-1].ID
	for _, args := range [][]string{
		{"stratum", "create", "--name", "new", "--to", "file:key"},
		{"rotation", "resume", operation},
		{"rotation", "resume", "--all"},
		{"rotation", "abort", operation, "--yes"},
	} {
		got = s.run(args...)
		assert.Equal(t, 2, got.status, "%s: %s", args, got.stderr)
		assert.Contains(t, got.stderr, "the token belongs to another account, or it was deleted")
		assert.Contains(t, got.stderr, "credctl rotation abort "+operation+" --force")
	}
	assert.Len(t, s.changing("stratum"), before, "nothing was changed")

	s.setenv("STRATUM_API_KEY", own)
	got = s.run("stratum", "create", "--name", "new", "--to", "file:key")
	require.Equal(t, 0, got.status, got.stderr)
	assert.Len(t, s.made("stratum"), made+2, "no second one, next to that of the other tenant")
	key, err := os.ReadFile(filepath.Join(s.dir, "key"))
	require.NoError(t, err)
	assert.True(t, s.Authenticates("", strings.TrimSpace(string(key))))
}

// Nor is it proof that a lost request created nothing.
func TestALostCreationIsNotLookedForInAnotherAccount(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	s.admin()
	own, made := valueOf(s.env, "STRATUM_API_KEY"), len(s.made("stratum"))
	other := s.globex()
	s.fault("stratum:create:cut-after:1")
	args := []string{"stratum", "create", "--name", "new", "--to", "file:key"}
	require.Equal(t, 9, s.run(args...).status)
	before := len(s.changing("stratum"))
	s.setenv("STRATUM_API_KEY", other)
	for range 2 {
		got := s.run(args...)
		assert.Equal(t, 9, got.status, got.stderr)
		assert.Contains(t, got.stderr, "this token can access only tenant "+stratumGlobex)
	}
	assert.Len(t, s.changing("stratum"), before, "nothing was sent")
	s.setenv("STRATUM_API_KEY", own)
	got := s.run(args...)
	require.Equal(t, 0, got.status, got.stderr)
	assert.Len(t, s.made("stratum"), made+2, "what the lost request created was revoked")
}

// What somebody has deleted meanwhile is created again, once a listing confirms it; an
// answer that there is no such key, of a vendor that still lists it, proves nothing.
func TestACreationThatWasDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	require.Equal(t, 8, s.run("katapult", "create", "--name", "new", "--to", "exec:false").status)
	id := s.made("katapult")[0].ID
	args := []string{"katapult", "create", "--name", "new", "--to", "file:key"}
	s.fault("katapult:get:404:2")
	got := s.run(args...)
	assert.Equal(t, 8, got.status, got.stderr)
	assert.Contains(t, got.stderr, "the vendor answers that "+id+" does not exist, but lists it")
	got = s.run("rotation", "abort", id, "--yes")
	assert.NotEqual(t, 0, got.status, got.stderr)
	require.Len(t, s.made("katapult"), 1)

	require.Equal(t, 0, s.run("katapult", "delete", id, "--yes", "--force").status)
	got = s.run(args...)
	require.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stderr, id+", which an earlier run created, has been deleted since")
	require.Len(t, s.made("katapult"), 1)
	assert.NotEqual(t, id, s.made("katapult")[0].ID)
}
