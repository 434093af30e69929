package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// What a command that fails has remarked is in its error as JSON, and nothing else is on
// standard error: no remark is lost, and none breaks the object.
func TestAnErrorAsJSONHasTheRemarks(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{ProvisionDelay: -1})
	hook := filepath.Join(t.TempDir(), "ready")
	args := []string{"katapult", "rotate", katapultWeb, "--to", "exec:cat >/dev/null", "--verify", "none", "--hook", "test -e " + hook}
	require.Equal(t, 8, credctl(t, env, "", args...).status)
	table := credctl(t, env, "", args...)
	require.Equal(t, 8, table.status)

	got := credctl(t, env, "", append(args, "-o", "json")...)
	require.Equal(t, 8, got.status)
	var failure struct {
		Error struct {
			Message string
			Notes   []string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(got.stderr), &failure), got.stderr)
	require.NotEmpty(t, failure.Error.Notes)
	for _, note := range failure.Error.Notes {
		assert.Contains(t, table.stderr, note)
	}
	got = credctl(t, env, "", append(args, "-o", "json", "-q")...)
	assert.NotContains(t, got.stderr, `"notes"`)

	require.NoError(t, os.WriteFile(hook, nil, 0o600))
	got = credctl(t, env, "", append(args, "-o", "json")...)
	assert.Equal(t, 0, got.status, got.stderr)
}
