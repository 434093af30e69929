package fsafe

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Windows has access control lists in place of modes and owners: a new file
// inherits those of its folder, which in a profile are the user's own. So nothing
// is refused there.

// A folder is a folder that is known by its path.
type folder struct{ path string }

// An entry is what the system knows of a file, a folder or a symlink.
type entry struct {
	mode    fs.FileMode
	links   uint64
	changed time.Time
}

func entryOf(info fs.FileInfo) entry { return entry{info.Mode(), 1, info.ModTime()} }

func entryOfFile(f *os.File) (entry, error) {
	info, err := f.Stat()
	if err != nil {
		return entry{}, err
	}
	return entryOf(info), nil
}

func (entry) exposed(fs.FileMode) bool { return false }

const maxLinks = 40

// locate finds the folder of a path, and the name in it.
func locate(path string, w walk) (spot, error) {
	if w.dir {
		if w.make {
			if err := os.MkdirAll(path, 0o700); err != nil {
				return spot{}, err
			}
		}
		return spot{folder: &folder{path}}, nil
	}
	for range maxLinks {
		dir, name := filepath.Split(path)
		if name == "" || name == "." || name == ".." {
			return spot{}, fmt.Errorf("%s is a folder, not a file", path)
		}
		dir, err := filepath.EvalSymlinks(filepath.Clean(dir))
		if err != nil {
			return spot{}, err
		}
		if dir, err = filepath.Abs(dir); err != nil {
			return spot{}, err
		}
		path = filepath.Join(dir, name)
		info, err := os.Lstat(path)
		if err != nil {
			if os.IsNotExist(err) {
				return spot{&folder{dir}, name, nil}, nil
			}
			return spot{}, err
		}
		e := entryOf(info)
		if info.Mode()&fs.ModeSymlink == 0 || !w.follow {
			return spot{&folder{dir}, name, &e}, nil
		}
		to, err := os.Readlink(path)
		if err != nil {
			return spot{}, err
		}
		if !filepath.IsAbs(to) {
			to = dir + string(filepath.Separator) + to // not Join: it would take "sub/.." away, and sub may be a symlink
		}
		path = to
	}
	return spot{}, fmt.Errorf("%s: too many symlinks", path)
}

func (*folder) close() error { return nil }

func (d *folder) join(name string) string { return filepath.Join(d.path, name) }

func (d *folder) lstat(name string) (entry, error) {
	info, err := os.Lstat(d.join(name))
	if err != nil {
		return entry{}, err
	}
	return entryOf(info), nil
}

func (d *folder) open(name string, flags int, mode os.FileMode) (*os.File, error) {
	return os.OpenFile(d.join(name), flags, mode)
}

func (d *folder) follow(name string, flags int, mode os.FileMode) (*os.File, error) {
	return d.open(name, flags, mode)
}

func (d *folder) rename(from, to string) error { return os.Rename(d.join(from), d.join(to)) }

func (d *folder) remove(name string) error { return os.Remove(d.join(name)) }

func (d *folder) names() (names []string) {
	entries, _ := os.ReadDir(d.path) // what cannot be read is not there for us
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (*folder) sync() error { return nil }

func (*folder) changeable(*os.File, entry) error { return nil }

func (spot) replaceable() error { return nil }

func keepOwner(*os.File, entry) error { return nil }

// SyncDir does nothing: a folder cannot be synced on Windows, where NTFS
// journals its names.
func SyncDir(string) error { return nil }

// Dir makes a folder for our own files, and its parents.
func Dir(path string) error { return os.MkdirAll(path, 0o700) }

func openDir(path string) (*folder, error) { return &folder{path}, Dir(path) }
