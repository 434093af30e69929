//go:build unix

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// signing starts a sandbox in which a key of a tenant administers, with its token in a file.
func signing(t *testing.T, o sandbox.Options) (s *scene, own sandbox.Credential) {
	t.Helper()
	s = newScene(t, o)
	s.admin()
	own = s.credential("stratum", s.subjects[0].id)
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "token"), []byte(own.Secret), 0o600))
	s.setenv("STRATUM_API_KEY", "")
	return s, own
}

// A server that never writes down the use of keys tells nothing of who signs, nor does
// one that does so once a minute.
func TestF13NothingTellsWhoSigns(t *testing.T) {
	t.Parallel()
	for _, stamps := range []string{"never", "minute"} {
		s := newScene(t, sandbox.Options{StratumStamps: stamps})
		s.setenv("STRATUM_API_KEY", sandbox.StratumOperatorKey)
		require.Equal(t, 0, s.run("stratum", "list").status)
		for _, args := range [][]string{
			{"rotate", stratumOperator, "--yes", "--to", "file:new"},
			{"rotate", stratumOperator, "--overlap", "--to", "file:new"},
			{"rotate", stratumOperator, "--yes", "--to", "file:new", "--dry-run"},
			{"delete", stratumOperator, "--yes", "--force"},
		} {
			got := s.run(append([]string{"stratum"}, args...)...)
			assert.Equal(t, 5, got.status, "%s %s: %s", stamps, args, got.stderr)
			assert.Contains(t, got.stderr, "pass --not-self "+stratumOperator)
		}
		assert.Empty(t, s.changing("stratum"))
		got := s.run("stratum", "rotate", stratumOperator, stratumCI, "--not-self", stratumCI, "--yes", "--to", "exec:cat", "-o", "jsonl")
		assert.Equal(t, 8, got.status, got.stderr)
		assert.Contains(t, got.stdout, "Cannot tell whether "+stratumOperator)
		assert.Equal(t, []string{"rotate"}, s.changing("stratum"), "the one that is stated to be another alone")
		assert.True(t, s.credential("stratum", stratumOperator).Live)
	}
}

// Where stamps are late, the key that signs is still told.
func TestF13LateStampsTell(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{StratumStamps: "late"})
	s.setenv("STRATUM_API_KEY", sandbox.StratumOperatorKey)
	for range 5 {
		got := s.run("stratum", "rotate", stratumOperator, "--yes", "--to", "file:new")
		require.Equal(t, 5, got.status, got.stderr)
		assert.Contains(t, got.stderr, "is the key that credctl authenticates with")
	}
	got := s.run("stratum", "rotate", stratumCI, "--yes", "--to", "file:new")
	assert.Equal(t, 0, got.status, got.stderr)
}

// The audit log of newer services names the signer: a wrong statement is found before
// the old key is touched, and a right one is not needed again.
func TestF13TheAuditLogTells(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{StratumStamps: "never", StratumCarryOver: true})
	s.setenv("STRATUM_API_KEY", "")
	s.admin()
	own := s.subjects[0].id
	require.NoError(t, os.RemoveAll(s.state()), "credctl has issued it, and is to forget that")
	got := s.run("stratum", "rotate", own, "--not-self", own, "--overlap", "--to", "file:new")
	assert.Equal(t, 5, got.status, got.stderr)
	assert.Contains(t, got.stderr, "according to the vendor's audit log")
	assert.Len(t, s.made("stratum"), 1, "the new key was revoked")
	assert.True(t, s.credential("stratum", own).Live)
	assert.NoFileExists(t, filepath.Join(s.dir, "new"))

	got = s.run("stratum", "delete", own, "--yes", "--force")
	assert.Equal(t, 5, got.status, got.stderr)
	assert.Contains(t, got.stderr, "is the key that credctl authenticates with", "it is known now")

	require.NoError(t, os.RemoveAll(s.state()), "credctl is to forget that, too")
	require.Equal(t, 5, s.run("stratum", "rotate", stratumBackup, "--yes", "--to", "file:backup").status)
	got = s.run("stratum", "rotate", stratumBackup, "--not-self", stratumBackup, "--yes", "--to", "file:backup")
	require.Equal(t, 0, got.status, got.stderr)
	got = s.run("stratum", "rotate", stratumCI, "--yes", "--to", "file:ci")
	assert.Equal(t, 0, got.status, "it is known now: %s", got.stderr)
	got = s.run("stratum", "delete", own, "--yes", "--force")
	assert.Equal(t, 5, got.status, got.stderr)
	assert.Contains(t, got.stderr, "is the key that credctl authenticates with")
}

