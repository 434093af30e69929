package rotation_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
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
