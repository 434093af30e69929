//go:build unix

package trust

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

const maxLinks = 40 // as many as Linux follows

// Locate goes along a path from the root folder, through every symlink, and
// returns the last folder and the name in it. The caller closes the folder.
func Locate(path string, w Walk) (Spot, error) {
	if !filepath.IsAbs(path) {
		here, err := os.Getwd()
		if err != nil {
			return Spot{}, err
		}
		path = here + "/" + path // not Join: it would take "link/.." away
	}
	if base := path[strings.LastIndexByte(path, '/')+1:]; !w.Dir && (base == "" || base == "." || base == "..") {
		return Spot{}, fmt.Errorf("%s is a folder, not a file", path)
	}
	at, err := (*Folder)(nil).openFolder("", w.Trust)
	if err != nil {
		return Spot{}, err
	}
	on := walker{Walk: w, at: at, names: split(path)}
	for {
		found, err := on.step()
		if err != nil {
			return Spot{}, errors.Join(err, on.at.Close())
		}
		if found != nil {
			return *found, nil
		}
	}
}

// A missingFolderError is that a folder on the way does not exist.
type missingFolderError struct {
	path string
	err  error
}

func (e missingFolderError) Error() string { return "the folder " + e.path + " does not exist" }
func (e missingFolderError) Unwrap() error { return e.err }

// A walker is on its way along a path.
type walker struct {
	Walk

	at    *Folder
	names []string // still to come
	links int      // that were followed
}

// step continues by one name. It returns the spot when that was the last one.
func (w *walker) step() (*Spot, error) {
	switch {
	case len(w.names) > 0:
	case w.Dir:
		return &Spot{Folder: w.at}, nil
	default: // a symlink led to a folder
		return nil, &fs.PathError{Op: "open", Path: w.at.Path, Err: unix.EISDIR}
	}
	name, last := w.names[0], len(w.names) == 1 && !w.Dir
	w.names = w.names[1:]
	if name == ".." {
		return nil, w.move(name)
	}
	e, err := w.at.Lstat(name)
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case missing && last:
		return &Spot{w.at, name, nil}, nil
	case missing && w.Make:
		if err := w.at.Mkdir(name); err != nil {
			return nil, err
		}
		return nil, w.move(name)
	case missing:
		return nil, missingFolderError{w.at.Join(name), err}
	case err != nil:
		return nil, err
	}
	if w.Trust {
		if err := w.at.enter(name, e); err != nil {
			return nil, err
		}
	}
	link := e.Mode&fs.ModeSymlink != 0
	switch {
	case last && (!link || !w.Follow || w.at.pseudo):
		return &Spot{w.at, name, &e}, nil
	case link:
		return nil, w.through(name)
	}
	return nil, w.move(name)
}

// through continues where a symlink leads.
func (w *walker) through(name string) error {
	to, err := w.at.readlink(name)
	if err != nil {
		return err
	}
	if w.links++; w.links > maxLinks {
		return fmt.Errorf("%s: too many symlinks", w.at.Join(name))
	}
	w.names = slices.Concat(split(to), w.names)
	if filepath.IsAbs(to) {
		return w.move("")
	}
	return nil
}

// move continues to a folder, and closes the one before.
func (w *walker) move(name string) error {
	next, err := w.at.openFolder(name, w.Trust)
	if err != nil {
		return err
	}
	before := w.at
	w.at = next
	return before.Close()
}

// split returns the names of a path.
func split(path string) []string {
	return slices.DeleteFunc(strings.Split(path, "/"), func(name string) bool { return name == "" || name == "." })
}
