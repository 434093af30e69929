//go:build unix

package fsafe

import (
	"errors"

	"github.com/credctl/credctl/internal/fsafe/trust"
	"github.com/credctl/credctl/internal/provider"
)

const privateDir = 0o700

// Own makes a folder for files of credctl's own, as [Dir] does. One that is there
// gets mode 0700 again; where others could write in it, what is ours in it gets
// 0700 and 0600 too. It reports whether others could.
func Own(path string) (opened bool, err error) {
	s, err := trust.Locate(path, trust.Walk{Trust: true, Follow: true, Make: true})
	if err != nil {
		return false, err
	}
	switch {
	case s.Entry == nil:
		err = s.Folder.Mkdir(s.Name)
	case !s.Entry.Mode.IsDir():
		err = refused("%s is not a folder", path)
	case !s.Entry.Owned():
		err = provider.Hint(refused("%s belongs to another user (uid %d)", path, s.Entry.UID), "run as its owner, or choose another folder")
	case s.Entry.Exposed(0o077):
		opened = s.Entry.Exposed(0o022)
		err = reclaim(s.Folder, s.Name, opened)
	}
	return opened, errors.Join(err, s.Folder.Close())
}

// OwnFile gives a file of credctl's own, if there is one, mode 0600 again. It
// reports whether others could read or change it.
func OwnFile(path string) (opened bool, err error) {
	s, err := trust.Locate(path, trust.Walk{Trust: true})
	if err != nil {
		return false, err
	}
	if s.Entry != nil && s.Entry.Mode.IsRegular() && s.Entry.Owned() && s.Entry.Exposed(0o077) {
		opened, err = true, s.Folder.Chmod(s.Name, private)
	}
	return opened, errors.Join(err, s.Folder.Close())
}

// reclaim closes a folder in d to others and, if deep, what is ours in it.
func reclaim(d *trust.Folder, name string, deep bool) error {
	if err := d.Chmod(name, privateDir); err != nil || !deep {
		return err
	}
	in, err := d.Enter(name)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range in.Names() {
		e, err := in.Lstat(name)
		switch {
		case err != nil || !e.Owned():
		case e.Mode.IsDir():
			err = reclaim(in, name, deep)
		case e.Mode.IsRegular() && e.Exposed(0o077):
			err = in.Chmod(name, private)
		}
		errs = append(errs, err)
	}
	return errors.Join(append(errs, in.Close())...)
}
