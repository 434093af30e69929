package rotation_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// What an earlier run could not wipe, on a full disk for one, stops no run, and is wiped
// as soon as that is possible.
func TestWhatCannotBeWipedStopsNoRun(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		op, err := h.Journal.Create(journal.Entry{
			Time: time.Now(), Step: "intent", Provider: "acme", Kind: "key", OldID: "other",
			Secrets: map[string]provider.Secret{journal.NewSecret: provider.NewSecret("canary")},
		})
		require.NoError(t, err)
		require.NoError(t, op.Append(journal.Entry{Time: time.Now(), Step: journal.Done}))
		path := filepath.Join(h.Dir, "operations", op.ID+".jsonl")
		require.NoError(t, os.Chmod(path, 0o644)) // which no write replaces
		require.Error(t, op.Wipe())
		r, err := h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		h.over(r)
		op, err = h.Journal.Load(op.ID)
		require.NoError(t, err)
		assert.False(t, op.Wiped())

		require.NoError(t, os.Chmod(path, 0o600))
		_, err = h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		op, err = h.Journal.Load(op.ID)
		require.NoError(t, err)
		assert.True(t, op.Wiped())
	})
}

// A rotation whose end is on disk has not failed because its secrets, which are encrypted,
// could not be wiped: on a full disk there is room for the end, and not for the file again.
func TestARotationThatCannotBeWipedHasEnded(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		folder := filepath.Join(h.Dir, "operations")
		h.Probe = func(name string) {
			if name == "done.noted" {
				paths, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
				require.NoError(t, err)
				require.Len(t, paths, 1)
				require.NoError(t, os.Chmod(paths[0], 0o644)) // which no write replaces
			}
		}
		r, err := h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		assert.Equal(t, oplog.Done, r.State)
		assert.Equal(t, []string{r.NewID}, h.Remaining())
		assert.Contains(t, strings.Join(r.Notes, "\n"), "Could not remove the encrypted secrets of rotation "+r.Operation)
		op, err := h.Journal.Load(r.Operation)
		require.NoError(t, err)
		assert.False(t, op.Wiped())

		h.Probe = nil
		paths, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
		require.NoError(t, err)
		require.NoError(t, os.Chmod(paths[0], 0o600))
		h.Restart()
		got, err := h.ResumeAll(t.Context(), rotation.ResumeOptions{})
		require.NoError(t, err)
		op, err = h.Journal.Load(r.Operation)
		require.NoError(t, err)
		assert.True(t, op.Wiped(), got)
	})
}
