package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/journal/pgtest"
	"github.com/credctl/credctl/internal/sandbox"
)

// A host is a machine with a home folder of its own.
func host(t *testing.T, env []string, state string, more ...string) []string {
	t.Helper()
	dir := t.TempDir()
	return append(slices.Clone(env), append([]string{"XDG_STATE_HOME=" + dir, "HOME=" + dir, "CREDCTL_STATE=" + state}, more...)...)
}

// identityOfHost is where a host has its identity by default.
func identityOfHost(env []string) string {
	return filepath.Join(valueOf(env, "XDG_STATE_HOME"), "credctl", "identity", "age.txt")
}

// ends runs the program, and checks its exit status and that a password shows nowhere.
func ends(t *testing.T, env []string, status int, line string) outcome {
	t.Helper()
	got := credctl(t, env, "", strings.Fields(line)...)
	assert.Equal(t, status, got.status, "%s: %s%s", line, got.stdout, got.stderr)
	for _, r := range []pgtest.Role{pgtest.App, pgtest.Owner} {
		assert.NotContains(t, got.stdout+got.stderr, r.Password(), line)
	}
	return got
}

func TestStateInDatabase(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Durable: true, TLS: true})
	db := server.Database(t)
	box, sandboxed := inSandbox(t, sandbox.Options{ProvisionDelay: -1})
	first := host(t, sandboxed, db.Pooled(pgtest.App))
	owner := append(slices.Clone(first), "CREDCTL_STATE="+db.Pooled(pgtest.Owner))
	schema := published(t, "state")
	const rotate = "katapult rotate objkey_sbxWebAssets0002 --to file:"

	for _, line := range []string{"state status", "state check", "state migrate", rotate + filepath.Join(t.TempDir(), "key")} {
		got := ends(t, first, 2, line)
		assert.Contains(t, got.stderr, "not initialized")
		assert.Contains(t, got.stderr, "hint: run: credctl state init")
	}
	got := ends(t, first, 3, "state init")
	assert.Contains(t, got.stderr, "permission denied")
	assert.Contains(t, got.stderr, "CREATE in the database")

	got = ends(t, owner, 0, "state init -o json")
	valid(t, schema, "init", got.stdout)
	assert.Contains(t, got.stdout, `"created": true`)
	assert.FileExists(t, identityOfHost(owner))
	assert.Contains(t, ends(t, owner, 0, "state init -o json").stdout, `"created": false`)
	assert.Contains(t, ends(t, owner, 0, "state init").stderr, "is already initialized")
	got = ends(t, owner, 0, "state migrate -o json")
	valid(t, schema, "migrate", got.stdout)
	assert.Contains(t, got.stdout, `"changed": false`)

	valid(t, schema, "check", ends(t, first, 0, "state check -o json").stdout)
	got = ends(t, first, 0, "state status -o json")
	valid(t, schema, "status", got.stdout)
	assert.Contains(t, got.stdout, `"state": "postgres://credctl_app@127.0.0.1:`)

	key := filepath.Join(t.TempDir(), "key")
	ends(t, first, 0, rotate+key+" --grace 24h")
	assert.FileExists(t, key)
	got = ends(t, first, 0, "state status -o json")
	valid(t, schema, "status", got.stdout)
	var status struct{ Unfinished []any }
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &status))
	assert.Len(t, status.Unfinished, 1, "the old key still works")
	assert.Contains(t, ends(t, first, 0, "state status").stdout, "Unfinished: 1 rotation\n")
	assert.NoDirExists(t, filepath.Join(valueOf(first, "XDG_STATE_HOME"), "credctl", "operations"), "nothing is in the folder")

	t.Run("another host", func(t *testing.T) {
		other := host(t, sandboxed, db.URL(pgtest.App))
		requests := len(box.Requests(""))
		for _, line := range []string{rotate + key, "state check", "state init", "rotation list"} {
			assert.Contains(t, ends(t, other, 3, line).stderr+ends(t, other, 3, line).stdout, "age.txt")
		}
		assert.Len(t, box.Requests(""), requests, "no request was sent")
		with := append(slices.Clone(other), "CREDCTL_STATE_IDENTITY_FILE="+identityOfHost(first))
		assert.Contains(t, ends(t, with, 0, "rotation list -o json").stdout, "objkey_sbxWebAssets0002")
		ends(t, with, 0, "state check")
		wrong := append(host(t, sandboxed, "dir:"+t.TempDir()), "X=")
		ends(t, wrong, 0, "state init")
		ends(t, append(slices.Clone(other), "CREDCTL_STATE_IDENTITY_FILE="+filepath.Join(strings.TrimPrefix(valueOf(wrong, "CREDCTL_STATE"), "dir:"), "identity", "age.txt")), 3, rotate+key)
		assert.Len(t, box.Requests(""), requests, "no request was sent")
	})
	t.Run("exit statuses", func(t *testing.T) {
		at := func(url string) []string { return append(slices.Clone(first), "CREDCTL_STATE="+url) }
		direct := db.URL(pgtest.App)
		for _, x := range []struct {
			url, says string
			status    int
		}{
			{strings.Replace(direct, pgtest.App.Password(), "wrong-one", 1), "password authentication failed", 3},
			{strings.Replace(direct, string(pgtest.App), "nobody", 1), "password authentication failed", 3},
			{strings.Replace(direct, "/"+db.Name, "/elsewhere", 1), "does not exist", 2},
			{direct + "?sslmode=verify-full", "certificate", 1},
			{"postgres://credctl@127.0.0.1:1/credctl", "connection refused", 75},
			{"postgres://credctl:geheim@db.example.com/d?sslmode=require", "does not verify the server", 2},
			{"mysql://credctl:geheim@127.0.0.1/credctl", "neither a folder nor a PostgreSQL URL", 2},
			{"dir:relative", "not an absolute path", 2},
		} {
			for _, line := range []string{"state status", rotate + key} {
				got := ends(t, at(x.url), x.status, line)
				assert.Contains(t, got.stderr, x.says, x.url)
				assert.NotContains(t, got.stderr, "geheim")
				assert.NotContains(t, got.stderr, "wrong-one")
				assert.Contains(t, got.stderr, "hint: ", x.url)
			}
		}
		ends(t, at(direct+"?sslmode=verify-full&sslrootcert="+server.CA()), 0, "state status")
		ends(t, append(first, "CREDCTL_STATE_LEASE=9s"), 2, "state status")
		ends(t, append(first, "CREDCTL_STATE_LEASE=11m"), 2, "state status")
		assert.Contains(t, ends(t, append(first, "CREDCTL_STATE_LEASE=10s"), 0, "state status -o json").stdout, `"lease_seconds": 10`)

		db.ReadOnly(t, true)
		ends(t, at(direct), 75, rotate+key)
		db.ReadOnly(t, false)
		db.SQL(t, "UPDATE credctl.meta SET value = '99' WHERE key IN ('version', 'min_reader')")
		for _, line := range []string{"state status", "state check", "state migrate", "state init", rotate + key} {
			assert.Contains(t, ends(t, owner, 2, line).stderr, "version 99")
		}
	})
	t.Run("without the database", func(t *testing.T) {
		server.Stop()
		requests := len(box.Requests(""))
		for _, line := range []string{rotate + key, "katapult create --name n --secret-file " + filepath.Join(t.TempDir(), "s"), "rotation list", "state check"} {
			ends(t, first, 75, line)
		}
		assert.Len(t, box.Requests(""), requests, "no request was sent")
		ends(t, first, 0, "katapult list")
		ends(t, first, 0, "katapult get objkey_sbxBackup0000001")
		assert.Contains(t, ends(t, first, 0, "audit").stderr, "warning: could not read the rotation state")
	})
}

