// Package aside ends operations that nothing can read, because the journal's identity is
// lost.
package aside

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

const suffix = ".jsonl" // of the file of an operation

// An Operation is one that cannot be read. Without the identity nobody
// can tell whether its file was edited, so nothing may be changed by what it says.
type Operation struct {
	ID    string
	Ref   journal.Ref // of the old credential
	NewID string      // of the new credential, if there is one
	Path  string      // of the file
}

// Find finds the unfinished operation with this ID, or with that of either
// credential, without the identity.
func Find(store *journal.Store, id string) (Operation, error) {
	files, err := filepath.Glob(filepath.Join(store.Dir(), "operations", "*"+suffix))
	if err != nil {
		return Operation{}, fmt.Errorf("journal: %w", err)
	}
	for _, path := range files {
		text, err := fsafe.ReadPrivate(path)
		if err != nil {
			return Operation{}, fmt.Errorf("journal: %w", err)
		}
		name := strings.TrimSuffix(filepath.Base(path), suffix)
		o := journal.Operation{ID: name}
		for line := range bytes.Lines(text) {
			var e journal.Entry
			if json.Unmarshal(line, &e) == nil && e.Step != "" {
				o.Entries = append(o.Entries, e)
			}
		}
		if named := name == id || len(o.Entries) > 0 && (o.Ref().ID == id || o.NewID() == id); named && (len(o.Entries) == 0 || !o.Final()) {
			return Operation{ID: name, Ref: o.Ref(), NewID: o.NewID(), Path: path}, nil
		}
	}
	return Operation{}, provider.WithClass(provider.ErrNotFound, fmt.Errorf("no unfinished rotation found for %q", id))
}

// Move moves the file of an operation to the folder set-aside, and returns it with
// its new path: no run resumes the operation any more.
func Move(store *journal.Store, a Operation) (Operation, error) {
	to := filepath.Join(store.Dir(), "set-aside", filepath.Base(a.Path))
	if err := fsafe.Dir(filepath.Dir(to)); err != nil {
		return a, fmt.Errorf("journal: %w", err)
	}
	if err := os.Rename(a.Path, to); err != nil {
		return a, fmt.Errorf("journal: %w", err)
	}
	from := filepath.Dir(a.Path)
	a.Path = to
	return a, errors.Join(fsafe.SyncDir(from), fsafe.SyncDir(filepath.Dir(to)))
}
