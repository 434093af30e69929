//go:build unix

package fsafe

import (
	"os"
	"syscall"

	"github.com/gofrs/flock"

	"github.com/credctl/credctl/internal/fsafe/trust"
	"github.com/credctl/credctl/internal/provider"
)

// replaceable refuses a file that cannot be renamed over, and another user's.
// Root may replace one and keep its owner.
func replaceable(s trust.Spot) error {
	switch {
	case s.Folder.IsMount(s.Name):
		return provider.Hint(refused("%s is a mount point, which cannot be replaced in one step", s.Path()),
			"mount the folder that holds the file instead of the file")
	case s.Folder.IsImmutable(s.Name):
		return immutable(s)
	case !s.Entry.Owned() && os.Geteuid() != 0:
		return provider.Hint(refused("%s belongs to another user (uid %d)", s.Path(), s.Entry.UID), "run as its owner, or choose another file")
	}
	return nil
}

// keepOwner gives f the owner and group of old. A group that cannot be kept does
// not matter when it has no rights.
func keepOwner(f *os.File, old trust.Entry) error {
	e, err := trust.Of(f)
	if err != nil {
		return err
	}
	if e.UID == old.UID && e.GID == old.GID {
		return nil
	}
	err = f.Chown(int(old.UID), int(old.GID))
	if e.UID == old.UID && !old.Exposed(0o070) {
		return nil
	}
	return err
}

// unlockAndRemove removes the file before it unlocks it: another run that waits for this
// file then notices that it was removed. A file that replaced it belongs to another run.
func unlockAndRemove(l *flock.Flock) {
	if mine, _ := current(l); !mine {
		return
	}
	_ = os.Remove(l.Path()) //nolint:gosec // G703: the caller's path
	_ = l.Unlock()
}

// nameless reports whether an open file was removed. On a network, its name may still be
// found for some seconds.
func nameless(file os.FileInfo) bool {
	s, ok := file.Sys().(*syscall.Stat_t)
	return ok && s.Nlink == 0
}