// TestStateSettings: where the setting comes from, and that no password shows.
func TestStateSettings(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	folder := filepath.Join(valueOf(env, "XDG_CONFIG_HOME"), "credctl")
	require.NoError(t, os.MkdirAll(folder, 0o700))
	file := filepath.Join(folder, "config.yaml")
	write := func(text string, mode os.FileMode) {
		t.Helper()
		_ = os.Remove(file)
		require.NoError(t, os.WriteFile(file, []byte(text), mode))
	}
	write("state: postgres://robot:geheim@127.0.0.1:1/credctl\nstate_lease: 30s\n", 0o600)
	got := credctl(t, env, "", "config", "view", "-o", "json")
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stdout, `"value":"postgres://robot@127.0.0.1:1/credctl"`)
	assert.Contains(t, got.stdout, `"value":"30s"`)
	for _, line := range []string{"state status", "config view", "state status --debug"} {
		got := credctl(t, env, "", strings.Fields(line)...)
		assert.NotContains(t, got.stdout+got.stderr, "geheim", line)
	}
	got = credctl(t, append(env, "CREDCTL_STATE=dir:"+t.TempDir()), "", "state", "status", "-o", "json")
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stdout, `"source": "CREDCTL_STATE"`, "the variable takes precedence")

	write("state: postgres://robot:geheim@127.0.0.1:1/credctl\n", 0o644)
	assert.Equal(t, 2, credctl(t, env, "", "state", "status").status, "others can read the password")
	write("state: dir:shared\n", 0o644)
	assert.Contains(t, credctl(t, env, "", "state", "status").stdout, "dir:"+filepath.Join(folder, "shared"), "from the folder of the file")
	write("state: somewhere\n", 0o600)
	got = credctl(t, env, "", "state", "status")
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.stderr, "config.yaml:1:8: state is neither a folder nor a PostgreSQL URL")
	write("state_lease: 1h\n", 0o600)
	assert.Equal(t, 2, credctl(t, env, "", "state", "status").status)

	write("", 0o600)
	got = credctl(t, env, "", "config", "set", "state", "postgres://robot:geheim@127.0.0.1/credctl")
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.stderr, "passwords cannot be passed as arguments")
	assert.NotContains(t, got.stdout+got.stderr, "geheim")
	for _, x := range [][]string{{"state", "postgres://robot@127.0.0.1/credctl"}, {"state_lease", "1m"}} {
		assert.Equal(t, 0, credctl(t, env, "", "config", "set", x[0], x[1]).status)
	}
	assert.Equal(t, 2, credctl(t, env, "", "config", "set", "state_lease", "1s").status)
}

