//go:build unix

package rotation_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// TestCommandsGetNoTokens runs a verify command and a hook: both get what the
// engine was given and who the credential is, and none of the vendors' tokens.
func TestCommandsGetNoTokens(t *testing.T) {
	for _, kv := range [][2]string{{"VENDOR_PASS", "hunter2"}, {"ACME_API_TOKEN", "hunter2"}} {
		t.Setenv(kv[0], kv[1]) // what the process has is not what a command gets
	}
	rotationtest.Bubble(t, func(t *testing.T) {
		dir := t.TempDir()
		h := newHouse(t, rotationtest.AsReplacer)
		h.Environ = append(os.Environ(), "DIR="+dir, "STAYS=yes")
		h.Hide = []string{"VENDOR_PASS"}
		q := h.Request()
		q.Verify = `exec:env >"$DIR/verify"`
		q.Hook = rotation.Hook{Line: `env >"$DIR/hook"`}
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		for _, name := range []string{"verify", "hook"} {
			b, err := os.ReadFile(filepath.Join(dir, name))
			require.NoError(t, err)
			env := "\n" + string(b)
			for _, want := range []string{"STAYS=yes", "CREDCTL_PROVIDER=acme", "CREDCTL_KIND=key", "CREDCTL_ID=" + r.NewID, "CREDCTL_NAME=web"} {
				assert.Contains(t, env, "\n"+want+"\n", name)
			}
			for _, no := range []string{"hunter2", "VENDOR_PASS", "ACME_API_TOKEN", h.V.Find(r.NewID).Secret} {
				assert.NotContains(t, env, no, name)
			}
		}
	})
}
