//go:build unix

package fsafe

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

// locate goes along a path from the root folder, through every symlink, and
// returns the last folder and the name in it. The caller closes the folder.
func locate(path string, w walk) (spot, error) {
	if !filepath.IsAbs(path) {
		here, err := os.Getwd()
		if err != nil {
			return spot{}, err
		}
		path = here + "/" + path // not Join: it would take "link/.." away
	}
	if base := path[strings.LastIndexByte(path, '/')+1:]; !w.dir && (base == "" || base == "." || base == "..") {
		return spot{}, fmt.Errorf("%s is a folder, not a file", path)
	}
	at, err := (*folder)(nil).openFolder("", w.trust)
	if err != nil {
		return spot{}, err
	}
	on := walker{walk: w, at: at, names: split(path)}
	for {
		found, err := on.step()
		if err != nil {
			return spot{}, errors.Join(err, on.at.close())
		}
		if found != nil {
			return *found, nil
		}
	}
}

// A walker is on its way along a path.
type walker struct {
	walk

	at    *folder
	names []string // still to come
	links int      // that were followed
}

// step goes on by one name. It returns the spot when that was the last one.
func (w *walker) step() (*spot, error) {
	switch {
	case len(w.names) > 0:
	case w.dir:
		return &spot{folder: w.at}, nil
	default: // a symlink led to a folder
		return nil, &fs.PathError{Op: "open", Path: w.at.path, Err: unix.EISDIR}
	}
	name, last := w.names[0], len(w.names) == 1 && !w.dir
	w.names = w.names[1:]
	if name == ".." {
		return nil, w.move(name)
	}
	e, err := w.at.lstat(name)
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case missing && last:
		return &spot{w.at, name, nil}, nil
	case missing && w.make:
		if err := w.at.mkdir(name); err != nil {
			return nil, err
		}
		return nil, w.move(name)
	case err != nil:
		return nil, err
	}
	if w.trust {
		if err := w.at.enter(name, e); err != nil {
			return nil, err
		}
	}
	link := e.mode&fs.ModeSymlink != 0
	switch {
	case last && (!link || !w.follow || w.at.pseudo):
		return &spot{w.at, name, &e}, nil
	case link:
		return nil, w.through(name)
	}
	return nil, w.move(name)
}

// through goes on where a symlink leads.
func (w *walker) through(name string) error {
	to, err := w.at.readlink(name)
	if err != nil {
		return err
	}
	if w.links++; w.links > maxLinks {
		return fmt.Errorf("%s: too many symlinks", w.at.join(name))
	}
	w.names = slices.Concat(split(to), w.names)
	if filepath.IsAbs(to) {
		return w.move("")
	}
	return nil
}

// move goes on to a folder, and closes the one before.
func (w *walker) move(name string) error {
	next, err := w.at.openFolder(name, w.trust)
	if err != nil {
		return err
	}
	before := w.at
	w.at = next
	return before.close()
}

// split returns the names of a path.
func split(path string) []string {
	return slices.DeleteFunc(strings.Split(path, "/"), func(name string) bool { return name == "" || name == "." })
}
