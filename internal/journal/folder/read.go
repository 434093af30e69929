package folder

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/credctl/credctl/internal/journal/backend"
)

// Read reads the files of operations.
func (f *Folder) Read(ids ...string) (texts []backend.Text, err error) {
	var buffer bytes.Buffer
	for _, id := range ids {
		if !clean(id) {
			continue
		}
		t, err := read(id, f.operation(id), &buffer)
		if errors.Is(err, fs.ErrNotExist) {
			t, err = read(id, f.finished(id), &buffer)
		}
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		texts = append(texts, t)
	}
	return texts, nil
}

// read reads the file of an operation, by way of buffer, which all files of a call share.
func read(id, path string, buffer *bytes.Buffer) (t backend.Text, err error) {
	now := time.Now()
	info, err := os.Stat(path)
	if err != nil {
		return t, err
	}
	t.ID, t.Version.Version = id, version(info, now)
	file, err := os.Open(path) //nolint:gosec // G304: in the state folder
	if err != nil {
		return t, err
	}
	buffer.Reset()
	_, err = buffer.ReadFrom(file)
	b := buffer.Bytes()
	// Of the reserve, one line tells that it is there.
	t.Lines = bytes.Clone(b[:min(len(b), len(bytes.TrimRight(b, "\n"))+2)])
	return t, errors.Join(err, file.Close())
}
