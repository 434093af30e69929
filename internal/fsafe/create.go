// Package fsafe writes files that hold secrets: never wider than 0600 unless
// they already were, never half written, and durable when a call returns. It
// also takes the locks that keep two runs apart.
package fsafe

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/credctl/credctl/internal/fsafe/trust"
	"github.com/credctl/credctl/internal/provider"
)

// private is the mode of every new file.
const private os.FileMode = 0o600

// Options relax what [Check] and [WriteFile] demand.
type Options struct {
	// AllowInsecurePerms accepts a target that others may read or change. Its
	// mode stays as it is.
	AllowInsecurePerms bool

	// InPlace writes into an existing file, which keeps its inode: one that is
	// bind-mounted elsewhere, say. A reader may find it in between, and so may
	// whoever looks after a crash.
	InPlace bool

	// Room is how many bytes [Check] finds room for; zero is as many as a file of settings
	// may need.
	Room int
}

// Create makes a new file for writing, with exactly this mode whatever the
// umask is. What already exists, a symlink too, is [provider.ErrUsage] and
// [fs.ErrExist], and stays untouched. A folder on the path that others can
// write is [provider.ErrRefused].
func Create(path string, mode os.FileMode) (*os.File, error) {
	s, err := vacant(path)
	if err != nil {
		return nil, err
	}
	f, err := create(s.Folder, s.Name, os.O_WRONLY, mode)
	if errors.Is(err, fs.ErrExist) {
		err = alreadyExists(path)
	}
	return f, errors.Join(err, s.Folder.Close())
}

// CheckNew reports what would keep Create from making a file, as far as that can be
// known without making it. Its errors are those of Create.
func CheckNew(path string) error {
	s, err := vacant(path)
	if err != nil {
		return err
	}
	return errors.Join(probe(s, Options{}), s.Folder.Close())
}

// vacant finds the place of a new file. The caller closes its folder.
func vacant(path string) (trust.Spot, error) {
	if path == "-" {
		return trust.Spot{}, provider.Hint(provider.Usage("- does not mean standard output here"), "pass ./- for a file with that name")
	}
	s, err := trust.Locate(path, trust.Walk{Trust: true})
	if err == nil && s.Entry != nil {
		return trust.Spot{}, errors.Join(alreadyExists(path), s.Folder.Close())
	}
	return s, err
}

// create makes a file in d, which must not be there.
func create(d *trust.Folder, name string, flags int, mode os.FileMode) (*os.File, error) {
	f, err := d.Open(name, flags|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(mode); err != nil {
		return nil, errors.Join(err, f.Close(), d.Remove(name))
	}
	return f, nil
}

// notMade returns the error for a file at path that cannot be written, because of err,
// which may name a temporary file.
func notMade(path string, err error) error {
	of, isPath := errors.AsType[*fs.PathError](err)
	rename, isLink := errors.AsType[*os.LinkError](err)
	switch {
	case errors.Is(err, syscall.EROFS):
		return provider.Hint(provider.WithClass(provider.ErrUsage, fmt.Errorf("%s is on a read-only file system", path)), "choose another path")
	case errors.Is(err, provider.ErrRefused):
		return err
	case isPath:
		return &fs.PathError{Op: "write", Path: path, Err: of.Err}
	case isLink:
		return &fs.PathError{Op: "write", Path: path, Err: rename.Err}
	}
	return err
}

func alreadyExists(path string) error {
	return provider.Hint(provider.WithClass(fs.ErrExist, provider.Usage("%s already exists", path)),
		"choose a file that does not exist, or move the existing file")
}

// tooWide refuses a file for its mode. Where it has an access control list, whoever
// the list names would lose the file to a chmod.
func tooWide(path string, e trust.Entry, what string, list bool) error {
	if list {
		return provider.Hint(refused("other users can %s %s, which has an access control list", what, path),
			"run: getfacl %[1]s. Then pass --allow-insecure-perms to keep its readers, or run: setfacl -b %[1]s && chmod 600 %[1]s", path)
	}
	return provider.Hint(refused("other users can %s %s (mode %04o)", what, path, e.Mode.Perm()), "run: chmod 600 %s", path)
}

func refused(format string, args ...any) error {
	return provider.WithClass(provider.ErrRefused, fmt.Errorf(format, args...))
}
