//go:build unix

package fsafe

import (
	"io/fs"
	"os"

	"github.com/credctl/credctl/internal/provider"
)

// check refuses a folder in which others than root and us can replace what is
// there. Where others can add files, it is marked as shared.
func (d *folder) check() error {
	if d.readOnly {
		return nil
	}
	e, err := d.stat()
	switch {
	case err != nil:
		return err
	case !e.trusted():
		return provider.Hint(refused("%s belongs to another user (uid %d), who can replace what is in it", d.path, e.uid),
			"run as that user, or choose a path on which every folder is yours or root's")
	case !e.writable(d.acl):
		return nil
	case e.mode&fs.ModeSticky != 0:
		d.shared = true
		return nil
	}
	return provider.Hint(refused("other users can replace what is in %s (mode %04o)", d.path, e.mode.Perm()),
		"run: chmod go-w %s, or choose a folder that only you can write", d.path)
}

// enter refuses what somebody else may have put into a folder.
func (d *folder) enter(name string, e entry) error {
	replaceable := d.shared || e.mode&fs.ModeSymlink != 0 // a symlink says where to go on, wherever it is
	if d.readOnly || !replaceable || e.trusted() {
		return nil
	}
	return provider.Hint(refused("%s belongs to another user (uid %d)", d.join(name), e.uid), "choose another path, or have its owner remove it")
}

// changeable refuses a file in d that is open and that others than root and us
// can change.
func (d *folder) changeable(f *os.File, e entry) error {
	switch {
	case d.readOnly, e.mode&fs.ModeCharDevice != 0:
		return nil
	case e.mode&fs.ModeNamedPipe != 0 && d.pseudo: // the caller's own, as in <(command)
		return nil
	case !e.trusted():
		return provider.Hint(refused("%s belongs to another user (uid %d), who can change it", f.Name(), e.uid), "run as its owner, or use a file of yours")
	case e.writable(func() ([]byte, error) { return acl(f) }):
		return provider.Hint(refused("other users can change %s (mode %04o)", f.Name(), e.mode.Perm()), "run: chmod go-w %s", f.Name())
	}
	return nil
}

// writable reports whether others than root and the owner may write, which those
// in our own private group are not. What cannot be told counts as writable.
func (e entry) writable(acl func() ([]byte, error)) bool {
	if e.exposed(0o002) {
		return true
	}
	if !e.exposed(0o020) { // also the mask of an access control list
		return false
	}
	list, err := acl()
	return err != nil || !ownWriters(list) || !privateGroup(e.gid)
}

func (d *folder) acl() ([]byte, error) {
	f, err := d.reopen()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return acl(f)
}
