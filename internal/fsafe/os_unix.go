//go:build unix

package fsafe

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/credctl/credctl/internal/provider"
)

const noFollow = syscall.O_NOFOLLOW

// exposed reports whether the mode has any of these bits.
func exposed(info fs.FileInfo, bits os.FileMode) bool { return info.Mode().Perm()&bits != 0 }

func stat(info fs.FileInfo) *syscall.Stat_t {
	s, _ := info.Sys().(*syscall.Stat_t) // what package os puts there on every Unix
	return s
}

func owned(info fs.FileInfo) bool { return int(stat(info).Uid) == os.Geteuid() }

func links(info fs.FileInfo) uint64 { return uint64(stat(info).Nlink) } //nolint:unconvert // its width differs between systems

// replaceable refuses another user's file. Root may replace one and keep its
// owner, but not where anybody may have put it.
func replaceable(path string, info fs.FileInfo) error {
	if isMount(path) {
		return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("%s is a mount of its own, which cannot be replaced in one step", path)),
			"mount the folder that holds the file instead of the file")
	}
	if owned(info) {
		return nil
	}
	dir, err := os.Stat(filepath.Dir(path)) //nolint:gosec // the caller names the file
	if err != nil {
		return err
	}
	if os.Geteuid() != 0 || exposed(dir, 0o002) {
		return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("%s belongs to another user", path)),
			"run as its owner, or name another file")
	}
	return nil
}

// keepOwner gives f the owner and group of old. A group that cannot be kept does
// not matter when it has no rights.
func keepOwner(f *os.File, old fs.FileInfo) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	have, want := stat(info), stat(old)
	if have.Uid == want.Uid && have.Gid == want.Gid {
		return nil
	}
	err = f.Chown(int(want.Uid), int(want.Gid))
	if have.Uid == want.Uid && !exposed(old, 0o070) {
		return nil
	}
	return err
}

// SyncDir makes the names in a folder durable.
func SyncDir(path string) error {
	d, err := os.Open(path) //nolint:gosec // the caller names the folder
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) { // some file systems cannot, and need not
		err = nil
	}
	return errors.Join(err, d.Close())
}
