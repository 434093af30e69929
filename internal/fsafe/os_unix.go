//go:build unix

package fsafe

import (
	"errors"
	"os"
	"syscall"

	"github.com/credctl/credctl/internal/provider"
)

// replaceable refuses a file that cannot be renamed over, and another user's.
// Root may replace one and keep its owner.
func (s spot) replaceable() error {
	switch {
	case s.folder.isMount(s.name):
		return provider.Hint(refused("%s is a mount point, which cannot be replaced in one step", s.path()),
			"mount the folder that holds the file instead of the file")
	case !s.entry.owned() && os.Geteuid() != 0:
		return provider.Hint(refused("%s belongs to another user (uid %d)", s.path(), s.entry.uid), "run as its owner, or choose another file")
	}
	return nil
}

// keepOwner gives f the owner and group of old. A group that cannot be kept does
// not matter when it has no rights.
func keepOwner(f *os.File, old entry) error {
	e, err := entryOfFile(f)
	if err != nil {
		return err
	}
	if e.uid == old.uid && e.gid == old.gid {
		return nil
	}
	err = f.Chown(int(old.uid), int(old.gid))
	if e.uid == old.uid && !old.exposed(0o070) {
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
	return syncDir(d)
}

// syncDir syncs a folder and closes it.
func syncDir(d *os.File) error {
	err := d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) { // some file systems cannot, and need not
		err = nil
	}
	return errors.Join(err, d.Close())
}

// Dir makes a folder for our own files, and its parents, with mode 0700. One
// that is there must be ours. What others than root and us can write or replace
// is [provider.ErrRefused].
func Dir(path string) error {
	d, err := openDir(path)
	if err != nil {
		return err
	}
	return d.close()
}

// openDir is Dir, and returns the folder open.
func openDir(path string) (*folder, error) {
	s, err := locate(path, walk{trust: true, dir: true, make: true})
	if err != nil {
		return nil, err
	}
	e, err := s.folder.stat()
	switch {
	case err != nil:
	case !e.owned():
		err = provider.Hint(refused("%s belongs to another user (uid %d)", path, e.uid), "run as its owner, or choose another folder")
	case s.folder.shared:
		err = provider.Hint(refused("other users can write in %s (mode %04o)", path, e.mode.Perm()), "run: chmod 700 %s", path)
	}
	if err != nil {
		return nil, errors.Join(err, s.folder.close())
	}
	return s.folder, nil
}
