//go:build linux

package fsafe

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/credctl/credctl/internal/fsafe/trust"
	"github.com/credctl/credctl/internal/provider"
)

// at looks at a path, as each function of this package begins.
func at(t *testing.T, path string) trust.Spot {
	t.Helper()
	s, err := trust.Locate(path, trust.Walk{Trust: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Folder.Close()) })
	return s
}

// isOpen reports whether this process has a file open.
func isOpen(t *testing.T, path string) bool {
	t.Helper()
	open, err := filepath.Glob("/proc/self/fd/*")
	require.NoError(t, err)
	for _, fd := range open {
		if to, err := os.Readlink(fd); err == nil && to == path {
			return true
		}
	}
	return false
}

// What changed after it was looked at, and before it was opened, is looked at again.
func TestAFileThatIsOpenedToOthersInBetween(t *testing.T) {
	path := file(t, filepath.Join(t.TempDir(), "journal"), "one\n", 0o600)
	s := at(t, path)
	require.NoError(t, os.Chmod(path, 0o644))
	_, err := openAppend(s)
	require.ErrorIs(t, err, provider.ErrRefused)
	assert.False(t, isOpen(t, path), "what is refused is closed")
}

// A file that was made after it was looked at is not taken for one of ours.
func TestAFileThatIsMadeInBetween(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	s := at(t, path)
	file(t, path, "theirs", 0o600)
	_, err := openAppend(s)
	require.EqualError(t, err, "open "+path+": file exists")
	assert.Equal(t, "theirs", content(t, path))
}

// CheckNew says of a file what Create says of it.
func TestCheckNew(t *testing.T) {
	dir := t.TempDir()
	path := file(t, filepath.Join(dir, "a"), "old", 0o600)
	require.NoError(t, CheckNew(filepath.Join(dir, "new")))
	err := CheckNew(path)
	require.ErrorIs(t, err, fs.ErrExist)
	require.ErrorIs(t, err, provider.ErrUsage)
	require.Error(t, CheckNew(filepath.Join(dir, "none", "new")))
	assert.Equal(t, []string{"a"}, names(t, dir), "nothing is made")
}

// The flags of linux/fs.h.
const immutableFlag, appendOnly = 0x10, 0x20

// chattr sets the flags of a file that keep it from being changed, or skips the test.
func chattr(t *testing.T, path string, flags int) {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	set := func(flags int) error { return unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, flags) }
	if err := set(flags); err != nil {
		t.Skipf("this user or this file system cannot set flags: %v", err)
	}
	t.Cleanup(func() {
		f, err := os.Open(path)
		require.NoError(t, err)
		defer f.Close()
		require.NoError(t, unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, 0))
	})
}

// A file that can only be added to is one that a journal can be added to; one that cannot
// be changed is refused with what mends it.
func TestFilesWithFlags(t *testing.T) {
	for name, c := range map[string]struct {
		flags    int
		appended bool
	}{"append only": {appendOnly, true}, "immutable": {immutableFlag, false}} {
		t.Run(name, func(t *testing.T) {
			path := file(t, filepath.Join(t.TempDir(), "a"), "old", 0o600)
			chattr(t, path, c.flags)
			refusals := []error{Check(path, Options{}), WriteFile(path, []byte("new"), Options{})}
			f, err := OpenAppend(path)
			if c.appended {
				require.NoError(t, err)
				require.NoError(t, f.Close())
			} else {
				refusals = append(refusals, err)
			}
			for _, err := range refusals {
				require.ErrorIs(t, err, provider.ErrRefused)
				require.EqualError(t, err, path+" is immutable (chattr +i or +a)")
				assert.Equal(t, "run: chattr -i -a "+path, provider.HintOf(err))
			}
			assert.Equal(t, "old", content(t, path))
		})
	}
}

// What replaces a file of root's group or of another user's has both, as the file had.
func TestOwnerAndGroupAreKeptEachForItself(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may give files away")
	}
	for _, c := range [][2]int{{0, 0}, {0, 1234}, {4321, 0}, {4321, 1234}} {
		path := file(t, filepath.Join(t.TempDir(), "a"), "old", 0o640)
		require.NoError(t, os.Chown(path, c[0], c[1]))
		require.NoError(t, WriteFile(path, []byte("new"), Options{AllowInsecurePerms: true}))
		e := at(t, path).Entry
		assert.Equal(t, []uint32{uint32(c[0]), uint32(c[1])}, []uint32{e.UID, e.GID})
	}
}

// A temporary file is as old as an hour before it is taken for one that a killed run left.
func TestTemporaryFilesOfTheLastHourStay(t *testing.T) {
	dir := t.TempDir()
	for name, age := range map[string]time.Duration{".a.tmp": 59 * time.Minute, ".b.tmp": 61 * time.Minute} {
		when := time.Now().Add(-age)
		require.NoError(t, os.Chtimes(file(t, filepath.Join(dir, name), "s", 0o600), when, when))
	}
	require.NoError(t, os.MkdirAll(filepath.Join(dir, ".c.tmp"), 0o700))
	require.NoError(t, os.Chtimes(filepath.Join(dir, ".c.tmp"), time.Time{}, time.Now().Add(-2*time.Hour)))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, ".d.tmp")))
	old := unix.NsecToTimespec(time.Now().Add(-2 * time.Hour).UnixNano())
	require.NoError(t, unix.UtimesNanoAt(unix.AT_FDCWD, filepath.Join(dir, ".d.tmp"), []unix.Timespec{old, old}, unix.AT_SYMLINK_NOFOLLOW))
	RemoveTemp(dir)
	assert.Equal(t, []string{".a.tmp", ".c.tmp", ".d.tmp"}, names(t, dir), "what no run makes stays too")
}

// What fails to be read is closed.
func TestWhatIsRefusedIsClosed(t *testing.T) {
	path := file(t, filepath.Join(t.TempDir(), "a"), "p", 0o666)
	_, err := OpenTrusted(path)
	require.ErrorIs(t, err, provider.ErrRefused)
	assert.False(t, isOpen(t, path))
	_, err = OpenTrusted(filepath.Join(filepath.Dir(path), "none"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NotErrorIs(t, err, os.ErrInvalid)
}

// A file that was replaced with a symlink after it was looked at is not followed.
func TestASymlinkThatIsMadeInBetween(t *testing.T) {
	dir := t.TempDir()
	path, loot := file(t, filepath.Join(dir, "a"), "ours", 0o600), file(t, filepath.Join(dir, "loot"), "theirs", 0o600)
	s := at(t, path)
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Symlink(loot, path))
	_, read := read(s)
	_, appended := openAppend(s)
	for what, err := range map[string]error{"read": read, "append": appended, "overwrite": overwrite(s, []byte("new")), "reserve": reserve(s, room)} {
		require.ErrorIs(t, err, unix.ELOOP, what)
	}
	assert.Equal(t, "theirs", content(t, loot))
}
