package aside_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/aside"
)

// An unfinished operation is found by its ID and by those of its two credentials; one that
// has ended is not, nor is any by another ID.
func TestFind(t *testing.T) {
	s, err := folder.Open(filepath.Join(t.TempDir(), "state"))
	require.NoError(t, err)
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	create := func(from, to string, end journal.Step) *journal.Operation {
		o, err := s.Create(journal.Entry{Time: noon, Step: "intent", Provider: "acme", Kind: "key", OldID: from})
		require.NoError(t, err)
		require.NoError(t, o.Append(journal.Entry{Time: noon, Step: "issued", NewID: to}))
		if end != "" {
			require.NoError(t, o.Append(journal.Entry{Time: noon, Step: end}))
		}
		return o
	}
	done, aborted := create("C", "D", journal.Done), create("E", "F", journal.Aborted)
	first, second := create("A", "B", ""), create("G", "H", "")
	for id, want := range map[string]*journal.Operation{first.ID: first, "A": first, "B": first, second.ID: second, "G": second, "H": second} {
		found, err := aside.Find(s, id)
		require.NoError(t, err, id)
		assert.Equal(t, want.ID, found.ID, id)
		assert.Equal(t, want.Ref(), found.Ref, id)
		assert.Equal(t, want.NewID(), found.NewID, id)
		assert.FileExists(t, found.Path)
	}
	for _, id := range []string{done.ID, "C", "D", aborted.ID, "E", "F", "nothing", ""} {
		_, err := aside.Find(s, id)
		require.ErrorIs(t, err, provider.ErrNotFound, id)
	}
}
