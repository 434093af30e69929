//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
