package fsafe

import (
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/failpoint"
	"github.com/credctl/credctl/internal/fsafe/trust"
	"github.com/credctl/credctl/internal/provider"
)

// WriteFile makes data the content of path, whole and durable, or leaves the
// file as it was: whatever happens on the way, a reader finds the old or the
// new, except with InPlace. A new file has mode 0600; an existing one keeps its mode and owner, and on
// Linux its access control list and extended attributes.
// A symlink stays, and what it leads to is replaced.
//
// It refuses what [Check] refuses.
func WriteFile(path string, data []byte, o Options) error {
	s, err := inspect(path, o)
	if err != nil {
		return err
	}
	return errors.Join(write(s, data, o), s.Folder.Close())
}

// Check reports whether [WriteFile] can be done, without changing anything:
// nobody else can replace the file or a folder on its path, a file can be made in
// its folder with the target's mode and owner, and the target is new, or a regular
// file under one name, that nobody else may read or change. What we
// could write but should not is [provider.ErrRefused].
func Check(path string, o Options) error {
	s, err := inspect(path, o)
	if err != nil {
		return err
	}
	return errors.Join(probe(s, o), s.Folder.Close())
}

// inspect finds the file that a write replaces. The caller closes its folder.
func inspect(path string, o Options) (trust.Spot, error) {
	s, err := trust.Locate(path, trust.Walk{Trust: true, Follow: true})
	if err != nil {
		return trust.Spot{}, err
	}
	if s.Entry != nil {
		err = suitable(s, *s.Entry, o)
	}
	if err == nil && s.Entry != nil && !o.InPlace {
		err = replaceable(s)
	}
	if err != nil {
		return trust.Spot{}, errors.Join(err, s.Folder.Close())
	}
	return s, nil
}

// suitable refuses an existing file to which no secret should be written.
func suitable(s trust.Spot, e trust.Entry, o Options) error {
	path := s.Path()
	switch {
	case !e.Mode.IsRegular():
		return refused("%s is not a regular file", path)
	case e.Links > 1 && !o.InPlace:
		return provider.Hint(refused("%s has other names (hard links), which would keep the old content", path),
			"choose a file without other names, or replace it with a copy: cp -p %[1]s %[1]s.new && mv %[1]s.new %[1]s", path)
	case e.Exposed(0o066) && !o.AllowInsecurePerms:
		return tooWide(path, e, "read or change", s.Folder.HasList(s.Name))
	}
	return nil
}

func write(s trust.Spot, data []byte, o Options) error {
	removeTemp(s)
	if o.InPlace && s.Entry != nil {
		return overwrite(s, data)
	}
	temp, err := stage(s, data)
	if err != nil {
		return err
	}
	failpoint.Hit("file.staged")
	if err := s.Folder.Rename(temp, s.Name); err != nil {
		return errors.Join(notMade(s.Path(), err), s.Folder.Remove(temp))
	}
	failpoint.Hit("file.renamed")
	return s.Folder.Sync()
}

const (
	room    = 16 << 10 // the space that a write is sure to find, besides what the file has now
	largest = 8 << 20  // bytes of a file that is asked for room: no file of settings is larger
)

func probe(s trust.Spot, o Options) error {
	size := int64(room)
	if s.Entry != nil && !o.InPlace {
		size += min(s.Entry.Size, largest) // most of which the new content may be
	}
	if o.Room > 0 {
		size = int64(o.Room)
	}
	if o.InPlace && s.Entry != nil {
		return reserve(s, size)
	}
	temp, err := stage(s, make([]byte, size)) // a full disk is met while it does no harm
	if err != nil {
		return err
	}
	return s.Folder.Remove(temp)
}

// stage writes data to a new file next to the target, with the mode and owner
// that the target has, and returns its name. When it fails there is no file.
func stage(s trust.Spot, data []byte) (name string, err error) {
	before, after := temp(s)
	name = before + rand.Text() + after
	f, err := s.Folder.Open(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, private)
	if err != nil {
		return "", notMade(s.Path(), err)
	}
	if err := errors.Join(fill(s, f, data), f.Close()); err != nil {
		return "", errors.Join(notMade(s.Path(), err), s.Folder.Remove(name))
	}
	return name, nil
}

func fill(s trust.Spot, f *os.File, data []byte) error {
	mode := private
	if s.Entry != nil {
		mode = s.Entry.Mode.Perm()
		if err := keepOwner(f, *s.Entry); err != nil { // first: a wide mode is for the target's group, not for ours
			return err
		}
		if err := keepAttributes(f, s); err != nil {
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

// keepAttributes gives f what the file that it replaces has in addition to mode and owner.
func keepAttributes(f *os.File, s trust.Spot) error {
	old, err := s.Folder.Open(s.Name, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(trust.KeepAttributes(f, old), old.Close())
}

// temp returns how the names of this target's temporary files begin and end.
func temp(s trust.Spot) (before, after string) { return "." + s.Name + ".credctl-", ".tmp" }

// removeTemp removes the temporary files of this target that killed runs left an
// hour ago or more: there may be a secret in them.
func removeTemp(s trust.Spot) {
	before, after := temp(s)
	removeOld(s.Folder, before, after)
}

// RemoveTemp removes the temporary files that killed runs left in a folder of ours
// an hour ago or more: there may be a secret in them.
func RemoveTemp(dir string) {
	if d, err := openDir(dir); err == nil {
		removeOld(d, ".", ".tmp")
		_ = d.Close()
	}
}

func removeOld(d *trust.Folder, before, after string) {
	for _, name := range d.Names() {
		if !strings.HasPrefix(name, before) || !strings.HasSuffix(name, after) {
			continue
		}
		if e, err := d.Lstat(name); err == nil && e.Mode.IsRegular() && time.Since(e.Changed) > time.Hour {
			_ = d.Remove(name) // the next write tries again
		}
	}
}
