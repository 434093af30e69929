package rotation_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A hook that failed, or was killed with credctl, may have told a service to use the new
// secret: an abort runs it for the old credential.
func TestAnAbortRunsAHookThatDidNotEnd(t *testing.T) {
	for name, dies := range map[string]string{"it failed": "", "killed before it": "hook.running", "killed after it": "hook.ran"} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				dir := t.TempDir()
				used, broken := filepath.Join(dir, "used"), filepath.Join(dir, "broken")
				require.NoError(t, os.WriteFile(broken, nil, 0o600))
				q := h.Request()
				q.Grace = time.Hour
				q.Hook = rotation.Hook{Line: `echo "$CREDCTL_ID" >>'` + used + `'; ! test -e '` + broken + `'`}
				if dies == "" {
					_, err := h.Rotate(t.Context(), q)
					require.ErrorIs(t, err, provider.ErrPartial)
					h.Restart()
				} else {
					require.NoError(t, os.Remove(broken))
					h.dies(dies, q)
				}
				plan, err := h.PlanAbort(t.Context(), h.Old.ID, false)
				require.NoError(t, err)
				assert.Contains(t, strings.Join(plan.Steps, "\n"), "run echo", "the plan says so")
				if dies == "" {
					_, err = h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
					require.ErrorIs(t, err, provider.ErrPartial)
					assert.Contains(t, provider.HintOf(err), "credctl rotation abort ")
					assert.Len(t, h.Remaining(), 2, "nothing is deleted that a service may use")
					require.NoError(t, os.Remove(broken))
					h.Restart()
				}
				_, err = h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
				require.NoError(t, err)
				ids, err := os.ReadFile(used)
				require.NoError(t, err)
				assert.Equal(t, h.Old.ID, strings.Fields(string(ids))[len(strings.Fields(string(ids)))-1], "what the hook was last run for")
				assert.Equal(t, []string{h.Old.ID}, h.Remaining())
			})
		})
	}
}