// The store of `auth login` tells which key a token is, once a rotation has stored it
// there, also where the journal was lost and the vendor tells nothing. A new login
// forgets that.
func TestF13TheStoreTells(t *testing.T) {
	t.Parallel()
	s, own := signing(t, sandbox.Options{StratumStamps: "never"})
	s.role("administrators", "read", "write", "admin")
	login := func(token string) {
		p := s.command(token, "auth", "login", "stratum", "--yes")
		require.NoError(t, p.Run(), p.stderr.String())
	}
	login(own.Secret)
	got := s.run("stratum", "rotate", own.ID, "--self", "--role", "administrators", "--grace", "1h", "--to", "login:stratum", "-o", "json")
	require.Equal(t, 0, got.status, got.stderr)
	next := answer(t, got)["new_id"].(string)

	require.NoError(t, os.Rename(s.state(), s.state()+".lost"))
	for _, args := range [][]string{{"rotate", next, "--yes", "--to", "file:x"}, {"delete", next, "--yes", "--force"}} {
		got = s.run(append([]string{"stratum"}, args...)...)
		assert.Equal(t, 5, got.status, got.stderr)
		assert.Contains(t, got.stderr, next+" is the key that credctl authenticates with")
	}
	got = s.run("stratum", "rotate", stratumCI, "--yes", "--to", "file:ci")
	assert.Equal(t, 0, got.status, got.stderr)

	login(own.Secret)
	require.NoError(t, os.RemoveAll(s.state()))
	got = s.run("stratum", "rotate", next, "--yes", "--to", "file:x")
	assert.Equal(t, 5, got.status, got.stderr)
	assert.Contains(t, got.stderr, "Cannot tell whether "+next)
}

// A login finds out which key the token is, where the server tells it with certainty, and
// later runs know it by that, also where the journal was lost.
func TestF13ALoginTellsWhichKey(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		o     sandbox.Options
		known bool
		begin func(s *scene, own sandbox.Credential) // before the login
	}{
		"by its time of use":      {known: true},
		"also where that is late": {o: sandbox.Options{StratumStamps: "late"}, known: true},
		"not without it":          {o: sandbox.Options{StratumStamps: "never"}},
		"not once a minute":       {o: sandbox.Options{StratumStamps: "minute"}, begin: func(s *scene, _ sandbox.Credential) { _ = s.run("stratum", "list") }},
		"the only key": {o: sandbox.Options{StratumStamps: "never"}, known: true, begin: func(s *scene, own sandbox.Credential) {
			for _, c := range s.Credentials("stratum") {
				if c.Live && c.Tenant == own.Tenant && c.ID != own.ID {
					first(s, 0, "stratum", "delete", c.ID, "--yes", "--force", "--not-self", c.ID, "--token-file", "token")
				}
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, own := signing(t, c.o)
			if c.begin != nil {
				c.begin(s, own)
			}
			require.NoError(t, os.RemoveAll(s.state()), "credctl has issued it, and is to forget that")
			p := s.command(own.Secret, "auth", "login", "stratum", "--yes", "-o", "json")
			require.NoError(t, p.Run(), p.stderr.String())
			require.NoError(t, os.RemoveAll(s.state()))
			lists := s.count("stratum", "list")
			got := s.run("stratum", "rotate", own.ID, "--yes", "--to", "file:x")
			require.Equal(t, 5, got.status, got.stderr)
			if !c.known {
				assert.NotContains(t, p.stdout.String(), own.ID)
				assert.Contains(t, got.stderr, "Cannot tell whether "+own.ID)
				return
			}
			assert.Equal(t, own.ID, answer(t, p.outcome())["id"])
			assert.Contains(t, got.stderr, own.ID+" is the key that credctl authenticates with")
			assert.Equal(t, 1, s.count("stratum", "list")-lists, "it is not looked for")
		})
	}
}

// An abort puts the old key back into the store of `auth login`, with its ID.
func TestF13TheStoreTellsAfterAnAbort(t *testing.T) {
	t.Parallel()
	s, own := signing(t, sandbox.Options{StratumStamps: "never"})
	s.role("administrators", "read", "write", "admin")
	p := s.command(own.Secret, "auth", "login", "stratum", "--yes")
	require.NoError(t, p.Run(), p.stderr.String())
	got := s.run("stratum", "rotate", own.ID, "--self", "--role", "administrators", "--grace", "1h", "--to", "login:stratum")
	require.Equal(t, 0, got.status, got.stderr)
	got = s.run("rotation", "abort", own.ID, "--yes")
	require.Equal(t, 0, got.status, got.stderr)

	require.NoError(t, os.RemoveAll(s.state()))
	got = s.run("stratum", "rotate", own.ID, "--yes", "--to", "file:x")
	assert.Equal(t, 5, got.status, got.stderr)
	assert.Contains(t, got.stderr, own.ID+" is the key that credctl authenticates with")
}

