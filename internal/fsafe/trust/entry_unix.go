//go:build unix

package trust

import (
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// An Entry is what the system knows of a file, a folder or a symlink.
type Entry struct {
	Mode     fs.FileMode
	UID, GID uint32
	Links    uint64
	Changed  time.Time
	Size     int64
}

func entryOf(s unix.Stat_t) Entry {
	mode := fs.FileMode(s.Mode & 0o777)
	switch s.Mode & unix.S_IFMT {
	case unix.S_IFREG:
	case unix.S_IFDIR:
		mode |= fs.ModeDir
	case unix.S_IFLNK:
		mode |= fs.ModeSymlink
	case unix.S_IFIFO:
		mode |= fs.ModeNamedPipe
	case unix.S_IFCHR:
		mode |= fs.ModeDevice | fs.ModeCharDevice
	default:
		mode |= fs.ModeIrregular
	}
	if s.Mode&unix.S_ISVTX != 0 {
		mode |= fs.ModeSticky
	}
	return Entry{mode, s.Uid, s.Gid, uint64(s.Nlink), time.Unix(s.Mtim.Unix()), s.Size} //nolint:unconvert // its width differs between systems
}

// Of describes a file that is open.
func Of(f *os.File) (Entry, error) {
	var s unix.Stat_t
	err := again(func() error { return unix.Fstat(int(f.Fd()), &s) })
	if err != nil {
		return Entry{}, &fs.PathError{Op: "stat", Path: f.Name(), Err: err}
	}
	return entryOf(s), nil
}

// Exposed reports whether the mode has any of these bits.
func (e Entry) Exposed(bits fs.FileMode) bool { return e.Mode.Perm()&bits != 0 }

// Owned reports whether the file is ours.
func (e Entry) Owned() bool { return int(e.UID) == os.Geteuid() }

// Trusted reports whether the file is ours or root's.
func (e Entry) Trusted() bool { return e.UID == 0 || e.Owned() }
