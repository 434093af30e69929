//go:build linux

package fsafe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/credctl/credctl/internal/fsafe/trust"
	"github.com/credctl/credctl/internal/provider"
)

// child is the environment variable that makes this test binary do one of the
// jobs below in a process of its own.
const child = "CREDCTL_FSAFE_CHILD"

func TestMain(m *testing.M) {
	jobs := map[string]func(string) error{
		"durable": childDurable, "unsynced": childUnsynced, "unattributed": childUnattributed,
		"umask": childUmask, "full": childFull, "rewrite": childRewrite, "group": childGroup,
		"hold": childHold, "lock": childLock, "lockonce": childLockOnce,
	}
	job, path, _ := strings.Cut(os.Getenv(child), ":")
	if job == "" {
		os.Exit(m.Run())
	}
	if err := jobs[job](path); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func start(t *testing.T, job, path string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), child+"="+job+":"+path)
	return cmd
}

func TestModesUnderAnOpenUmask(t *testing.T) {
	dir := t.TempDir()
	out, err := start(t, "umask", dir).CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Equal(t, os.FileMode(0o600), mode(t, filepath.Join(dir, "a", "written")))
	assert.Equal(t, os.FileMode(0o600), mode(t, filepath.Join(dir, "a", "created")))
	assert.Equal(t, os.FileMode(0o600), mode(t, filepath.Join(dir, "a", "journal")))
	assert.Equal(t, os.FileMode(0o600), mode(t, filepath.Join(dir, "a", "lock")))
	assert.Equal(t, os.ModeDir|0o700, mode(t, filepath.Join(dir, "a")))
	assert.Equal(t, os.FileMode(0o640), mode(t, filepath.Join(dir, "tight")), "a closed umask takes nothing away")
}

func childUmask(dir string) error {
	syscall.Umask(0)
	sub := filepath.Join(dir, "a")
	if err := Dir(sub); err != nil {
		return err
	}
	f, err := Create(filepath.Join(sub, "created"), 0o600)
	if err != nil {
		return err
	}
	g, err := OpenAppend(filepath.Join(sub, "journal"))
	if err != nil {
		return err
	}
	release, err := Lock(context.Background(), filepath.Join(sub, "lock"), 0)
	if err != nil {
		return err
	}
	release()
	syscall.Umask(0o777)
	tight, err := Create(filepath.Join(dir, "tight"), 0o640)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), g.Close(), tight.Close(), WriteFile(filepath.Join(sub, "written"), []byte("x"), Options{}))
}

// TestNoSpace stands for a full disk: the kernel refuses to let a file grow past
// a limit, in the middle of a write.
func TestNoSpace(t *testing.T) {
	dir := t.TempDir()
	path := file(t, filepath.Join(dir, "a"), "old", 0o600)
	journal := file(t, filepath.Join(dir, "j"), "one\n", 0o600)
	mounted := file(t, filepath.Join(dir, "mounted"), "old", 0o600)
	longer := file(t, filepath.Join(dir, "mounted longer"), strings.Repeat("old\n", 500), 0o600)
	out, err := start(t, "full", dir).CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Equal(t, "old", content(t, path))
	assert.Equal(t, "one\n", content(t, journal))
	assert.Equal(t, "old", content(t, mounted))
	assert.Equal(t, strings.Repeat("old\n", 500), content(t, longer))
	assert.Equal(t, []string{"a", "j", "mounted", "mounted longer"}, names(t, dir))
}

// What has been overwritten and cannot be put back is said to be lost.
func TestNoWayBack(t *testing.T) {
	path := file(t, filepath.Join(t.TempDir(), "a"), "old", 0o600)
	f, err := os.Open(path) // not for writing, and without its content
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	err = replaceContent(f, path, []byte("that it had"), []byte("new"))
	require.EqualError(t, err, "write "+path+": bad file descriptor; the old content could not be restored, and the file may contain parts of the old and the new secret")
}

// A synced is a file that cannot be synced, as often as it says.
type synced struct {
	*os.File

	fails int
}

func (f *synced) Sync() error {
	if f.fails--; f.fails >= 0 {
		return &fs.PathError{Op: "sync", Path: f.Name(), Err: unix.ENOSPC}
	}
	return f.File.Sync()
}

