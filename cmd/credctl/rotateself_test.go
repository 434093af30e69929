//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// role creates a role of the tenant of the keys.
func (s *scene) role(name string, scopes ...string) {
	s.Helper()
	s.post("/api/v1/roles", map[string]any{"name": name, "scopes": scopes, "tenant_id": valueOf(s.env, "STRATUM_TENANT_ID")})
}

// deletedBy returns who signed the deletions at Stratum.
func (s *scene) deletedBy() (ids []string) {
	for _, r := range s.Requests("stratum") {
		if r.Verb == "delete" {
			ids = append(ids, r.By)
		}
	}
	return ids
}

func TestF13TheKeyThatCredctlSignsWith(t *testing.T) {
	t.Parallel()
	t.Run("is refused", func(t *testing.T) {
		t.Parallel()
		for _, args := range [][]string{{"rotate", "%s", "--secret-file", "new"}, {"rotate", "%s", "--not-self", "%s", "--secret-file", "new"}, {"rotate", "%s", "--in-place", "--self", "--yes", "--secret-file", "new"}, {"delete", "%s", "--yes", "--force"}} {
			s := newScene(t, sandbox.Options{})
			s.admin()
			before := len(s.changing("stratum"))
			for i, a := range args {
				args[i] = strings.ReplaceAll(a, "%s", s.subjects[0].id)
			}
			got := s.run(append([]string{"stratum"}, args...)...)
			assert.Equal(t, 5, got.status, "%s: %s", args, got.stderr)
			assert.Contains(t, got.stderr, "is the key that credctl authenticates with")
			assert.Len(t, s.changing("stratum"), before, "nothing was changed")
		}
	})
	t.Run("is revoked by a successor that can do the same", func(t *testing.T) {
		t.Parallel()
		for _, from := range []string{"token_file", "--token-file", "auth login"} {
			t.Run(from, func(t *testing.T) {
				t.Parallel()
				s := newScene(t, sandbox.Options{})
				s.admin()
				old := s.credential("stratum", s.subjects[0].id)
				token := filepath.Join(s.dir, "token")
				require.NoError(t, os.WriteFile(token, []byte(old.Secret), 0o600))
				s.role("administrators", "read", "write", "admin")
				s.setenv("STRATUM_API_KEY", "")
				var more []string
				switch from {
				case "token_file":
					s.setenv("CREDCTL_CONFIG", filepath.Join(s.dir, "config.yaml"))
					require.NoError(t, os.WriteFile(filepath.Join(s.dir, "config.yaml"), []byte("stratum: {token_file: token}\n"), 0o600))
				case "--token-file":
					more = []string{"--token-file", "token"}
				case "auth login":
					p := s.command(old.Secret, "auth", "login", "stratum", "--yes")
					require.NoError(t, p.Run(), p.stderr.String())
				}
				got := s.run(append([]string{"stratum", "rotate", old.ID, "--self", "--role", "administrators", "--to", "file:elsewhere", "-o", "json"}, more...)...)
				require.Equal(t, 0, got.status, got.stderr)
				s.silent(got)
				result := answer(t, got)
				assert.False(t, s.credential("stratum", old.ID).Live)
				assert.Equal(t, []string{result["new_id"].(string)}, s.deletedBy(), "the new one revokes the old one")
				assert.Len(t, result["destinations"], 2, "what credctl signs with is one of them")

				again := s.run(append([]string{"stratum", "list", "-o", "name"}, more...)...)
				assert.Equal(t, 0, again.status, "credctl goes on with the new one: %s", again.stderr)
				assert.Contains(t, again.stdout, result["new_id"])
			})
		}
	})
	t.Run("comes from where credctl cannot write", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, sandbox.Options{})
		s.admin()
		s.role("administrators", "read", "write", "admin")
		got := s.run("stratum", "rotate", s.subjects[0].id, "--self", "--role", "administrators", "--to", "file:elsewhere")
		require.Equal(t, 0, got.status, got.stderr)
		assert.Contains(t, got.stderr, "from the variable STRATUM_API_KEY: put the new secret there")
	})
	t.Run("lives on when the new one cannot do the same", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, sandbox.Options{})
		s.admin()
		old := s.credential("stratum", s.subjects[0].id)
		token := filepath.Join(s.dir, "token")
		require.NoError(t, os.WriteFile(token, []byte(old.Secret), 0o600))
		s.setenv("STRATUM_API_KEY", "")
		s.role("readers", "read")
		got := s.run("stratum", "rotate", old.ID, "--self", "--role", "readers", "--token-file", "token", "--to", "file:elsewhere")
		assert.Equal(t, 7, got.status, got.stderr)
		assert.Contains(t, got.stderr, "it was revoked, and "+old.ID+" is unchanged")
		b, err := os.ReadFile(token)
		require.NoError(t, err)
		assert.Equal(t, old.Secret, string(b))
		assert.NoFileExists(t, filepath.Join(s.dir, "elsewhere"))
		assert.Len(t, s.made("stratum"), 1, "the old one alone")
		assert.True(t, s.credential("stratum", old.ID).Live)
	})
	t.Run("is given back by an abort", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, sandbox.Options{})
		s.admin()
		old := s.credential("stratum", s.subjects[0].id)
		token := filepath.Join(s.dir, "token")
		require.NoError(t, os.WriteFile(token, []byte(old.Secret), 0o600))
		s.role("administrators", "read", "write", "admin")
		s.setenv("STRATUM_API_KEY", "")
		s.setenv("CREDCTL_CONFIG", filepath.Join(s.dir, "config.yaml"))
		require.NoError(t, os.WriteFile(filepath.Join(s.dir, "config.yaml"), []byte("stratum: {token_file: token}\n"), 0o600))
		got := s.run("stratum", "rotate", old.ID, "--self", "--role", "administrators", "--to", "file:elsewhere", "--grace", "1h")
		require.Equal(t, 0, got.status, got.stderr)
		got = s.run("rotation", "abort", old.ID, "--yes")
		require.Equal(t, 0, got.status, got.stderr)
		b, err := os.ReadFile(token)
		require.NoError(t, err)
		assert.Equal(t, old.Secret, strings.TrimSpace(string(b)))
		assert.Len(t, s.made("stratum"), 1)
		assert.Equal(t, 0, s.run("stratum", "list").status)
	})
}

