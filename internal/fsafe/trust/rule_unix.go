//go:build unix

package trust

import (
	"fmt"
	"io/fs"
	"os"

	"github.com/credctl/credctl/internal/provider"
)

// check refuses a folder in which others than root and us can replace what is
// there. Where others can add files, it is marked as shared.
func (d *Folder) check() error {
	if d.readOnly {
		return nil
	}
	e, err := d.Stat()
	switch {
	case err != nil:
		return err
	case !e.Trusted():
		return provider.Hint(refused("%s belongs to another user (uid %d), who can replace files in it", d.Path, e.UID),
			"run as that user, or choose a path on which every folder is yours or root's")
	case !e.writable(d.acl):
		return nil
	case e.Mode&fs.ModeSticky != 0:
		d.Shared = true
		return nil
	}
	return provider.Hint(refused("other users can replace files in %s (mode %04o)", d.Path, e.Mode.Perm()),
		"run: chmod go-w %s, or choose a folder that only you can write", d.Path)
}

// enter refuses what somebody else may have put into a folder.
func (d *Folder) enter(name string, e Entry) error {
	replaceable := d.Shared || e.Mode&fs.ModeSymlink != 0 // a symlink says where to go on, wherever it is
	if d.readOnly || !replaceable || e.Trusted() {
		return nil
	}
	return provider.Hint(refused("%s belongs to another user (uid %d)", d.Join(name), e.UID), "choose another path, or have its owner remove it")
}

// Changeable refuses a file in d that is open and that others than root and us
// can change.
func (d *Folder) Changeable(f *os.File, e Entry) error {
	switch {
	case d.readOnly, e.Mode&fs.ModeCharDevice != 0:
		return nil
	case e.Mode&fs.ModeNamedPipe != 0 && d.pseudo: // the caller's own, as in <(command)
		return nil
	case !e.Trusted():
		return provider.Hint(refused("%s belongs to another user (uid %d), who can change it", f.Name(), e.UID), "run as its owner, or use a file of yours")
	case e.writable(func() ([]byte, error) { return acl(f) }):
		return provider.Hint(refused("other users can change %s (mode %04o)", f.Name(), e.Mode.Perm()), "run: chmod go-w %s", f.Name())
	}
	return nil
}

// writable reports whether others than root and the owner may write, which those
// in our own private group are not. What cannot be told counts as writable.
func (e Entry) writable(acl func() ([]byte, error)) bool {
	if e.Exposed(0o002) {
		return true
	}
	if !e.Exposed(0o020) { // also the mask of an access control list
		return false
	}
	list, err := acl()
	return err != nil || !ownWriters(list) || !privateGroup(e.GID)
}

func (d *Folder) acl() ([]byte, error) {
	f, err := d.reopen()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return acl(f)
}

func refused(format string, args ...any) error {
	return provider.WithClass(provider.ErrRefused, fmt.Errorf(format, args...))
}
