package transfer_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/journal/transfer"
	"github.com/credctl/credctl/internal/provider"
)

// What was added since a journal was copied is copied the next time.
func TestWhatIsNewIsCopied(t *testing.T) {
	from, err := folder.Open(t.TempDir())
	require.NoError(t, err)
	to, err := folder.Open(t.TempDir())
	require.NoError(t, err)
	for i, id := range []string{"A", "B", "C"} {
		require.NoError(t, from.Audit(journal.Event{Time: noon, Verb: "rotate", ID: id, Result: "ok"}))
		require.NoError(t, from.Issued(key.With(id), provider.NewSecret("of "+id), noon))
		copied, err := transfer.Copy(t.Context(), to, from)
		require.NoError(t, err)
		assert.Equal(t, transfer.Counts{Sightings: 1, Events: 1}, copied)
		events, err := to.Events()
		require.NoError(t, err)
		assert.Len(t, events, i+1)
	}
}

// All that keeps a journal from being copied is named, and not only what is met first.
func TestAllThatKeepsAJournalFromBeingCopied(t *testing.T) {
	dir := t.TempDir()
	from, err := folder.Open(dir)
	require.NoError(t, err)
	to, err := folder.Open(t.TempDir())
	require.NoError(t, err)
	var damaged []string
	for _, id := range []string{"A", "B"} {
		o := rotate(t, from, id, "new"+id, false)
		path := filepath.Join(dir, "operations", o.ID+".jsonl")
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		text[10] ^= 1
		require.NoError(t, os.WriteFile(path, text, 0o600))
		damaged = append(damaged, o.ID)
	}
	for _, id := range []string{"C", "D"} {
		rotate(t, from, id, "new"+id, false)
		_, release, err := from.Lock(context.Background(), key.With(id).String(), 0)
		require.NoError(t, err)
		defer release()
	}
	free := rotate(t, from, "E", "F", false)
	theirs := rotate(t, to, "E", "G", false)
	_, err = transfer.Copy(t.Context(), to, from)
	for _, said := range append(damaged, key.With("C").String(), key.With("D").String(), free.ID, theirs.ID) {
		require.ErrorContains(t, err, said)
	}
	_, release, err := from.Lock(context.Background(), key.With("E").String(), 0)
	require.NoError(t, err, "its lock is given back")
	release()
}
