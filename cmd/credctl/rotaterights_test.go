//go:build unix

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// shown is the limit that the answer to a request of the key in a file shows, and
// whether the key may do what an administrator may.
func (s *scene) shown(file string) (limit string, administers bool) {
	s.Helper()
	secret, err := os.ReadFile(filepath.Join(s.dir, file))
	require.NoError(s, err)
	ask := func(path string) (string, int) {
		r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, s.URL("stratum")+"/api/v1"+path, nil)
		require.NoError(s, err)
		r.Header.Set("X-API-Key", strings.TrimSpace(string(secret)))
		a, err := http.DefaultClient.Do(r)
		require.NoError(s, err)
		require.NoError(s, a.Body.Close())
		return a.Header.Get("X-RateLimit-Limit"), a.StatusCode
	}
	limit, status := ask("/tenants/" + valueOf(s.env, "STRATUM_TENANT_ID"))
	require.Equal(s, http.StatusOK, status)
	_, status = ask("/audit-logs?limit=1")
	return limit, status == http.StatusOK
}

// create makes a key at Stratum that is in the file "key".
func (s *scene) create(more ...string) (id string) {
	s.Helper()
	got := s.run(append([]string{"stratum", "create", "--name", "app", "--to", "file:key", "-o", "json"}, more...)...)
	require.Equal(s, 0, got.status, got.stderr)
	return answer(s, got)["id"].(string)
}

// What the answers to each key show of its rate limit is the same after a rotation.
func TestARotationKeepsTheRateLimit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options sandbox.Options
		flags   []string
	}{
		"another key":                {sandbox.Options{}, []string{"--overlap"}},
		"in place, by newer servers": {sandbox.Options{StratumCarryOver: true}, []string{"--yes"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, c.options)
			id := s.create("--rate-limit-max", "70")
			before, administers := s.shown("key")
			require.Equal(t, "70", before)
			got := s.run(append([]string{"stratum", "rotate", id, "--to", "file:key", "-o", "json"}, c.flags...)...)
			require.Equal(t, 0, got.status, got.stderr)
			after, now := s.shown("key")
			assert.Equal(t, "70", after)
			assert.Equal(t, administers, now)
			assert.False(t, s.credential("stratum", id).Live)
			assert.Equal(t, "70 per 1 minute", s.credential("stratum", answer(t, got)["new_id"].(string)).RateLimit)
		})
	}
	t.Run("one request a minute", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, sandbox.Options{})
		got := s.run("stratum", "rotate", s.create("--rate-limit-max", "1"), "--overlap", "--to", "file:key", "-o", "json")
		require.Equal(t, 0, got.status, got.stderr)
		assert.Equal(t, "1 per 1 minute", s.credential("stratum", answer(t, got)["new_id"].(string)).RateLimit)
	})
	t.Run("in place, by a server that drops it", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, sandbox.Options{})
		id := s.create("--rate-limit-max", "70")
		before := len(s.changing("stratum"))
		got := s.run("stratum", "rotate", id, "--to", "file:key", "--yes")
		assert.Equal(t, 7, got.status, got.stderr)
		assert.Contains(t, got.stderr, "the key is limited to 70 requests")
		assert.Contains(t, got.stderr, "hint: pass --overlap")
		assert.Len(t, s.changing("stratum"), before, "nothing was changed")
		limit, _ := s.shown("key")
		assert.Equal(t, "70", limit)
	})
}

// A replacement gets the role of the old key; where that cannot be known and the rights
// differ, the old key is not touched.
func TestARotationKeepsTheRole(t *testing.T) {
	t.Parallel()
	t.Run("the audit log tells the role", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, sandbox.Options{StratumCarryOver: true})
		s.role("readers", "read")
		id := s.create("--role", "readers")
		assigned := s.count("stratum", "assign")
		got := s.run("stratum", "rotate", id, "--overlap", "--to", "file:key", "-o", "json")
		require.Equal(t, 0, got.status, got.stderr)
		made := s.credential("stratum", answer(t, got)["new_id"].(string))
		assert.Equal(t, assigned+1, s.count("stratum", "assign"))
		assert.Equal(t, s.credential("stratum", id).Scopes, made.Scopes)
		assert.Equal(t, []string{"read"}, made.Scopes)
	})
	t.Run("the journal tells with which role credctl created the key", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, sandbox.Options{})
		s.role("readers", "read")
		id := s.create("--role", "readers")
		for _, grace := range []string{"0", "1h", "0"} { // by the creation, by a rotation that is done, and by one in its grace period
			got := s.run("stratum", "rotate", id, "--overlap", "--grace", grace, "--to", "file:key", "-o", "json")
			require.Equal(t, 0, got.status, got.stderr)
			assert.Contains(t, got.stderr, "The new key gets the role readers, with which credctl created "+id+"; to choose another role, pass --role NAME")
			id = answer(t, got)["new_id"].(string)
			assert.Equal(t, []string{"read"}, s.credential("stratum", id).Scopes)
		}
		s.role("writers", "read", "write")
		got := s.run("stratum", "rotate", id, "--overlap", "--role", "writers", "--to", "file:key", "-o", "json")
		require.Equal(t, 0, got.status, got.stderr)
		assert.Equal(t, []string{"read", "write"}, s.credential("stratum", answer(t, got)["new_id"].(string)).Scopes)
	})
	t.Run("nothing tells it", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, sandbox.Options{})
		id := s.create()
		s.promote(id)
		for _, flags := range [][]string{{"--overlap"}, {"--yes"}, {"--overlap", "--dry-run"}} {
			before := len(s.changing("stratum"))
			got := s.run(append([]string{"stratum", "rotate", id, "--to", "file:key"}, flags...)...)
			assert.Equal(t, 7, got.status, "%s: %s", flags, got.stderr)
			assert.Contains(t, got.stderr, "the key has the admin scope")
			assert.Contains(t, got.stderr, "pass --role NAME")
			assert.Len(t, s.changing("stratum"), before, "nothing was changed")
		}
		_, administers := s.shown("key")
		assert.True(t, administers, "the old key works")
		s.role("administrators", "read", "write", "admin")
		got := s.run("stratum", "rotate", id, "--overlap", "--role", "administrators", "--to", "file:key")
		require.Equal(t, 0, got.status, got.stderr)
		_, administers = s.shown("key")
		assert.True(t, administers, "the new key administers too")
		assert.False(t, s.credential("stratum", id).Live)
	})
}
