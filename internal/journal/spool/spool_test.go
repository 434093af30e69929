package spool_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal/spool"
)

func kept(t *testing.T, f *spool.Folder) (texts map[string]string) {
	t.Helper()
	texts = map[string]string{}
	require.NoError(t, f.Each(func(id string, text []byte) error {
		texts[id] = string(text)
		return nil
	}))
	return texts
}

// TestWhatIsKeptIsGivenBack once, and what is not ours stays where it is.
func TestWhatIsKeptIsGivenBack(t *testing.T) {
	t.Parallel()
	f := &spool.Folder{Dir: filepath.Join(t.TempDir(), "state", "spool")}
	assert.Empty(t, kept(t, f), "nothing was ever kept")
	path, err := f.Put("one", []byte("first\n"))
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" { // which has access control lists
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	_, err = f.Put("one", []byte("second\n"))
	require.NoError(t, err, "it has more entries by now")
	for _, other := range []string{"notes.txt", ".one.jsonl"} {
		require.NoError(t, os.WriteFile(filepath.Join(f.Dir, other), []byte("x"), 0o600))
	}
	assert.Equal(t, map[string]string{"one": "second\n"}, kept(t, f))

	failed := errors.New("the database does not answer")
	require.ErrorIs(t, f.Each(func(string, []byte) error { return failed }), failed)
	assert.Len(t, kept(t, f), 1, "it is kept until it was given back")
	require.NoError(t, f.Drop("one"))
	require.NoError(t, f.Drop("one"), "another run was faster")
	assert.Empty(t, kept(t, f))
}

// TestWhatCannotBeReadIsAnError, and hides nothing of the others.
func TestWhatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	f := &spool.Folder{Dir: filepath.Join(t.TempDir(), "state", "spool")}
	_, err := f.Put("whole", []byte("text\n"))
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(f.Dir, "a-folder.jsonl"), 0o700))
	var read []string
	require.Error(t, f.Each(func(id string, _ []byte) error {
		read = append(read, id)
		return nil
	}))
	assert.Equal(t, []string{"whole"}, read)

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = (&spool.Folder{Dir: filepath.Join(file, "spool")}).Put("one", nil)
	require.Error(t, err, "there can be no such folder")
}
