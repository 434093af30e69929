package folder_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/provider"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func ref(id string) journal.Ref { return journal.Ref{Provider: "acme", Kind: "key", ID: id} }

// An identity that is lost is not replaced by another as long as anything is there that was
// written with it.
func TestAnIdentityThatIsLost(t *testing.T) {
	all := []string{"operations", "finished", "index.jsonl", "identity/recipient"}
	for _, left := range append(all, "nothing") {
		dir := t.TempDir()
		s, err := folder.Open(dir)
		require.NoError(t, err)
		o, err := s.Create(journal.Entry{Time: noon, Step: "intent", Provider: "acme", Kind: "key", OldID: "A"})
		require.NoError(t, err)
		require.NoError(t, o.Append(journal.Entry{Time: noon, Step: journal.Aborted}))
		require.NoError(t, o.Wipe())
		_, err = s.Index()
		require.NoError(t, err)
		_, err = s.Create(journal.Entry{Time: noon, Step: "intent", Provider: "acme", Kind: "key", OldID: "B"})
		require.NoError(t, err)
		for _, name := range append(all, "identity/age.txt", "index.idx") {
			if name != left {
				require.NoError(t, os.RemoveAll(filepath.Join(dir, name)), name)
			}
		}
		again, err := folder.Open(dir)
		require.NoError(t, err)
		_, err = again.Key()
		if left == "nothing" {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, provider.ErrRefused, left)
		assert.NoFileExists(t, filepath.Join(dir, "identity/age.txt"))
	}
}

// Credentials that were seen are found after a backup was restored, whose file is shorter
// than its table says.
func TestWhatWasSeenIsRestored(t *testing.T) {
	dir := t.TempDir()
	s, err := folder.Open(dir)
	require.NoError(t, err)
	seen, err := s.Seen()
	require.NoError(t, err)
	note := func(n int, at time.Time) {
		var all []journal.Ref
		for i := range n {
			all = append(all, ref(time.Duration(i).String()))
		}
		require.NoError(t, seen.Note(at, all...))
	}
	note(100, noon)
	path := filepath.Join(dir, "seen.jsonl")
	backup, err := os.ReadFile(path)
	require.NoError(t, err)
	note(400, noon.Add(time.Hour))
	_, err = s.Seen()
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(dir, "seen.idx"), "there is a table")
	require.NoError(t, os.WriteFile(path, backup, 0o600))
	for range 2 {
		again, err := folder.Open(dir)
		require.NoError(t, err)
		seen, err := again.Seen()
		require.NoError(t, err)
		for i, there := range map[int]bool{0: true, 99: true, 100: false, 399: false} {
			at, err := seen.First(ref(time.Duration(i).String()))
			require.NoError(t, err)
			assert.Equal(t, there, at.Equal(noon), i)
			assert.Equal(t, !there, at.IsZero(), i)
		}
	}
}

// A folder whose state has moved is used by no run until it has moved back.
func TestAFolderThatHasMoved(t *testing.T) {
	dir := t.TempDir()
	where := func() string {
		to, err := folder.MovedTo(dir)
		require.NoError(t, err)
		return to
	}
	assert.Empty(t, where())
	require.NoError(t, folder.MarkMoved(dir, ""), "it has not")
	require.NoError(t, folder.MarkMoved(dir, "postgres://u@h/d"))
	assert.Equal(t, "postgres://u@h/d", where())
	_, err := folder.Open(dir)
	require.ErrorIs(t, err, provider.ErrUsage)
	require.ErrorContains(t, err, "has moved to postgres://u@h/d")
	_, err = folder.OpenWith(dir, folder.Options{Moved: true})
	require.NoError(t, err)
	require.NoError(t, folder.MarkMoved(dir, ""))
	assert.Empty(t, where())
	_, err = folder.Open(dir)
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "moved"), 0o700))
	_, err = folder.MovedTo(dir)
	require.ErrorContains(t, err, "state folder: ")
	_, err = folder.Open(dir)
	require.ErrorContains(t, err, "state folder: ")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "moved", "x"), nil, 0o600))
	require.ErrorContains(t, folder.MarkMoved(dir, ""), "state folder: ")
}