// Where neither the role of the signer can be read nor the server's own route keeps it,
// --self names what is needed, and works with it.
func TestF13SelfNeedsARole(t *testing.T) {
	t.Parallel()
	s, own := signing(t, sandbox.Options{})
	before := len(s.changing("stratum"))
	for _, more := range [][]string{nil, {"--dry-run"}} {
		got := s.run(append([]string{"stratum", "rotate", own.ID, "--self", "--token-file", "token", "--to", "file:x"}, more...)...)
		assert.Equal(t, 5, got.status, got.stderr)
		assert.Contains(t, got.stderr, "pass --role NAME")
		assert.Contains(t, got.stderr, "credctl stratum role create NAME --scopes read,write,admin")
	}
	got := s.run("stratum", "rotate", own.ID, "--self", "--role", "administrators", "--token-file", "token", "--to", "file:x")
	assert.Equal(t, 4, got.status, "there is no such role: %s", got.stderr)
	assert.Len(t, s.changing("stratum"), before)

	got = s.run("stratum", "role", "create", "administrators", "--scopes", "read,write,admin", "--token-file", "token", "-o", "json")
	require.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, 6, s.run("stratum", "role", "create", "administrators", "--scopes", "read", "--token-file", "token").status)
	got = s.run("stratum", "role", "list", "--token-file", "token", "-o", "json")
	assert.Contains(t, got.stdout, `"name":"administrators"`)
	got = s.run("stratum", "rotate", own.ID, "--self", "--role", "administrators", "--token-file", "token", "--to", "file:x", "-o", "json")
	require.Equal(t, 0, got.status, got.stderr)
	assert.False(t, s.credential("stratum", own.ID).Live)
	next := answer(t, got)["new_id"].(string)
	assert.Equal(t, []string{"read", "write", "admin"}, s.credential("stratum", next).Scopes)
	assert.Equal(t, []string{next}, s.deletedBy(), "the new key signs the request that revokes the old key")
	assert.Equal(t, 0, s.run("stratum", "list", "--token-file", "token").status, "credctl continues with the new key")
}

// The newer key service tells the role, and its own route keeps everything else.
func TestF13SelfAtTheNewerService(t *testing.T) {
	t.Parallel()
	s, own := signing(t, sandbox.Options{StratumCarryOver: true})
	role := s.post("/api/v1/roles", map[string]any{"name": "administrators", "scopes": []string{"admin"}, "tenant_id": own.Tenant})
	s.post("/api/v1/roles/assign/"+own.ID, map[string]any{"role_id": role["id"]})
	got := s.run("stratum", "get", own.ID, "--token-file", "token", "-o", "json")
	assert.Contains(t, got.stdout, `"role": "administrators"`)
	got = s.run("stratum", "rotate", own.ID, "--self", "--token-file", "token", "--to", "file:x", "-o", "json")
	require.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, "replace", answer(t, got)["strategy"])
	assert.Equal(t, 0, s.run("stratum", "list", "--token-file", "token").status)

	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "operator"), []byte(sandbox.StratumOperatorKey), 0o600))
	got = s.run("stratum", "rotate", stratumOperator, "--self", "--yes", "--token-file", "operator", "--to", "file:y", "-o", "json")
	require.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, "rotate", answer(t, got)["strategy"])
	next := s.credential("stratum", answer(t, got)["new_id"].(string))
	assert.Equal(t, []string{"admin"}, next.Scopes)
	assert.Empty(t, next.Tenant, "it is an operator's key")
	assert.Equal(t, 0, s.run("stratum", "list", "--token-file", "operator").status, "credctl continues with the new key")
}

// An operator's key has no role that a new key of its kind could get.
func TestF13SelfOfAnOperator(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	s.setenv("STRATUM_API_KEY", sandbox.StratumOperatorKey)
	got := s.run("stratum", "rotate", stratumOperator, "--self", "--yes", "--to", "file:new")
	assert.Equal(t, 5, got.status, got.stderr)
	assert.Contains(t, got.stderr, "cannot create a replacement with the same permissions")
	assert.Empty(t, s.changing("stratum"))
}
