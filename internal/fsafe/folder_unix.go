//go:build unix

package fsafe

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// A folder is a folder that is open, so that what was checked is what is used.
type folder struct {
	fd       int
	path     string // for messages
	readOnly bool   // nobody can write on this mount
	shared   bool   // others can add files, but not replace ours
	pseudo   bool   // links in it lead where their text does not say
}

// openFolder opens a folder by its name in d, which must not be a symlink, and
// checks it. A name of "" opens the root folder.
func (d *folder) openFolder(name string, trust bool) (*folder, error) {
	at, path := unix.AT_FDCWD, "/"
	if name == "" {
		name = "/"
	} else {
		at, path = d.fd, filepath.Join(d.path, name)
	}
	fd, err := openat(at, name, lookOnly|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	in := &folder{fd: fd, path: path}
	var system unix.Statfs_t
	if err := again(func() error { return unix.Fstatfs(fd, &system) }); err != nil {
		return nil, errors.Join(&fs.PathError{Op: "statfs", Path: path, Err: err}, in.close())
	}
	in.readOnly, in.pseudo = isReadOnly(system), isPseudo(system)
	if trust {
		if err := in.check(); err != nil {
			return nil, errors.Join(err, in.close())
		}
	}
	return in, nil
}

func (d *folder) close() error { return unix.Close(d.fd) }

func (d *folder) join(name string) string { return filepath.Join(d.path, name) }

// lstat describes what has this name, without following a symlink.
func (d *folder) lstat(name string) (entry, error) {
	var s unix.Stat_t
	err := again(func() error { return unix.Fstatat(d.fd, name, &s, unix.AT_SYMLINK_NOFOLLOW) })
	if err != nil {
		return entry{}, &fs.PathError{Op: "lstat", Path: d.join(name), Err: err}
	}
	return entryOf(s), nil
}

func (d *folder) stat() (entry, error) {
	var s unix.Stat_t
	err := again(func() error { return unix.Fstat(d.fd, &s) })
	if err != nil {
		return entry{}, &fs.PathError{Op: "stat", Path: d.path, Err: err}
	}
	return entryOf(s), nil
}

func (d *folder) readlink(name string) (string, error) {
	b := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(d.fd, name, b)
	if err != nil {
		return "", &fs.PathError{Op: "readlink", Path: d.join(name), Err: err}
	}
	return string(b[:n]), nil
}

// open opens a file by its name in d, which must not be a symlink.
func (d *folder) open(name string, flags int, mode os.FileMode) (*os.File, error) {
	return d.follow(name, flags|unix.O_NOFOLLOW, mode)
}

// follow is open, but for a symlink of the kernel's.
func (d *folder) follow(name string, flags int, mode os.FileMode) (*os.File, error) {
	fd, err := openat(d.fd, name, flags, uint32(mode.Perm()))
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: d.join(name), Err: err}
	}
	return os.NewFile(uintptr(fd), d.join(name)), nil
}

func (d *folder) mkdir(name string) error {
	if err := again(func() error { return unix.Mkdirat(d.fd, name, 0o700) }); err != nil && !errors.Is(err, fs.ErrExist) {
		return &fs.PathError{Op: "mkdir", Path: d.join(name), Err: err}
	}
	return d.sync()
}

func (d *folder) rename(from, to string) error {
	if err := again(func() error { return unix.Renameat(d.fd, from, d.fd, to) }); err != nil {
		return &os.LinkError{Op: "rename", Old: d.join(from), New: d.join(to), Err: err}
	}
	return nil
}

func (d *folder) remove(name string) error {
	if err := again(func() error { return unix.Unlinkat(d.fd, name, 0) }); err != nil {
		return &fs.PathError{Op: "remove", Path: d.join(name), Err: err}
	}
	return nil
}

// reopen opens d itself for what a folder that was only looked at cannot do.
func (d *folder) reopen() (*os.File, error) { return d.open(".", unix.O_DIRECTORY, 0) }

// names returns the names in d, as far as they can be read.
func (d *folder) names() []string {
	f, err := d.reopen()
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1) // what cannot be read is not there for us
	return names
}

// sync makes the names in d durable.
func (d *folder) sync() error {
	f, err := d.reopen()
	if err != nil {
		return err
	}
	return syncDir(f)
}

func openat(fd int, name string, flags int, mode uint32) (opened int, err error) {
	err = again(func() (err error) {
		opened, err = unix.Openat(fd, name, flags|unix.O_CLOEXEC, mode)
		return err
	})
	return opened, err
}

// again repeats a system call that a signal has interrupted.
func again(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
