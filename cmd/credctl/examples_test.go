package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/cli"
	"github.com/credctl/credctl/internal/cli/help"
	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/journal/pgtest"
	"github.com/credctl/credctl/internal/sandbox"
)

// commandTree returns every command that help shows.
func commandTree(t *testing.T) (all []*cobra.Command) {
	t.Helper()
	root := cli.Root(cli.New(providers, noDestinations, privateVariables(t), strings.NewReader(""), io.Discard, io.Discard), []string{"docs"})
	root.InitDefaultHelpCmd()
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			if !sub.Hidden {
				all = append(all, sub)
				walk(sub)
			}
		}
	}
	walk(root)
	return all
}

// TestExamplesWork: every command has two examples, and they work in the sandbox as
// they stand, each command's from the first to the last in an empty folder.
func TestExamplesWork(t *testing.T) {
	t.Parallel()
	for _, cmd := range commandTree(t) {
		example := help.Example(cmd)
		name := strings.TrimPrefix(cmd.CommandPath(), "credctl ")
		assert.GreaterOrEqual(t, strings.Count(example, "credctl "), 2, "%s: two examples", name)
		if cmd.HasAvailableSubCommands() || example == "" {
			continue // they are those of the subcommands
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, env := inSandbox(t, sandbox.Options{ProvisionDelay: -1})
			dir := t.TempDir()
			require.NoError(t, os.Chmod(dir, 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "rotations.yaml"), []byte(strings.ReplaceAll(examplePolicy, "{dir}", dir)), 0o600))
			env = prepareExample(t, env, name, dir)
			p := prepareShell(t, append(env, "SHELL=/bin/bash"), "set -e\n"+example)
			p.Dir = dir
			err := p.Run()
			require.NoError(t, err, "%s\n%s\n%s", example, p.stdout.String(), p.stderr.String())
		})
	}
}

// prepareExample makes what the examples of a command name besides the sandbox, and
// returns the environment that they need.
func prepareExample(t *testing.T, env []string, name, dir string) []string {
	t.Helper()
	tokens := map[string]string{
		"auth login medianova": sandbox.MedianovaToken, "auth login katapult": sandbox.KatapultToken,
		"auth login losant": sandbox.LosantToken, "auth login stratum": sandbox.StratumOperatorKey,
		"profile create": sandbox.KatapultToken,
	}
	if token := tokens[name]; token != "" {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "token"), []byte(token+"\n"), 0o600))
	}
	switch name {
	case "state init", "state migrate", "state import":
		d := pgtest.Shared(t).Database(t)
		env = append(env, d.Variables(pgtest.Owner)...)
		states := []string{d.URL(pgtest.Owner), "dir:" + filepath.Join(dir, "web-2")}
		for i := 0; name != "state init" && i < len(states); i++ {
			require.Equal(t, 0, credctl(t, append(env, "CREDCTL_STATE="+states[i]), "", "state", "init").status)
		}
	case "state rekey":
		text, err := identity.New()
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "new.txt"), text, 0o600))
	case "config path", "config view", "profile use", "profile delete":
		folder := filepath.Join(valueOf(env, "XDG_CONFIG_HOME"), "credctl")
		require.NoError(t, os.MkdirAll(folder, 0o700))
		text := "profiles:\n  default: {}\n  work: {katapult: {org: acme}}\n  client: {}\n"
		require.NoError(t, os.WriteFile(filepath.Join(folder, "config.yaml"), []byte(text), 0o600))
	case "stratum role get", "stratum role wait":
		got := credctl(t, env, "", "stratum", "role", "create", "readers", "--scopes", "read")
		require.Equal(t, 0, got.status, got.stderr)
	}
	return env
}

// examplePolicy is the policy that examples name.
const examplePolicy = `rotations:
  - name: web-assets
    provider: katapult
    id: objkey_sbxWebAssets0002
    max_age: 30d
    grace: 24h
    to: ["aws:web@{dir}/credentials"]
`
