//go:build unix

package fsafe

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// A folder of ours is closed to others again. What others could have put into it is known
// by that, and what is ours in it is closed too.
func TestOwn(t *testing.T) {
	for m, wide := range map[os.FileMode]bool{0o700: false, 0o750: false, 0o705: false, 0o720: true, 0o702: true, 0o777: true} {
		dir := filepath.Join(t.TempDir(), "state")
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "deep"), 0o700))
		inside, deep := file(t, filepath.Join(dir, "a"), "s", 0o644), file(t, filepath.Join(dir, "deep", "b"), "s", 0o666)
		require.NoError(t, os.Chmod(filepath.Join(dir, "deep"), 0o777))
		require.NoError(t, os.Symlink("/", filepath.Join(dir, "link")))
		require.NoError(t, os.Chmod(dir, m))
		opened, err := Own(dir)
		require.NoError(t, err)
		assert.Equal(t, wide, opened, "%o", m)
		assert.Equal(t, fs.ModeDir|0o700, mode(t, dir))
		if !wide {
			assert.Equal(t, os.FileMode(0o644), mode(t, inside), "nobody else could get at it")
			continue
		}
		for _, path := range []string{inside, deep} {
			assert.Equal(t, os.FileMode(0o600), mode(t, path))
		}
		assert.Equal(t, fs.ModeDir|0o700, mode(t, filepath.Join(dir, "deep")))
	}
}

func TestOwnMakesAFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	opened, err := Own(dir)
	require.NoError(t, err)
	assert.False(t, opened)
	assert.Equal(t, fs.ModeDir|0o700, mode(t, dir))
	path := file(t, filepath.Join(dir, "f"), "s", 0o644)
	_, err = Own(path)
	require.ErrorIs(t, err, provider.ErrRefused)
	require.EqualError(t, err, path+" is not a folder")
	assert.Equal(t, os.FileMode(0o644), mode(t, path))
}

// What is not ours stays as it is.
func TestOwnLeavesOthersAlone(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may give files away")
	}
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o777|os.ModeSticky))
	theirs := file(t, filepath.Join(dir, "theirs"), "s", 0o644)
	require.NoError(t, os.Chown(theirs, 4321, 4321))
	folder := filepath.Join(t.TempDir(), "theirs")
	require.NoError(t, os.Mkdir(folder, 0o755))
	require.NoError(t, os.Chown(folder, 4321, 4321))
	_, err := Own(folder)
	require.ErrorIs(t, err, provider.ErrRefused)
	require.EqualError(t, err, folder+" belongs to another user (uid 4321)")
	assert.Equal(t, fs.ModeDir|0o755, mode(t, folder))

	opened, err := Own(dir)
	require.NoError(t, err)
	assert.True(t, opened)
	assert.Equal(t, os.FileMode(0o644), mode(t, theirs))
	opened, err = OwnFile(theirs)
	require.NoError(t, err)
	assert.False(t, opened)
	assert.Equal(t, os.FileMode(0o644), mode(t, theirs))
}

func TestOwnFile(t *testing.T) {
	dir := t.TempDir()
	for m, wide := range map[os.FileMode]bool{0o600: false, 0o400: false, 0o640: true, 0o604: true, 0o620: true} {
		path := file(t, filepath.Join(dir, "f"), "s", m)
		opened, err := OwnFile(path)
		require.NoError(t, err)
		assert.Equal(t, wide, opened, "%o", m)
		assert.Zero(t, mode(t, path)&0o077)
		require.NoError(t, os.Remove(path))
	}
	opened, err := OwnFile(filepath.Join(dir, "none"))
	require.NoError(t, err)
	assert.False(t, opened)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "d"), 0o755))
	_, err = OwnFile(filepath.Join(dir, "d"))
	require.NoError(t, err)
	assert.Equal(t, fs.ModeDir|0o755, mode(t, filepath.Join(dir, "d")), "a folder is no file")
}
