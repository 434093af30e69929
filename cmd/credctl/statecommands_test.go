//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/journal/pgtest"
	"github.com/credctl/credctl/internal/sandbox"
)

// TestCommandsDoNotGetThePasswordOfTheState: neither hooks, destinations, verifications nor
// what prints a token or the identity. With the state in a folder it is not credctl's.
func TestCommandsDoNotGetThePasswordOfTheState(t *testing.T) {
	t.Parallel()
	for _, shared := range []bool{true, false} {
		s := web(t, sandbox.Options{})
		file := filepath.Join(s.dir, "identity.txt")
		seen := func(by string) string { return filepath.Join(s.dir, "seen by "+by) }
		write := func(by string) string { return "env >'" + seen(by) + "'" }
		script := func(name, by, then string) string {
			path := filepath.Join(s.dir, name)
			require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+write(by)+"\n"+then+"\n"), 0o700))
			return path
		}
		if shared {
			d := pgtest.Shared(t).Database(t)
			s.shares(d)
			in := func(r pgtest.Role) string { return d.Pooled(r) + "?sslmode=prefer&passw%6frd=" + r.Password() }
			s.setenv("CREDCTL_STATE", in(pgtest.App))
			s.setenv("CREDCTL_STATE_IDENTITY_FILE", "")
			s.setenv("CREDCTL_STATE_IDENTITY_COMMAND", script("identity", "the identity", "cat "+file))
		}
		s.setenv("PGPASSWORD", pgtest.App.Password())
		s.setenv("KATAPULT_API_TOKEN", "")
		config := filepath.Join(valueOf(s.env, "XDG_CONFIG_HOME"), "credctl", "config.yaml")
		require.NoError(t, os.MkdirAll(filepath.Dir(config), 0o700))
		require.NoError(t, os.WriteFile(config, []byte("katapult: {token_command: "+script("token", "the token", "echo "+sandbox.KatapultToken)+"}\n"), 0o600))
		got := s.run(s.rotate("--hook", write("the hook"), "--to", "exec:"+write("the destination"), "--verify", "exec:"+write("the verification"))...)
		require.Equal(t, 0, got.status, got.stderr)
		commands := []string{"the hook", "the destination", "the verification", "the token"}
		if shared {
			commands = append(commands, "the identity")
		}
		for _, by := range commands {
			text, err := os.ReadFile(seen(by))
			require.NoError(t, err)
			assert.Equal(t, !shared, strings.Contains(string(text), pgtest.App.Password()), "%s: %v", by, shared)
			if shared {
				assert.Contains(t, string(text), "CREDCTL_STATE=postgres://credctl_app@127.0.0.1:", by)
			}
		}
	}
}

// Where the identity is lost, an abort still waits for the run that works on the credential,
// by the lock of its whole chain.
func TestAbortWithoutTheIdentityTakesTheLock(t *testing.T) {
	t.Parallel()
	for _, shared := range []bool{true, false} {
		s := web(t, sandbox.Options{})
		lost := filepath.Join(s.state(), "identity", "age.txt")
		var d *pgtest.Database
		if shared {
			d = pgtest.Shared(t).Database(t)
			s.shares(d)
			lost = filepath.Join(s.dir, "identity.txt")
		}
		id := katapultWeb
		for _, grace := range []string{"0s", "0s", "1h"} {
			got := s.run("katapult", "rotate", id, "--to", s.subjects[0].places[0], "--grace", grace, "-o", "json")
			require.Equal(t, 0, got.status, got.stderr)
			id = answer(t, got)["new_id"].(string)
		}
		if shared {
			got := s.run("rotation", "prune", "--older-than", "0s", "--yes")
			require.Equal(t, 0, got.status, got.stderr)
		}
		require.NoError(t, os.Remove(lost))
		abort := []string{"rotation", "abort", id, "--force", "--yes"}
		var release func()
		if shared {
			d.SQL(t, "UPDATE credctl.lease SET expires = clock_timestamp() + interval '1 hour', boot = '' WHERE name = 'katapult access-key "+katapultWeb+"'")
			release = func() { d.SQL(t, "UPDATE credctl.lease SET expires = clock_timestamp()") }
		} else {
			store, err := folder.Open(s.state())
			require.NoError(t, err)
			_, release, err = store.Lock(t.Context(), "katapult access-key "+katapultWeb, 0)
			require.NoError(t, err)
		}
		got := s.run(abort...)
		assert.Equal(t, 75, got.status, "%s%s", got.stdout, got.stderr)
		assert.Contains(t, got.stderr, "is locked by another run")
		release()
		got = s.run(abort...)
		assert.Equal(t, 0, got.status, "%s%s", got.stdout, got.stderr)
		got = s.run(abort...)
		assert.Equal(t, 4, got.status, "%s%s", got.stdout, got.stderr)
	}
}
