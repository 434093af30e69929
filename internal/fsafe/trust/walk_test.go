//go:build linux

package trust_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/fsafe/trust"
	"github.com/credctl/credctl/internal/provider"
)

func locate(t *testing.T, path string, w trust.Walk) (string, error) {
	t.Helper()
	at, err := trust.Locate(path, w)
	if err != nil {
		return "", err
	}
	defer at.Folder.Close()
	return at.Path(), nil
}

// A chain of as many symlinks as Linux follows leads on, and a longer one does not.
func TestAChainOfSymlinks(t *testing.T) {
	dir := t.TempDir()
	last := file(t, filepath.Join(dir, "0"), "s")
	for i := 1; i <= 41; i++ {
		require.NoError(t, os.Symlink(strconv.Itoa(i-1), filepath.Join(dir, strconv.Itoa(i))))
	}
	at, err := locate(t, filepath.Join(dir, "40"), trust.Walk{Trust: true, Follow: true})
	require.NoError(t, err)
	assert.Equal(t, last, at)
	_, err = locate(t, filepath.Join(dir, "41"), trust.Walk{Trust: true, Follow: true})
	require.ErrorContains(t, err, "too many symlinks")
}

func TestAFolderIsNoFile(t *testing.T) {
	dir := t.TempDir()
	for _, end := range []string{"/", "/.", "/.."} {
		_, err := locate(t, dir+end, trust.Walk{Trust: true, Follow: true})
		require.EqualError(t, err, dir+end+" is a folder, not a file")
	}
	t.Chdir(dir)
	at, err := locate(t, "new", trust.Walk{Trust: true, Follow: true})
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(dir, "new"), at)
}

// A symlink says where to go on, and so whose it is matters in a folder of ours too.
// What others own there is theirs, but nobody can replace it.
func TestWhatOthersOwnInAFolderOfOurs(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	theirs := file(t, filepath.Join(dir, "theirs"), "s")
	require.NoError(t, os.Chown(theirs, stranger, stranger))
	_, err := locate(t, theirs, trust.Walk{Trust: true, Follow: true})
	require.NoError(t, err)

	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink(file(t, filepath.Join(dir, "ours"), "s"), link))
	require.NoError(t, os.Lchown(link, stranger, stranger))
	_, err = locate(t, link, trust.Walk{Trust: true, Follow: true})
	require.ErrorIs(t, err, provider.ErrRefused)
	require.ErrorContains(t, err, link+" belongs to another user (uid 4321)")
}

// Whatever else is in a folder, and wherever it stands there.
func TestRemoveTempLooksAtEveryName(t *testing.T) {
	dir := t.TempDir()
	for i := range 50 {
		old := file(t, filepath.Join(dir, fmt.Sprintf(".key%d.tmp", i)), "s")
		require.NoError(t, os.Chtimes(old, hourAgo(2), hourAgo(2)))
	}
	for _, name := range []string{".dot", "key.tmp", "key"} {
		require.NoError(t, os.Chtimes(file(t, filepath.Join(dir, name), "s"), hourAgo(2), hourAgo(2)))
	}
	fsafe.RemoveTemp(dir)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 3)
	assert.Equal(t, []string{".dot", "key", "key.tmp"}, []string{left[0].Name(), left[1].Name(), left[2].Name()})
}

func hourAgo(n int) time.Time { return time.Now().Add(-time.Duration(n) * time.Hour) }
