package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

// ErrIdentity is the class of errors that say that the journal cannot be read, because
// its age identity is lost or damaged, or cannot be reached.
var ErrIdentity = errors.New("the journal's identity")

// An Aside is an operation that is left out of the journal. Without the identity nobody
// can tell whether its file was edited, so nothing may be changed by what it says.
type Aside struct {
	ID    string
	Ref   Ref    // of the old credential
	NewID string // of the new one, if there is one
	Path  string // of the file
}

// FindAside finds the unfinished operation with this ID, or with that of either
// credential, without the identity.
func (s *Store) FindAside(id string) (Aside, error) {
	files, err := filepath.Glob(s.path("operations", "*"+suffix))
	if err != nil {
		return Aside{}, fmt.Errorf("journal: %w", err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return Aside{}, fmt.Errorf("journal: %w", err)
		}
		name := strings.TrimSuffix(filepath.Base(path), suffix)
		o := Operation{ID: name}
		for line := range bytes.Lines(text) {
			var e Entry
			if json.Unmarshal(line, &e) == nil && e.Step != "" {
				o.Entries = append(o.Entries, e)
			}
		}
		if named := name == id || len(o.Entries) > 0 && (o.Ref().ID == id || o.NewID() == id); named && (len(o.Entries) == 0 || !o.Final()) {
			return Aside{ID: name, Ref: o.Ref(), NewID: o.NewID(), Path: path}, nil
		}
	}
	return Aside{}, provider.WithClass(provider.ErrNotFound, fmt.Errorf("no unfinished rotation found for %q", id))
}

// SetAside moves the file of an operation to the folder set-aside, and returns it with
// its new path: no run resumes the operation any more.
func (s *Store) SetAside(a Aside) (Aside, error) {
	to := s.path("set-aside", filepath.Base(a.Path))
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
