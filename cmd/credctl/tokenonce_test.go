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

// A command that prints a token may ask a person something: it runs once in a run,
// and never where its token cannot be a credential that is rotated.
func TestAPolicyRunsATokenCommandOnce(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{ProvisionDelay: -1})
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) { require.NoError(t, os.WriteFile(at(name), []byte(text), 0o600)) }
	write("config.yaml", `katapult: {token_command: [sh, -c, "echo >>`+at("katapult")+`; echo `+sandbox.KatapultToken+`"]}
stratum: {token_command: [sh, -c, "echo >>`+at("stratum")+`; echo `+sandbox.StratumOperatorKey+`"]}
`)
	write("policy.yaml", `rotations:
  - {name: a, provider: katapult, id: `+katapultBackup+`, max_age: 30d, verify: none, to: ["file:`+at("a")+`"]}
  - {name: b, provider: katapult, id: `+katapultWeb+`, max_age: 30d, verify: none, to: ["file:`+at("b")+`"]}
  - {name: c, provider: stratum, id: `+stratumCI+`, max_age: 30d, to: ["file:`+at("c")+`"]}
  - {name: d, provider: stratum, id: `+stratumBackup+`, max_age: 30d, to: ["file:`+at("d")+`"]}
`)
	for _, args := range []string{"rotate --dry-run -f", "rotate -f"} {
		got := credctl(t, without(env, "katapult", "stratum"), "", append(strings.Fields(args), at("policy.yaml"), "--config", at("config.yaml"))...)
		assert.Equal(t, 0, got.status, got.stderr)
		for _, vendor := range []string{"katapult", "stratum"} {
			runs, err := os.ReadFile(at(vendor))
			require.NoError(t, err)
			assert.Len(t, runs, 1, "%s: %s", args, vendor)
			require.NoError(t, os.Remove(at(vendor)))
		}
	}
}
