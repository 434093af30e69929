package fsafe

import (
	"errors"

	"github.com/credctl/credctl/internal/fsafe/trust"
	"github.com/credctl/credctl/internal/provider"
)

// Dir makes a folder for our own files, and its parents, with mode 0700. One
// that is there must be ours. What others than root and us can write or replace
// is [provider.ErrRefused].
func Dir(path string) error {
	d, err := openDir(path)
	if err != nil {
		return err
	}
	return d.Close()
}

// openDir is Dir, and returns the folder open.
func openDir(path string) (*trust.Folder, error) {
	s, err := trust.Locate(path, trust.Walk{Trust: true, Dir: true, Make: true})
	if err != nil {
		return nil, err
	}
	e, err := s.Folder.Stat()
	switch {
	case err != nil:
	case !e.Owned():
		err = provider.Hint(refused("%s belongs to another user", path), "run as its owner, or choose another folder")
	case s.Folder.Shared:
		err = provider.Hint(refused("other users can write in %s (mode %04o)", path, e.Mode.Perm()), "run: chmod 700 %s", path)
	}
	if err != nil {
		return nil, errors.Join(err, s.Folder.Close())
	}
	return s.Folder, nil
}

// SyncDir makes the names in a folder durable.
func SyncDir(path string) error { return trust.SyncDir(path) }

// Resolve returns where the symlinks at path lead, which need not exist yet.
// Two names of one file have the same result.
func Resolve(path string) (string, error) { return trust.Resolve(path) }
