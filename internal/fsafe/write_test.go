//go:build unix

package fsafe

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func file(t *testing.T, path, content string, mode os.FileMode) string {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	require.NoError(t, os.Chmod(path, mode))
	return path
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(b)
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	require.NoError(t, err)
	return info.Mode()
}

func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestWriteKeepsModeAndLeavesNothingBeside(t *testing.T) {
	for _, m := range []os.FileMode{0o600, 0o400, 0o700} {
		dir := t.TempDir()
		path := file(t, filepath.Join(dir, "a"), "old", m)
		require.NoError(t, Check(path, Options{}))
		assert.Equal(t, "old", content(t, path))
		require.NoError(t, WriteFile(path, []byte("new"), Options{}))
		assert.Equal(t, "new", content(t, path))
		assert.Equal(t, m, mode(t, path))
		assert.Equal(t, []string{"a"}, names(t, dir))
	}
}

func TestWriteMakesAPrivateFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	require.NoError(t, Check(path, Options{}))
	assert.Empty(t, names(t, dir), "Check leaves no probe")
	require.NoError(t, WriteFile(path, []byte("new"), Options{}))
	assert.Equal(t, os.FileMode(0o600), mode(t, path))
}

func TestWriteRefusesATargetOthersMayRead(t *testing.T) {
	for _, m := range []os.FileMode{0o640, 0o604, 0o644, 0o620, 0o602, 0o666} {
		dir := t.TempDir()
		path := file(t, filepath.Join(dir, "a"), "old", m)
		for _, err := range []error{Check(path, Options{}), WriteFile(path, []byte("new"), Options{})} {
			require.ErrorIs(t, err, provider.ErrRefused)
			assert.Contains(t, provider.HintOf(err), "chmod 600 "+path)
		}
		assert.Equal(t, "old", content(t, path))

		insecure := Options{AllowInsecurePerms: true}
		require.NoError(t, Check(path, insecure))
		require.NoError(t, WriteFile(path, []byte("new"), insecure))
		assert.Equal(t, m, mode(t, path), "never wider, never narrower")
	}
}

func TestWriteGoesThroughSymlinks(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "real", "deep"), 0o700))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "links"), 0o700))
	link := func(to, at string) string {
		at = filepath.Join(dir, at)
		require.NoError(t, os.Symlink(to, at))
		return at
	}
	target := file(t, filepath.Join(dir, "real", "a"), "old", 0o600)
	link("deep", "real/d")
	link("../real/deep", "links/deep") // links/deep/.. is real, not links
	chain := link("links/deep/../a", "one")
	chain = link(chain, "links/two")

	require.NoError(t, Check(chain, Options{}))
	require.NoError(t, WriteFile(chain, []byte("new"), Options{}))
	assert.Equal(t, "new", content(t, target))
	assert.NotZero(t, mode(t, chain)&fs.ModeSymlink)
	assert.NotZero(t, mode(t, filepath.Join(dir, "one"))&fs.ModeSymlink)

	dangling := link("real/later", "soon")
	require.NoError(t, WriteFile(dangling, []byte("new"), Options{}))
	assert.Equal(t, "new", content(t, filepath.Join(dir, "real", "later")))
	assert.NotZero(t, mode(t, dangling)&fs.ModeSymlink)

	link("ring2", "ring1")
	ring := link("ring1", "ring2")
	require.ErrorContains(t, Check(ring, Options{}), "too many symlinks")
}

func TestWriteRefusesWhatItCannotReplace(t *testing.T) {
	dir := t.TempDir()
	path := file(t, filepath.Join(dir, "a"), "old", 0o600)
	require.NoError(t, os.Link(path, filepath.Join(dir, "b")))
	for name, c := range map[string]struct{ path, want string }{
		"a hard link":           {path, "hard links"},
		"a folder":              {dir, "not a regular file"},
		"a device":              {os.DevNull, "not a regular file"},
		"a path through a file": {filepath.Join(path, "x"), "not a directory"},
		"a folder by its slash": {dir + "/", "is a folder"},
		"a folder that is not":  {filepath.Join(dir, "no", "x"), "does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorContains(t, Check(c.path, Options{}), c.want)
			require.ErrorContains(t, WriteFile(c.path, []byte("new"), Options{}), c.want)
		})
	}
	assert.Equal(t, "old", content(t, path))
	assert.Equal(t, []string{"a", "b"}, names(t, dir))
}

func TestWriteRemovesWhatAKilledRunLeft(t *testing.T) {
	dir := t.TempDir()
	path := file(t, filepath.Join(dir, "a"), "old", 0o600)
	stale := file(t, filepath.Join(dir, ".a.credctl-1.tmp"), "secret", 0o600)
	file(t, filepath.Join(dir, ".a.credctl-2.tmp"), "secret", 0o600) // another run may be at work
	other := file(t, filepath.Join(dir, ".b.credctl-1.tmp"), "secret", 0o600)
	for _, p := range []string{stale, other} {
		require.NoError(t, os.Chtimes(p, time.Time{}, time.Now().Add(-2*time.Hour)))
	}
	require.NoError(t, WriteFile(path, []byte("new"), Options{}))
	assert.Equal(t, []string{".a.credctl-2.tmp", ".b.credctl-1.tmp", "a"}, names(t, dir))
}