// Some file systems say only then that there is no room.
func TestAFailedSyncPutsBackTheOldContent(t *testing.T) {
	for _, data := range []string{"new", "much longer than the old content"} {
		path := file(t, filepath.Join(t.TempDir(), "a"), "the old content", 0o600)
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, f.Close()) })
		err = replaceContent(&synced{f, 1}, path, []byte("the old content"), []byte(data))
		require.EqualError(t, err, "write "+path+": no space left on device")
		assert.Equal(t, "the old content", content(t, path))
	}
}

// An uncut file belongs to a process that is killed before it cuts the file off.
type uncut struct{ *os.File }

func (uncut) Truncate(int64) error { panic("killed") }

// Where a kill keeps the file from being cut off, empty lines follow the new content, and
// nothing of the old.
func TestKilledBeforeTheEndIsCutOff(t *testing.T) {
	path := file(t, filepath.Join(t.TempDir(), "a"), "the old content\n", 0o600)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	require.Panics(t, func() { _ = replaceContent(uncut{f}, path, []byte("the old content\n"), []byte("new\n")) })
	assert.Equal(t, "new", strings.TrimRight(content(t, path), "\n"))
}

func TestMixed(t *testing.T) {
	for content, want := range map[string]bool{
		"": false, "\n": false, "sk_new\n": true, "sk_older\n": true, "sk_neder\r\n": true, "sk_new\n\n\n": true, "sk_new\nr\n": true,
		"sk_other\n": false, "theirs\n": false, "sk_older\nmore\n": false, "\nsk_new": false,
	} {
		assert.Equal(t, want, Mixed(content, "sk_new\n", "sk_older\n"), "%q", content)
	}
}

// However large a file is, little room is asked for.
func TestCheckOfALargeFile(t *testing.T) {
	path := file(t, filepath.Join(t.TempDir(), "a"), "old", 0o600)
	require.NoError(t, os.Truncate(path, 900<<30)) // without taking room
	require.NoError(t, Check(path, Options{}))
}

// Space for a file that keeps its inode is reserved, and its content stays as it is. One
// that is to be replaced needs as much room again as it takes.
func TestCheckFindsAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=128k,mode=0700"); err != nil {
		t.Skipf("cannot mount a small file system: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	mounted, empty := file(t, filepath.Join(dir, "mounted"), "old", 0o600), file(t, filepath.Join(dir, "empty"), "", 0o600)
	large := file(t, filepath.Join(dir, "large"), strings.Repeat("old\n", 10<<10), 0o600)
	require.NoError(t, Check(large, Options{}))
	require.NoError(t, Check(mounted, Options{InPlace: true}))
	assert.Equal(t, "old", content(t, mounted))
	file(t, filepath.Join(dir, "other"), strings.Repeat("x", 24<<10), 0o600)
	require.ErrorIs(t, Check(large, Options{}), unix.ENOSPC)
	_ = os.WriteFile(filepath.Join(dir, "filler"), make([]byte, 1<<20), 0o600) // as much as there is room for
	require.EqualError(t, Check(empty, Options{InPlace: true}), "write "+empty+": no space left on device")
	require.ErrorIs(t, WriteFile(empty, []byte("new"), Options{InPlace: true}), unix.ENOSPC)
	long := strings.Repeat("new\n", 3<<10)
	require.NoError(t, WriteFile(mounted, []byte(long), Options{InPlace: true}), "the space is its own")
	assert.Equal(t, long, content(t, mounted))
	before := time.Now().Add(-time.Hour).Truncate(time.Second)
	require.NoError(t, os.Chtimes(mounted, before, before))
	err := WriteFile(mounted, []byte(strings.Repeat(long, 10)), Options{InPlace: true})
	require.ErrorIs(t, err, unix.ENOSPC)
	require.EqualError(t, err, "write "+mounted+": no space left on device")
	assert.Equal(t, long, content(t, mounted))
	info, err := os.Stat(mounted)
	require.NoError(t, err)
	assert.True(t, before.Equal(info.ModTime()), "the room is found before anything is overwritten")
	assert.Empty(t, content(t, empty))
}

func childFull(dir string) error {
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1000, Max: 1000}); err != nil {
		return err
	}
	long := bytes.Repeat([]byte("s"), 1500) // 1000 of it can be written
	f, err := OpenAppend(filepath.Join(dir, "j"))
	if err != nil {
		return err
	}
	inPlace := func(name string) error { return WriteFile(filepath.Join(dir, name), long, Options{InPlace: true}) }
	for what, err := range []error{WriteFile(filepath.Join(dir, "a"), long, Options{}), Append(f, long), inPlace("mounted"), inPlace("mounted longer")} {
		if !errors.Is(err, syscall.EFBIG) {
			return fmt.Errorf("%d: %w", what, err)
		}
	}
	return f.Close()
}

