//go:build unix

package fsafe

import (
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// An entry is what the system knows of a file, a folder or a symlink.
type entry struct {
	mode     fs.FileMode
	uid, gid uint32
	links    uint64
	changed  time.Time
}

func entryOf(s unix.Stat_t) entry {
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
	return entry{mode, s.Uid, s.Gid, uint64(s.Nlink), time.Unix(s.Mtim.Unix())} //nolint:unconvert // its width differs between systems
}

// entryOfFile describes a file that is open.
func entryOfFile(f *os.File) (entry, error) {
	var s unix.Stat_t
	err := again(func() error { return unix.Fstat(int(f.Fd()), &s) })
	if err != nil {
		return entry{}, &fs.PathError{Op: "stat", Path: f.Name(), Err: err}
	}
	return entryOf(s), nil
}

// exposed reports whether the mode has any of these bits.
func (e entry) exposed(bits fs.FileMode) bool { return e.mode.Perm()&bits != 0 }

// owned reports whether the file is ours.
func (e entry) owned() bool { return int(e.uid) == os.Geteuid() }

// trusted reports whether the file is ours or root's.
func (e entry) trusted() bool { return e.uid == 0 || e.owned() }
