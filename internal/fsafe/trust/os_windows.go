package trust

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

// A Folder is a folder that is known by its path.
type Folder struct {
	Path   string
	Shared bool
}

// An Entry is what the system knows of a file, a folder or a symlink.
type Entry struct {
	Mode    fs.FileMode
	Links   uint64
	Changed time.Time
	Size    int64
}

func entryOf(info fs.FileInfo) Entry { return Entry{info.Mode(), 1, info.ModTime(), info.Size()} }

func Of(f *os.File) (Entry, error) {
	info, err := f.Stat()
	if err != nil {
		return Entry{}, err
	}
	return entryOf(info), nil
}

func (Entry) Exposed(fs.FileMode) bool { return false }

const maxLinks = 40

// locate finds the folder of a path, and the name in it.
func Locate(path string, w Walk) (Spot, error) {
	if w.Dir {
		if w.Make {
			if err := os.MkdirAll(path, 0o700); err != nil {
				return Spot{}, err
			}
		}
		return Spot{Folder: &Folder{Path: path}}, nil
	}
	for range maxLinks {
		dir, name := filepath.Split(path)
		if name == "" || name == "." || name == ".." {
			return Spot{}, fmt.Errorf("%s is a folder, not a file", path)
		}
		dir, err := filepath.EvalSymlinks(filepath.Clean(dir))
		if err != nil {
			return Spot{}, err
		}
		if dir, err = filepath.Abs(dir); err != nil {
			return Spot{}, err
		}
		path = filepath.Join(dir, name)
		info, err := os.Lstat(path)
		if err != nil {
			if os.IsNotExist(err) {
				return Spot{&Folder{Path: dir}, name, nil}, nil
			}
			return Spot{}, err
		}
		e := entryOf(info)
		if info.Mode()&fs.ModeSymlink == 0 || !w.Follow {
			return Spot{&Folder{Path: dir}, name, &e}, nil
		}
		to, err := os.Readlink(path)
		if err != nil {
			return Spot{}, err
		}
		if !filepath.IsAbs(to) {
			to = dir + string(filepath.Separator) + to // not Join: it would take "sub/.." away, and sub may be a symlink
		}
		path = to
	}
	return Spot{}, fmt.Errorf("%s: too many symlinks", path)
}

func (*Folder) Close() error { return nil }

func (d *Folder) Join(name string) string { return filepath.Join(d.Path, name) }

func (d *Folder) Lstat(name string) (Entry, error) {
	info, err := os.Lstat(d.Join(name))
	if err != nil {
		return Entry{}, err
	}
	return entryOf(info), nil
}

func (d *Folder) Open(name string, flags int, mode os.FileMode) (*os.File, error) {
	return os.OpenFile(d.Join(name), flags, mode)
}

func (d *Folder) Follow(name string, flags int, mode os.FileMode) (*os.File, error) {
	return d.Open(name, flags, mode)
}

func (d *Folder) Rename(from, to string) error { return os.Rename(d.Join(from), d.Join(to)) }

func (d *Folder) Remove(name string) error { return os.Remove(d.Join(name)) }

func (d *Folder) Names() (names []string) {
	entries, _ := os.ReadDir(d.Path) // what cannot be read is not there for us
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (*Folder) Sync() error { return nil }

func (*Folder) Changeable(*os.File, Entry) error { return nil }

// IsMount reports false: a file cannot be a mount point.
func (*Folder) IsMount(string) bool { return false }

// Stat describes the folder itself.
func (d *Folder) Stat() (Entry, error) {
	info, err := os.Stat(d.Path)
	if err != nil {
		return Entry{}, err
	}
	return entryOf(info), nil
}

// Owned reports true: see above.
func (Entry) Owned() bool { return true }

// SyncDir does nothing: a folder cannot be synced on Windows, where NTFS
// journals its names.
func SyncDir(string) error { return nil }

// IsImmutable reports whether an attribute keeps a file from being changed, which Windows does not have.
func (*Folder) IsImmutable(string) bool { return false }
