// Package spool keeps what could not be written to a journal on another machine, in a
// folder of this one, until the next run gives it back.
package spool

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/credctl/credctl/internal/fsafe"
)

const suffix = ".jsonl"

// A Folder holds operations, as the journal has their text: secrets in it are encrypted.
type Folder struct {
	Dir  string
	Note func(text string) // is told what became of an operation
}

// Put keeps an operation, and returns where. It is durable then.
func (f *Folder) Put(id string, text []byte) (path string, err error) {
	for _, d := range []string{filepath.Dir(f.Dir), f.Dir} {
		if _, err := fsafe.Own(d); err != nil {
			return "", err
		}
	}
	path = f.path(id)
	return path, fsafe.WriteFile(path, text, fsafe.Options{})
}

// Each calls do with each operation that is kept.
func (f *Folder) Each(do func(id string, text []byte) error) error {
	files, err := os.ReadDir(f.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, file := range files {
		id, ours := strings.CutSuffix(file.Name(), suffix)
		if !ours || strings.HasPrefix(id, ".") {
			continue
		}
		text, rerr := fsafe.ReadPrivate(f.path(id))
		if errors.Is(rerr, fs.ErrNotExist) { // another run was faster
			continue
		}
		err = errors.Join(err, rerr)
		if rerr == nil {
			err = errors.Join(err, do(id, text))
		}
	}
	return err
}

// Drop removes an operation.
func (f *Folder) Drop(id string) error {
	err := os.Remove(f.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, fsafe.SyncDir(f.Dir))
}

func (f *Folder) path(id string) string { return filepath.Join(f.Dir, id+suffix) }