// TestKilledWriter kills a process that rewrites a file at arbitrary moments.
func TestKilledWriter(t *testing.T) {
	dir := t.TempDir()
	link, path := filepath.Join(dir, "link"), filepath.Join(dir, "a")
	require.NoError(t, os.Symlink("a", link))
	file(t, path, strings.Repeat("0", 1<<16), 0o600)
	seen := map[string]bool{}
	for i := range 40 {
		cmd := start(t, "rewrite", link)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		_, err = io.ReadFull(out, make([]byte, 1+i%4)) // it is at work, and has written as often
		require.NoError(t, err)
		time.Sleep(time.Duration(i*137) * time.Microsecond)
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait() // it was killed

		got := content(t, path)
		require.Len(t, got, 1<<16)
		require.Equal(t, strings.Repeat(got[:1], 1<<16), got, "one version, not two")
		require.Equal(t, os.FileMode(0o600), mode(t, path))
		seen[got[:1]] = true
	}
	assert.Greater(t, len(seen), 1, "the children did write")
}

func childRewrite(path string) error {
	for i := 0; ; i++ {
		if err := WriteFile(path, bytes.Repeat([]byte{byte('0' + i%10)}, 1<<16), Options{}); err != nil {
			return err
		}
		fmt.Print(".")
	}
}

func TestRootKeepsTheOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may give files away")
	}
	dir := t.TempDir()
	path := file(t, filepath.Join(dir, "a"), "old", 0o640)
	require.NoError(t, os.Chown(path, 4321, 1234))
	require.NoError(t, Check(path, Options{AllowInsecurePerms: true}))
	require.NoError(t, WriteFile(path, []byte("new"), Options{AllowInsecurePerms: true}))
	at, err := trust.Locate(path, trust.Walk{})
	require.NoError(t, err)
	assert.Equal(t, []uint32{4321, 1234, 0o640}, []uint32{at.Entry.UID, at.Entry.GID, uint32(at.Entry.Mode)})
	require.NoError(t, at.Folder.Close())

	require.NoError(t, os.Chmod(dir, 0o777|os.ModeSticky))
	require.ErrorIs(t, WriteFile(path, []byte("newer"), Options{AllowInsecurePerms: true}), provider.ErrRefused)
	assert.Equal(t, "new", content(t, path), "anybody may have put it there")

	require.NoError(t, os.Chown(dir, 4321, 4321))
	require.ErrorIs(t, Dir(dir), provider.ErrRefused)
}

// Whoever is not in a file's group cannot give the group to what replaces the file. That
// matters where the group has rights.
func TestAGroupThatCannotBeKept(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may give files away")
	}
	dir, err := os.MkdirTemp("/tmp", "group") // t.TempDir is in a folder that this user cannot enter
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	require.NoError(t, os.Chown(dir, 4321, 4321))
	for name, m := range map[string]os.FileMode{"closed": 0o600, "open": 0o640} {
		require.NoError(t, os.Chown(file(t, filepath.Join(dir, name), "old", m), 4321, 1234))
	}
	self, err := os.ReadFile("/proc/self/exe")
	require.NoError(t, err)
	binary := filepath.Join(dir, "child")
	require.NoError(t, os.WriteFile(binary, self, 0o700))
	require.NoError(t, os.Chown(binary, 4321, 4321))
	cmd := exec.CommandContext(t.Context(), binary)
	cmd.Env = append(os.Environ(), child+"=group:"+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 4321, Gid: 4321}}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Equal(t, "new", content(t, filepath.Join(dir, "closed")))
	assert.Equal(t, "old", content(t, filepath.Join(dir, "open")))
	assert.Equal(t, []string{"child", "closed", "open"}, names(t, dir))
}

func childGroup(dir string) error {
	if err := WriteFile(filepath.Join(dir, "closed"), []byte("new"), Options{}); err != nil {
		return err
	}
	if err := WriteFile(filepath.Join(dir, "open"), []byte("new"), Options{AllowInsecurePerms: true}); !errors.Is(err, syscall.EPERM) {
		return fmt.Errorf("the group lost its rights: %w", err)
	}
	return nil
}
