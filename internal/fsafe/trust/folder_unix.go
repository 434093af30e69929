//go:build unix

package trust

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Folder is a folder that is open, so that what was checked is what is used.
type Folder struct {
	fd       int
	Path     string // for messages
	readOnly bool   // nobody can write on this mount
	Shared   bool   // others can add files, but not replace ours
	pseudo   bool   // links in it lead where their text does not say
}

// Enter opens a folder in d, as it is.
func (d *Folder) Enter(name string) (*Folder, error) { return d.openFolder(name, false) }

// Chmod changes the mode of a file or a folder in d.
func (d *Folder) Chmod(name string, mode os.FileMode) error {
	f, err := d.Open(name, unix.O_NONBLOCK, 0) // a pipe would wait for a writer
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(mode), f.Close())
}

// openFolder opens a folder by its name in d, which must not be a symlink, and
// checks it. A name of "" opens the root folder.
func (d *Folder) openFolder(name string, trust bool) (*Folder, error) {
	at, path := unix.AT_FDCWD, "/"
	if name == "" {
		name = "/"
	} else {
		at, path = d.fd, filepath.Join(d.Path, name)
	}
	fd, err := openat(at, name, lookOnly|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	in := &Folder{fd: fd, Path: path}
	var system unix.Statfs_t
	if err := again(func() error { return unix.Fstatfs(fd, &system) }); err != nil {
		return nil, errors.Join(&fs.PathError{Op: "statfs", Path: path, Err: err}, in.Close())
	}
	in.readOnly, in.pseudo = isReadOnly(system), isPseudo(system)
	if trust {
		if err := in.check(); err != nil {
			return nil, errors.Join(err, in.Close())
		}
	}
	return in, nil
}

// Close closes the folder.
func (d *Folder) Close() error { return unix.Close(d.fd) }

// Join returns the path of a name in the folder.
func (d *Folder) Join(name string) string { return filepath.Join(d.Path, name) }

// Lstat describes what has this name, without following a symlink.
func (d *Folder) Lstat(name string) (Entry, error) {
	var s unix.Stat_t
	err := again(func() error { return unix.Fstatat(d.fd, name, &s, unix.AT_SYMLINK_NOFOLLOW) })
	if err != nil {
		return Entry{}, &fs.PathError{Op: "lstat", Path: d.Join(name), Err: err}
	}
	return entryOf(s), nil
}

// Stat describes the folder itself.
func (d *Folder) Stat() (Entry, error) {
	var s unix.Stat_t
	err := again(func() error { return unix.Fstat(d.fd, &s) })
	if err != nil {
		return Entry{}, &fs.PathError{Op: "stat", Path: d.Path, Err: err}
	}
	return entryOf(s), nil
}

func (d *Folder) readlink(name string) (string, error) {
	b := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(d.fd, name, b)
	if err != nil {
		return "", &fs.PathError{Op: "readlink", Path: d.Join(name), Err: err}
	}
	return string(b[:n]), nil
}

// Open opens a file by its name in d, which must not be a symlink.
func (d *Folder) Open(name string, flags int, mode os.FileMode) (*os.File, error) {
	return d.Follow(name, flags|unix.O_NOFOLLOW, mode)
}

// Follow is Open, but for a symlink of the kernel's.
func (d *Folder) Follow(name string, flags int, mode os.FileMode) (*os.File, error) {
	fd, err := openat(d.fd, name, flags, uint32(mode.Perm()))
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: d.Join(name), Err: err}
	}
	return os.NewFile(uintptr(fd), d.Join(name)), nil
}

// Mkdir makes a folder with mode 0700, durably, unless there is one.
func (d *Folder) Mkdir(name string) error {
	if err := again(func() error { return unix.Mkdirat(d.fd, name, 0o700) }); err != nil && !errors.Is(err, fs.ErrExist) {
		return &fs.PathError{Op: "mkdir", Path: d.Join(name), Err: err}
	}
	return d.Sync()
}

// Rename renames a file within the folder.
func (d *Folder) Rename(from, to string) error {
	if err := again(func() error { return unix.Renameat(d.fd, from, d.fd, to) }); err != nil {
		return &os.LinkError{Op: "rename", Old: d.Join(from), New: d.Join(to), Err: err}
	}
	return nil
}

// Remove removes a file.
func (d *Folder) Remove(name string) error {
	if err := again(func() error { return unix.Unlinkat(d.fd, name, 0) }); err != nil {
		return &fs.PathError{Op: "remove", Path: d.Join(name), Err: err}
	}
	return nil
}

// reopen opens d itself for what a folder that was only looked at cannot do.
func (d *Folder) reopen() (*os.File, error) { return d.Open(".", unix.O_DIRECTORY, 0) }

// Names returns the names in d, as far as they can be read.
func (d *Folder) Names() []string {
	f, err := d.reopen()
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1) // what cannot be read is not there for us
	return names
}

// Sync makes the names in d durable.
func (d *Folder) Sync() error {
	f, err := d.reopen()
	if err != nil {
		return err
	}
	return syncDir(f)
}

// SyncDir makes the names in a folder durable.
func SyncDir(path string) error {
	d, err := os.Open(path) //nolint:gosec // the caller names the folder
	if err != nil {
		return err
	}
	return syncDir(d)
}

// syncDir syncs a folder and closes it.
func syncDir(d *os.File) error {
	err := d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) { // some file systems cannot, and need not
		err = nil
	}
	return errors.Join(err, d.Close())
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
