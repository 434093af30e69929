package fsafe

import (
	"crypto/rand"
	"errors"
	"os"
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
	s, err := inspect(path, o)
	if err != nil {
		return err
	}
	return errors.Join(s.write(data, o), s.folder.close())
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
	return errors.Join(s.probe(o), s.folder.close())
}

// inspect finds the file that a write replaces. The caller closes its folder.
func inspect(path string, o Options) (spot, error) {
	s, err := locate(path, walk{trust: true, follow: true})
	if err != nil {
		return spot{}, err
	}
	if s.entry != nil {
		err = suitable(s.path(), *s.entry, o)
	}
	if err == nil && s.entry != nil && !o.InPlace {
		err = s.replaceable()
	}
	if err != nil {
		return spot{}, errors.Join(err, s.folder.close())
	}
	return s, nil
}

// suitable refuses an existing file to which no secret should be written.
func suitable(path string, e entry, o Options) error {
	switch {
	case !e.mode.IsRegular():
		return refused("%s is not a regular file", path)
	case e.links > 1 && !o.InPlace:
		return provider.Hint(refused("%s has other names (hard links), which would keep the old content", path),
			"choose a file with one name, or break the link: cp -p %[1]s %[1]s.new && mv %[1]s.new %[1]s", path)
	case e.exposed(0o066) && !o.AllowInsecurePerms:
		return tooWide(path, e, "read or change")
	}
	return nil
}

func (s spot) write(data []byte, o Options) error {
	s.removeTemp()
	if o.InPlace && s.entry != nil {
		return s.overwrite(data)
	}
	temp, err := s.stage(data)
	if err != nil {
		return err
	}
	if err := s.folder.rename(temp, s.name); err != nil {
		return errors.Join(err, s.folder.remove(temp))
	}
	return s.folder.sync()
}

func (s spot) probe(o Options) error {
	if o.InPlace && s.entry != nil {
		f, err := s.folder.open(s.name, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return f.Close()
	}
	temp, err := s.stage(nil)
	if err != nil {
		return err
	}
	return s.folder.remove(temp)
}

// overwrite writes data into the file that is there, at once: what is longer than
// data is cut off after it.
func (s spot) overwrite(data []byte) error {
	f, err := s.folder.open(s.name, os.O_WRONLY, 0)
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
// that the target has, and returns its name. When it fails there is no file.
func (s spot) stage(data []byte) (name string, err error) {
	before, after := s.temp()
	name = before + rand.Text() + after
	f, err := s.folder.open(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, private)
	if err != nil {
		return "", err
	}
	if err := errors.Join(s.fill(f, data), f.Close()); err != nil {
		return "", errors.Join(err, s.folder.remove(name))
	}
	return name, nil
}

func (s spot) fill(f *os.File, data []byte) error {
	mode := private
	if s.entry != nil {
		mode = s.entry.mode.Perm()
		if err := keepOwner(f, *s.entry); err != nil { // first: a wide mode is for the target's group, not for ours
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

// temp returns how the names of this target's temporary files begin and end.
func (s spot) temp() (before, after string) { return "." + s.name + ".credctl-", ".tmp" }

// removeTemp removes the temporary files of this target that killed runs left an
// hour ago or more: there may be a secret in them.
func (s spot) removeTemp() {
	before, after := s.temp()
	s.folder.removeOld(before, after)
}

// RemoveTemp removes the temporary files that killed runs left in a folder of ours
// an hour ago or more: there may be a secret in them.
func RemoveTemp(dir string) {
	if d, err := openDir(dir); err == nil {
		d.removeOld(".", ".tmp")
		_ = d.close()
	}
}

func (d *folder) removeOld(before, after string) {
	for _, name := range d.names() {
		if !strings.HasPrefix(name, before) || !strings.HasSuffix(name, after) {
			continue
		}
		if e, err := d.lstat(name); err == nil && e.mode.IsRegular() && time.Since(e.changed) > time.Hour {
			_ = d.remove(name) // the next write tries again
		}
	}
}
