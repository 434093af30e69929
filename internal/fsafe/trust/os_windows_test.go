package trust

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPlacesOnWindows(t *testing.T) {
	dir, err := os.MkdirTemp("", "")
	require.NoError(t, err)
	path := filepath.Join(dir, "file")
	t.Cleanup(func() { _, _ = os.Remove(path), os.Remove(dir) })

	spot, err := Locate(path, Walk{})
	require.NoError(t, err)
	assert.Nil(t, spot.Entry, "there is no file yet")
	assert.Equal(t, "file", spot.Name)
	f, err := spot.Folder.Open(spot.Name, os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	e, err := Of(f)
	require.NoError(t, err)
	assert.Equal(t, uint64(1), e.Links)
	assert.True(t, e.Owned())
	assert.False(t, e.Exposed(0o077))
	require.NoError(t, spot.Folder.Changeable(f, e))
	require.NoError(t, f.Close())

	require.NoError(t, spot.Folder.Rename("file", "other"))
	assert.Equal(t, []string{"other"}, spot.Folder.Names())
	require.NoError(t, spot.Folder.Rename("other", "file"))
	_, err = spot.Folder.Lstat("file")
	require.NoError(t, err)
	spot, err = Locate(path, Walk{Follow: true})
	require.NoError(t, err)
	assert.NotNil(t, spot.Entry)
	assert.False(t, spot.Folder.IsMount("file"))
	assert.False(t, spot.Folder.HasList("file"))
	require.NoError(t, spot.Folder.Sync())
	require.NoError(t, spot.Folder.Remove("file"))
	require.NoError(t, spot.Folder.Close())

	inner, err := Locate(filepath.Join(dir, "inner"), Walk{Dir: true, Make: true})
	require.NoError(t, err)
	_, err = inner.Folder.Stat()
	require.NoError(t, err)
	require.NoError(t, os.Remove(inner.Folder.Path))
	for _, folder := range []string{dir + `\`, dir + `\.`, dir + `\..`} {
		_, err = Locate(folder, Walk{})
		assert.ErrorContains(t, err, "is a folder, not a file")
	}
}