// Of several it comes last, wherever it is named: with it nothing more can be done.
func TestF13OfSeveralItComesLast(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(s *scene){
		"the journal does not know it": func(*scene) {},
		"the journal knows it": func(s *scene) {
			old := s.subjects[0].id
			got := s.run("stratum", "rotate", old, "--self", "--role", "administrators", "--to", "file:own", "-o", "json")
			require.Equal(s, 0, got.status, got.stderr)
			s.subjects[0].id = answer(s, got)["new_id"].(string)
			s.setenv("STRATUM_API_KEY", s.credential("stratum", s.subjects[0].id).Secret)
			require.NoError(s, os.Remove(filepath.Join(s.dir, "own"))) // no program reads it there
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, sandbox.Options{})
			s.admin()
			s.role("administrators", "read", "write", "admin")
			prepare(s)
			own, before := s.subjects[0].id, len(s.deletedBy())
			ids := []string{own, stratumCI, stratumBackup}
			got := s.run("stratum", "rotate", ids[0], ids[1], ids[2], "--self", "--role", "administrators", "--overlap", "--parallel", "1", "--verify", "none", "--grace", "0", "-o", "jsonl", "--yes")
			require.Equal(t, 0, got.status, got.stderr)
			var olds, deleted []string
			for line := range strings.Lines(got.stdout) {
				var r struct {
					OldID string `json:"old_id"`
				}
				require.NoError(t, json.Unmarshal([]byte(line), &r))
				olds = append(olds, r.OldID)
			}
			assert.ElementsMatch(t, ids, olds)
			for _, r := range s.Requests("stratum") {
				if r.Verb == "delete" {
					deleted = append(deleted, r.ID)
				}
			}
			require.Len(t, deleted, before+3)
			assert.Equal(t, own, deleted[before+2])
		})
	}
}

// In a policy the key that credctl authenticates with comes last, wherever it is written.
func TestF13InAPolicyItComesLast(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	s.admin()
	s.role("administrators", "read", "write", "admin")
	old := s.subjects[0].id
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "rotations.yaml"), []byte(`rotations:
  - {name: own, provider: stratum, id: `+old+`, max_age: 1ms, self: true, params: {role: administrators}, to: ["file:own"]}
  - {name: ci, provider: stratum, id: `+stratumCI+`, max_age: 30d, overlap: true, to: ["file:ci"]}
`), 0o600))
	got := s.run("rotate", "-f", "rotations.yaml", "-o", "json", "--force")
	require.Equal(t, 0, got.status, got.stderr)
	var deleted []string
	for _, r := range s.Requests("stratum") {
		if r.Verb == "delete" {
			deleted = append(deleted, r.ID)
		}
	}
	assert.Equal(t, []string{stratumCI, old}, deleted)
}
