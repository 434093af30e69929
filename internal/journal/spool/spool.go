// Package spool keeps what could not be written to a journal on another machine, in a
// folder of this one, until the next run gives it back.
package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

const suffix = ".jsonl"

// A Folder holds operations, as the journal has their text: secrets in it are encrypted.
type Folder struct {
	Dir  string
	Note func(text string) // is told what became of an operation

	// Save saves a credential whose secret is nowhere else, and returns where.
	Save func(provider.Credential) (where string, err error)
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

// Part ends the keeping of an operation that another run has continued without what was kept.
// The secret that was issued is saved, unless it was replaced since: no other copy is left.
func (f *Folder) Part(id string, c provider.Credential, replaced bool) error {
	if replaced || c.Secret.IsZero() {
		f.Note(fmt.Sprintf("Discarded the local copy of rotation %s: another run has continued it since", id))
		return nil
	}
	where, err := f.Save(c)
	if err != nil {
		return fmt.Errorf("could not save the secret of %s, of which only %s has a copy: %w", c.ID, f.path(id), err)
	}
	f.Note(fmt.Sprintf("another run has continued rotation %s without its answer: the secret of %s, which may work, is in %s, which only you can read", id, c.ID, where))
	return nil
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
