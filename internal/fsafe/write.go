package fsafe

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// WriteFile makes data the content of path, whole and durable, or leaves the
// file as it was: whatever happens on the way, a reader finds the old or the
// new. A new file has mode 0600; an existing one keeps its mode and its owner.
// A symlink stays, and what it leads to is replaced.
//
// It refuses what [Check] refuses.
func WriteFile(path string, data []byte, o Options) error {
	t, err := inspect(path, o)
	if err != nil {
		return err
	}
	removeTemp(filepath.Dir(t.path), t.temp())
	if o.InPlace && t.info != nil {
		return t.overwrite(data)
	}
	temp, err := t.stage(data)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, t.path); err != nil { //nolint:gosec // the caller names the file
		return errors.Join(err, os.Remove(temp)) //nolint:gosec // made just now
	}
	return SyncDir(filepath.Dir(t.path))
}

// Check reports whether [WriteFile] can be done, without changing anything: a
// file can be made in its folder with the target's mode and owner; the
// target is new, or a regular file of ours, under one name, that nobody else may
// read or change. What we could write but should not is [provider.ErrRefused].
func Check(path string, o Options) error {
	t, err := inspect(path, o)
	if err != nil {
		return err
	}
	if o.InPlace && t.info != nil {
		f, err := os.OpenFile(t.path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return f.Close()
	}
	temp, err := t.stage(nil)
	if err != nil {
		return err
	}
	return os.Remove(temp) //nolint:gosec // made just now
}

// Resolve returns where the symlinks at path lead, which need not exist yet.
// Two names of one file have the same result.
func Resolve(path string) (string, error) {
	for range 40 { // as many as Linux follows
		dir, base := filepath.Split(path)
		if dir == "" {
			dir = "."
		}
		if base == "" || base == "." || base == ".." {
			return "", fmt.Errorf("%s is a folder, not a file", path)
		}
		dir, err := filepath.EvalSymlinks(dir)
		if err != nil {
			return "", err
		}
		if dir, err = filepath.Abs(dir); err != nil {
			return "", err
		}
		path = filepath.Join(dir, base)
		link, err := os.Readlink(path)
		if err != nil { // it is no symlink, or not there
			return path, nil //nolint:nilerr // both are answers
		}
		if filepath.IsAbs(link) {
			path = link
		} else {
			path = dir + string(filepath.Separator) + link // not Join: it would take "sub/.." away, and sub may be a symlink
		}
	}
	return "", fmt.Errorf("%s: too many symlinks", path)
}

// A target is the real file that a write replaces.
type target struct {
	path string
	info fs.FileInfo // nil: there is none yet
}

func inspect(path string, o Options) (target, error) {
	name, err := Resolve(path)
	if err != nil {
		return target{}, err
	}
	info, err := os.Lstat(name) //nolint:gosec // the caller names the file
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return target{path: name}, nil
	case err != nil:
		return target{}, err
	}
	if err := suitable(name, info, o); err != nil {
		return target{}, err
	}
	if o.InPlace {
		return target{name, info}, nil
	}
	return target{name, info}, replaceable(name, info)
}

// suitable refuses an existing file to which no secret should be written.
func suitable(path string, info fs.FileInfo, o Options) error {
	refuse := func(why string) error { return provider.WithClass(provider.ErrRefused, errors.New(path+why)) }
	switch {
	case !info.Mode().IsRegular():
		return refuse(" is not a regular file")
	case links(info) > 1 && !o.InPlace:
		return provider.Hint(refuse(" has further names (hard links), which would keep the old content"),
			"name a file with one name only, or break the link: cp -p %[1]s %[1]s.new && mv %[1]s.new %[1]s", path)
	case exposed(info, 0o066) && !o.AllowInsecurePerms:
		return tooWide(path, info, "read or change")
	}
	return nil
}

// overwrite writes data into the file that is there, at once: what is longer than
// data is cut off after it.
func (t target) overwrite(data []byte) error {
	f, err := os.OpenFile(t.path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(data, 0)
	if err == nil {
		err = f.Truncate(int64(len(data)))
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// stage writes data to a new file next to the target, with the mode and owner
// that the target has, and returns its path. When it fails there is no file.
func (t target) stage(data []byte) (path string, err error) {
	f, err := os.CreateTemp(filepath.Dir(t.path), t.temp()) // O_EXCL, 0600
	if err != nil {
		return "", err
	}
	if err := errors.Join(t.fill(f, data), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name())) //nolint:gosec // made just now
	}
	return f.Name(), nil
}

func (t target) fill(f *os.File, data []byte) error {
	mode := private
	if t.info != nil {
		mode = t.info.Mode().Perm()
		if err := keepOwner(f, t.info); err != nil { // first: a wide mode is for the target's group, not for ours
			return err
		}
	}
	if err := f.Chmod(mode); err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

// temp is the pattern of the names of this target's temporary files.
func (t target) temp() string { return "." + filepath.Base(t.path) + ".credctl-*.tmp" }

// RemoveTemp removes the temporary files that killed runs left in a folder of ours
// an hour ago or more: there may be a secret in them.
func RemoveTemp(dir string) { removeTemp(dir, ".*.tmp") }

func removeTemp(dir, pattern string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	before, after, _ := strings.Cut(pattern, "*")
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), before) || !strings.HasSuffix(e.Name(), after) {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(filepath.Join(dir, e.Name())) // the next write tries again
		}
	}
}
