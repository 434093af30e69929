//go:build unix

package policy

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A hook that failed yesterday and went through today: the run says so, and the audit
// trail does, once.
func TestARunThatRecoveredSaysSoOnce(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		reloaded := filepath.Join(t.TempDir(), "reloaded")
		h.Environ = append(os.Environ(), "RELOADED="+reloaded)
		r := h.entry("web", h.Old.ID, 30*duration.Day)
		r.Hook = rotation.Hook{Line: `test -e "$RELOADED"`}
		r.Grace = 0
		run := func() Result {
			got, err := Run(t.Context(), h.Engine, Policy{Rotations: []Entry{r}}, Options{})
			require.Len(t, got, 1)
			assert.Equal(t, err != nil, got[0].Err != nil)
			return got[0]
		}
		h.Clock = 40 * duration.Day
		failed := run()
		require.ErrorIs(t, failed.Err, provider.ErrPartial)
		assert.Empty(t, failed.Recovered)
		assert.Empty(t, run().Recovered, "it has failed again")

		require.NoError(t, os.WriteFile(reloaded, nil, 0o600))
		recovered := run()
		require.NoError(t, recovered.Err)
		assert.Equal(t, oplog.Done, recovered.State)
		assert.Contains(t, recovered.Recovered, "the hook failed")
		assert.Contains(t, recovered.Message, "the hook failed")
		events, err := h.Journal.Events()
		require.NoError(t, err)
		require.Len(t, events, 3)
		assert.Contains(t, events[2].Result, "done; recovered: ")
		assert.Contains(t, events[2].Result, "the hook failed")

		assert.Empty(t, run().Recovered)
		events, err = h.Journal.Events()
		require.NoError(t, err)
		assert.Len(t, events, 3)
	})
}