// TestStateMoves into a database, where two hosts go on, and back.
func TestStateMoves(t *testing.T) {
	t.Parallel()
	db := pgtest.Shared(t).Database(t)
	_, sandboxed := inSandbox(t, sandbox.Options{ProvisionDelay: -1})
	local := host(t, sandboxed, "")
	dir := filepath.Join(valueOf(local, "XDG_STATE_HOME"), "credctl")
	to := func(name string) string { return " --to file:" + filepath.Join(t.TempDir(), name) }
	ends(t, local, 0, "katapult rotate objkey_sbxWebAssets0002 --grace 24h"+to("web"))
	ends(t, local, 0, "katapult rotate objkey_sbxBackup0000001 --grace 0"+to("backup"))
	ends(t, local, 0, "audit")
	events := ends(t, local, 0, "rotation list --all -o json").stdout
	assert.Contains(t, ends(t, local, 2, "state import").stderr, "CREDCTL_STATE")
	ends(t, append(slices.Clone(local), "CREDCTL_STATE="+db.URL(pgtest.Owner)), 4, "state import --from "+t.TempDir())

	shared := append(slices.Clone(local), "CREDCTL_STATE="+db.URL(pgtest.Owner))
	ends(t, shared, 2, "state import")
	ends(t, local, 0, "rotation list")
	ends(t, shared, 0, "state init")
	got := ends(t, shared, 0, "state import -o json")
	valid(t, published(t, "state"), "import", got.stdout)
	assert.Contains(t, got.stdout, `"rotations": 2`)
	assert.Contains(t, ends(t, shared, 0, "state import -o json").stdout, `"rotations": 0`, "the second time there is nothing to do")
	assert.JSONEq(t, events, ends(t, shared, 0, "rotation list --all -o json").stdout)
	ends(t, shared, 0, "audit --verify-trail")

	for _, line := range []string{"rotation list", "katapult rotate objkey_sbxStaging000003" + to("staging"), "state status", "state check"} {
		got := ends(t, local, 2, line)
		assert.Contains(t, got.stderr, "has moved to postgres://credctl_owner@127.0.0.1:", line)
		assert.Contains(t, got.stderr, "hint: set CREDCTL_STATE", line)
	}
	ends(t, append(slices.Clone(local), "CREDCTL_STATE="+pgtest.Shared(t).Database(t).URL(pgtest.Owner)), 2, "state import")

	other := host(t, sandboxed, db.URL(pgtest.App), "CREDCTL_STATE_IDENTITY_FILE="+identityOfHost(local))
	ends(t, other, 0, "rotation resume objkey_sbxWebAssets0002 --grace 0s")
	got = ends(t, shared, 0, "state export -o json --to "+dir)
	valid(t, published(t, "state"), "export", got.stdout)
	assert.JSONEq(t, ends(t, shared, 0, "rotation list --all -o json").stdout, ends(t, local, 0, "rotation list --all -o json").stdout, "the folder is used again")
	ends(t, local, 0, "state check")
	ends(t, shared, 2, "state export")

	copied := filepath.Join(t.TempDir(), "copy")
	ends(t, shared, 0, "state export --to "+copied)
	ends(t, host(t, sandboxed, "dir:"+copied), 0, "state check")
}