func TestWriteNeedsAFolderItMayWrite(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere; the test of a path through a file stands in")
	}
	dir := t.TempDir()
	path := file(t, filepath.Join(dir, "a"), "old", 0o600)
	require.NoError(t, os.Chmod(dir, 0o500))
	defer os.Chmod(dir, 0o700)
	require.ErrorIs(t, Check(path, Options{}), fs.ErrPermission)
	require.ErrorIs(t, WriteFile(path, []byte("new"), Options{}), fs.ErrPermission)
	assert.Equal(t, "old", content(t, path))
}

func TestCreateNeverOverwrites(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(filepath.Join(dir, "new"), 0o640)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	assert.Equal(t, os.FileMode(0o640), mode(t, f.Name()))

	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "link")))
	for _, name := range []string{"new", "link"} {
		_, err := Create(filepath.Join(dir, name), 0o600)
		require.ErrorIs(t, err, provider.ErrUsage)
		require.ErrorIs(t, err, fs.ErrExist)
		assert.NotEmpty(t, provider.HintOf(err))
	}
	assert.Equal(t, []string{"link", "new"}, names(t, dir))
}

func TestReadPrivate(t *testing.T) {
	dir := t.TempDir()
	b, err := ReadPrivate(file(t, filepath.Join(dir, "a"), "token", 0o600))
	require.NoError(t, err)
	assert.Equal(t, "token", string(b))
	for _, m := range []os.FileMode{0o640, 0o604} {
		_, err = ReadPrivate(file(t, filepath.Join(dir, "b"), "token", m))
		require.ErrorIs(t, err, provider.ErrRefused)
		assert.Contains(t, provider.HintOf(err), "chmod 600")
	}
	b, err = ReadPrivate(os.DevNull)
	require.NoError(t, err, "a device has no mode that matters")
	assert.Empty(t, b)
	_, err = ReadPrivate(filepath.Join(dir, "none"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// What others can change says nothing that credctl does.
func TestOpenTrusted(t *testing.T) {
	path := file(t, filepath.Join(t.TempDir(), "policy"), "p", 0o644)
	f, err := OpenTrusted(path)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	require.NoError(t, os.Chmod(path, 0o646))
	_, err = OpenTrusted(path)
	require.ErrorIs(t, err, provider.ErrRefused)
	assert.Equal(t, "run: chmod go-w "+path, provider.HintOf(err))
}

// A file that keeps its inode is not replaced, and one that is not there is made as any other.
func TestWriteInPlace(t *testing.T) {
	dir := t.TempDir()
	path := file(t, filepath.Join(dir, "a"), "old and longer", 0o600)
	before, err := os.Stat(path)
	require.NoError(t, err)
	for _, p := range []string{path, filepath.Join(dir, "b")} {
		require.NoError(t, Check(p, Options{InPlace: true}))
		require.NoError(t, WriteFile(p, []byte("new"), Options{InPlace: true}))
		assert.Equal(t, "new", content(t, p))
		assert.Equal(t, os.FileMode(0o600), mode(t, p))
	}
	after, err := os.Stat(path)
	require.NoError(t, err)
	assert.True(t, os.SameFile(before, after))
	require.NoError(t, WriteFile(path, []byte("newer"), Options{}))
	replaced, err := os.Stat(path)
	require.NoError(t, err)
	assert.False(t, os.SameFile(before, replaced))
	assert.Equal(t, []string{"a", "b"}, names(t, dir))
}

func TestAppend(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "x", "y")
	require.NoError(t, Dir(dir))
	path := filepath.Join(dir, "journal")
	for _, line := range []string{"one\n", "two\n"} {
		f, err := OpenAppend(path)
		require.NoError(t, err)
		require.NoError(t, Append(f, []byte(line)))
		require.NoError(t, f.Close())
	}
	assert.Equal(t, "one\ntwo\n", content(t, path))
	assert.Equal(t, os.FileMode(0o600), mode(t, path))

	require.NoError(t, os.Chmod(path, 0o644))
	_, err := OpenAppend(path)
	require.ErrorIs(t, err, provider.ErrRefused)

	require.NoError(t, os.Symlink(path, path+".link"))
	_, err = OpenAppend(path + ".link")
	require.ErrorIs(t, err, provider.ErrRefused)
	require.ErrorContains(t, err, "is not a regular file")
	_, err = OpenAppend(dir)
	require.ErrorIs(t, err, provider.ErrRefused)
	require.ErrorContains(t, err, "is not a regular file")
}

func TestDir(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "a", "b")
	require.NoError(t, Dir(dir))
	require.NoError(t, Dir(dir), "it is there already")
	for _, p := range []string{"a", "a/b"} {
		assert.Equal(t, fs.ModeDir|0o700, mode(t, filepath.Join(root, p)))
	}
	for _, m := range []os.FileMode{0o722, 0o702} {
		require.NoError(t, os.Chmod(dir, m))
		require.ErrorIs(t, Dir(dir), provider.ErrRefused)
	}
	require.NoError(t, os.Chmod(dir, 0o755))
	require.NoError(t, Dir(dir), "others may look at the names")
	require.Error(t, Dir(file(t, filepath.Join(root, "f"), "", 0o600)))
	require.Error(t, Dir(strings.Repeat(filepath.Join(root, "f")+"/", 2)))
}
