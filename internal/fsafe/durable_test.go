//go:build linux

package fsafe

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/credctl/credctl/internal/fsafe/fsafetest"
)

// marker begins the names of the folders that are made when a function has returned.
const marker = "returned:"

// TestWhatReturnedIsDurable has a process call each function, and finds nothing
// that a power cut could lose at the moment when it returns.
func TestWhatReturnedIsDurable(t *testing.T) {
	dir := t.TempDir()
	file(t, filepath.Join(dir, "there"), "old", 0o600)
	cmd := start(t, "durable", dir)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	calls, status := fsafetest.Trace(t, cmd)
	require.Zero(t, status, said.String())
	var returned []string
	for i, c := range calls {
		if _, what, ok := strings.Cut(c.Path, marker); ok && c.Name == fsafetest.Create {
			returned = append(returned, what)
			assert.Empty(t, fsafetest.Lost(within(dir, calls[:i])), "%s has returned", what)
		}
	}
	assert.Equal(t, []string{"Dir", "WriteFile", "WriteFile over another", "OpenAppend", "Append", "Append again"}, returned)
	for _, path := range []string{"new", "journal", "deep"} {
		assert.Positive(t, fsafetest.Of(calls, fsafetest.Create, func(p string) bool { return strings.Contains(filepath.Base(p), path) }), "%s was seen", path)
	}
}

// within are the calls that are about files of a folder, but not about the markers.
func within(dir string, calls []fsafetest.Call) (all []fsafetest.Call) {
	for _, c := range calls {
		if strings.HasPrefix(c.Path, dir) && !strings.Contains(c.Path, marker) {
			all = append(all, c)
		}
	}
	return all
}

func childDurable(dir string) error {
	journal := filepath.Join(dir, "journal")
	var f *os.File
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"Dir", func() error { return Dir(filepath.Join(dir, "deep", "er")) }},
		{"WriteFile", func() error { return WriteFile(filepath.Join(dir, "deep", "new"), []byte("new"), Options{}) }},
		{"WriteFile over another", func() error { return WriteFile(filepath.Join(dir, "there"), []byte("new"), Options{}) }},
		{"OpenAppend", func() (err error) {
			f, err = OpenAppend(journal)
			return err
		}},
		{"Append", func() error { return Append(f, []byte("one\n")) }},
		{"Append again", func() error { return Append(f, []byte("two\n")) }},
	} {
		if err := errors.Join(step.do(), os.Mkdir(filepath.Join(dir, marker+step.name), 0o700)); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return f.Close()
}

// TestWhatCannotBeSyncedFails stands for a disk that fails when it is told to keep
// what it was given.
func TestWhatCannotBeSyncedFails(t *testing.T) {
	dir := t.TempDir()
	path := file(t, filepath.Join(dir, "a"), "old", 0o600)
	journal := file(t, filepath.Join(dir, "j"), "one\n", 0o600)
	out, err := start(t, "unsynced", dir).CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Equal(t, "old", content(t, path))
	assert.Equal(t, "one\n", content(t, journal), "no part of what failed stays")
	assert.NotContains(t, strings.Join(names(t, dir), " "), ".tmp")
}

func childUnsynced(dir string) error {
	if err := failSync(); err != nil {
		return err
	}
	f, err := OpenAppend(filepath.Join(dir, "j"))
	if err != nil {
		return err
	}
	_, created := OpenAppend(filepath.Join(dir, "new"))
	for what, err := range map[string]error{
		"WriteFile":  WriteFile(filepath.Join(dir, "a"), []byte("new"), Options{}),
		"Check":      Check(filepath.Join(dir, "a"), Options{}),
		"Append":     Append(f, []byte("two\n")),
		"OpenAppend": created,
		"Dir":        Dir(filepath.Join(dir, "deep", "er")),
		"SyncDir":    SyncDir(dir),
	} {
		if !errors.Is(err, syscall.EIO) {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return f.Close()
}

// failSync has the kernel fail every fsync of this process with EIO, from now on.
func failSync() error { return failCall(unix.SYS_FSYNC, unix.EIO) }

// failCall has the kernel fail a system call of this process, from now on.
func failCall(number uint32, with unix.Errno) error {
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}, // the number of the call
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: number, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(with)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program))); errno != 0 {
		return errno
	}
	return nil
}