// TestStateOfAnotherIdentityMoves: secrets are encrypted again for the shared identity.
func TestStateOfAnotherIdentityMoves(t *testing.T) {
	t.Parallel()
	db := pgtest.Shared(t).Database(t)
	_, sandboxed := inSandbox(t, sandbox.Options{ProvisionDelay: -1})
	first := host(t, sandboxed, db.URL(pgtest.Owner))
	ends(t, first, 0, "state init")
	second := host(t, sandboxed, "")
	ends(t, second, 0, "katapult rotate objkey_sbxWebAssets0002 --grace 24h --to file:"+filepath.Join(t.TempDir(), "key"))
	ends(t, first, 0, "state import --from "+filepath.Join(valueOf(second, "XDG_STATE_HOME"), "credctl"))
	assert.Contains(t, ends(t, first, 0, "rotation list -o json").stdout, "objkey_sbxWebAssets0002")
	ends(t, first, 0, "rotation resume objkey_sbxWebAssets0002 --grace 0s")
	ends(t, first, 0, "rotation check --all")
	ends(t, second, 2, "rotation list")
}

// TestStateRekey: the old identity opens nothing any more, and the history remains.
func TestStateRekey(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(t *testing.T) string{
		"folder":   func(*testing.T) string { return "" },
		"database": func(t *testing.T) string { return pgtest.Shared(t).Database(t).URL(pgtest.Owner) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, sandboxed := inSandbox(t, sandbox.Options{ProvisionDelay: -1})
			one := host(t, sandboxed, url(t))
			ends(t, one, 0, "state init")
			ends(t, one, 0, "katapult rotate objkey_sbxBackup0000001 --grace 0 --to file:"+filepath.Join(t.TempDir(), "done"))
			missing := filepath.Join(t.TempDir(), "later")
			ends(t, one, 8, "katapult rotate objkey_sbxWebAssets0002 --grace 0 --to exec:false")
			old, err := os.ReadFile(identityOfHost(one))
			require.NoError(t, err)
			history := ends(t, one, 0, "rotation list --all -o json").stdout

			ends(t, one, 2, "state rekey")
			ends(t, one, 2, "state rekey --new-identity "+filepath.Join(t.TempDir(), "none"))
			ends(t, one, 2, "state rekey --new-identity "+identityOfHost(one))
			text, err := identity.New()
			require.NoError(t, err)
			file := filepath.Join(t.TempDir(), "new.txt")
			require.NoError(t, os.WriteFile(file, text, 0o600))
			got := ends(t, one, 0, "state rekey -o json --new-identity "+file)
			valid(t, published(t, "state"), "rekey", got.stdout)
			assert.Contains(t, got.stdout, `"rotations": 1`)

			now, err := os.ReadFile(identityOfHost(one))
			require.NoError(t, err)
			assert.Equal(t, text, now, "that of the folder is replaced")
			stays, err := filepath.Glob(identityOfHost(one) + ".before-rekey-????????-??????")
			require.NoError(t, err)
			require.Len(t, stays, 1)
			kept, err := fsafe.ReadPrivate(stays[0])
			require.NoError(t, err)
			assert.Equal(t, old, kept, "the old identity is kept")
			assert.Contains(t, got.stdout, `"previous": "`+stays[0]+`"`)
			assert.JSONEq(t, history, ends(t, one, 0, "rotation list --all -o json").stdout)
			before := filepath.Join(t.TempDir(), "old.txt")
			require.NoError(t, os.WriteFile(before, old, 0o600))
			refused := 3
			if name == "folder" {
				refused = 5
			}
			ends(t, append(slices.Clone(one), "CREDCTL_STATE_IDENTITY_FILE="+before), refused, "rotation list")
			ends(t, one, 0, "rotation resume objkey_sbxWebAssets0002 --to file:"+missing)
			assert.FileExists(t, missing, "the secret is there")
		})
	}
}
