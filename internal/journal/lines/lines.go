// Package lines has files of lines that several processes add to.
package lines

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"github.com/credctl/credctl/internal/fsafe"
)

// A File is a file of lines of JSON.
type File struct {
	Path string

	// Lock keeps other processes from adding lines.
	Lock func() (release func(), err error)

	// Own closes the file to other users again, if there is one. It may be nil.
	Own func(path string) error
}

// Check reports whether lines can be added.
func (f File) Check() error {
	if _, err := os.Lstat(f.Path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	file, err := fsafe.OpenAppend(f.Path)
	if err == nil {
		err = file.Close()
	}
	return err
}

// Append adds whole lines, which are durable when it returns.
func (f File) Append(lines []byte) (err error) {
	release, err := f.Lock()
	if err != nil {
		return err
	}
	defer release()
	if f.Own != nil { // logrotate makes it with a mode of its own
		if err := f.Own(f.Path); err != nil {
			return err
		}
	}
	file, err := fsafe.OpenAppend(f.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if info, err := file.Stat(); err != nil {
		return err
	} else if size := info.Size(); size > 0 {
		last := make([]byte, 1)
		if _, err := file.ReadAt(last, size-1); err != nil {
			return err
		}
		if last[0] != '\n' { // a run that was killed left half a line
			lines = append([]byte("\n"), lines...)
		}
	}
	return fsafe.Append(file, lines)
}

// Each gives each line that is whole to read.
func (f File) Each(read func(line []byte)) error {
	b, err := os.ReadFile(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for line := range bytes.Lines(b) {
		if bytes.HasSuffix(line, []byte("\n")) && json.Valid(line) {
			read(line)
		}
	}
	return nil
}
