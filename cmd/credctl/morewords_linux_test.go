package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// TestAQuestionAboutSeveralNamesThemAsSeveral, and an unknown command is named once.
func TestAQuestionAboutSeveralNamesThemAsSeveral(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	got := credctl(t, env, "", "katapult", "delete", katapultWeb, katapultBackup)
	assert.Contains(t, got.stderr, "Clients that use them stop working.")
	got = credctl(t, env, "", "katapult", "delete", katapultWeb)
	assert.Contains(t, got.stderr, "Clients that use it stop working.")
	got = credctl(t, env, "", "katapult", "lsit")
	assert.Equal(t, outcome{"", "credctl: unknown command \"lsit\" for \"credctl katapult\"\nhint: did you mean \"credctl katapult list\"?\n", 2}, got)
	got = credctl(t, env, "", "katapult", "lsit", "-o", "json")
	assert.Contains(t, got.stderr, `"provider":"katapult"`)
}

// TestAPruneSaysWhatItDeletes, and whether it would.
func TestAPruneSaysWhatItDeletes(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{ProvisionDelay: -1})
	require.NotEqual(t, 0, credctl(t, env, "", "katapult", "rotate", katapultWeb, "--to", "exec:false").status)
	require.Equal(t, 0, credctl(t, env, "", "rotation", "abort", katapultWeb, "--force", "--yes").status)
	assert.Equal(t, "Would delete the steps of finished rotations: 1\n", credctl(t, env, "", "rotation", "prune", "--older-than", "0d", "--dry-run").stderr)
	assert.Equal(t, "Deleted the steps of finished rotations: 1\n", credctl(t, env, "", "rotation", "prune", "--older-than", "0d").stderr)
	assert.Empty(t, credctl(t, env, "", "rotation", "prune", "--older-than", "0d").stderr)
}

// TestADetachedSandboxSaysHowToStopIt to a person; a pipe gets the commands alone.
func TestADetachedSandboxSaysHowToStopIt(t *testing.T) {
	t.Parallel()
	env := privateVariables(t)
	status, screen := sit(t, env, "sandbox", "--", "sh", "-c", `unset CREDCTL_SANDBOX; eval "$(credctl sandbox --detach)"; credctl sandbox stop >/dev/null`).status()
	assert.Equal(t, 0, status, screen)
	assert.Equal(t, 1, strings.Count(screen, `Started a sandbox for this shell. To stop it, run: eval "$(credctl sandbox stop)"`), screen)
	assert.NotContains(t, screen, "export ")
}
