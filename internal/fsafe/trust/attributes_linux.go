package trust

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/credctl/credctl/internal/provider"
)

// KeepAttributes gives to, which replaces from, the access control list and the
// extended attributes of from, and no other list. It fails where it cannot.
func KeepAttributes(to, from *os.File) error {
	wanted, err := attributes(from)
	if err != nil {
		return err
	}
	if !slices.Contains(wanted, aclAttribute) { // the folder may have given it one
		err := again(func() error { return unix.Fremovexattr(int(to.Fd()), aclAttribute) })
		if err != nil && !errors.Is(err, unix.ENODATA) && !errors.Is(err, unix.ENOTSUP) {
			return cannotKeep(from, aclAttribute, err)
		}
	}
	for _, name := range wanted {
		want, err := attribute(from, name)
		if err != nil {
			return cannotKeep(from, name, err)
		}
		if has, err := attribute(to, name); err == nil && bytes.Equal(has, want) {
			continue
		}
		if err := again(func() error { return unix.Fsetxattr(int(to.Fd()), name, want, 0) }); err != nil {
			return cannotKeep(from, name, err)
		}
	}
	return nil
}

func cannotKeep(f *os.File, name string, err error) error {
	hint := "run: setfattr -x " + name + " " + f.Name()
	if name == aclAttribute {
		hint = "run: setfacl -b " + f.Name()
	}
	return provider.Hint(refused("the attribute %s of %s would be lost: %w", name, f.Name(), err), "choose another file, or %s", hint)
}

// attributes returns the names of those attributes of a file that its replacement must
// have. The kernel computes the others from the content.
func attributes(f *os.File) ([]string, error) {
	for {
		size, err := unix.Flistxattr(int(f.Fd()), nil)
		if errors.Is(err, unix.ENOTSUP) {
			return nil, nil
		}
		if err != nil {
			return nil, &os.PathError{Op: "listxattr", Path: f.Name(), Err: err}
		}
		b := make([]byte, size)
		size, err = unix.Flistxattr(int(f.Fd()), b)
		if errors.Is(err, unix.ERANGE) { // there are more now
			continue
		}
		if err != nil {
			return nil, &os.PathError{Op: "listxattr", Path: f.Name(), Err: err}
		}
		return slices.DeleteFunc(strings.Split(string(b[:size]), "\x00"), func(name string) bool {
			return name == "" || name == "security.ima" || name == "security.evm"
		}), nil
	}
}

// HasList reports whether a name in d has an access control list, whose mask is what
// the mode shows as the group's rights.
func (d *Folder) HasList(name string) bool {
	f, err := d.Open(name, unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	list, err := acl(f)
	return err == nil && len(list) > 0
}
