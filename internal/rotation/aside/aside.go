// Package aside ends operations that nothing can read, because the journal's identity is
// lost.
package aside

import (
	"fmt"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

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
	unfinished, err := store.Unread()
	if err != nil {
		return Operation{}, err
	}
	for _, o := range unfinished {
		if named := o.ID == id || len(o.Entries) > 0 && (o.Ref().ID == id || o.NewID() == id); named && (len(o.Entries) == 0 || !o.Final()) {
			return Operation{ID: o.ID, Ref: o.Ref(), NewID: o.NewID(), Path: store.Backend().Where(o.ID)}, nil
		}
	}
	return Operation{}, provider.WithClass(provider.ErrNotFound, fmt.Errorf("no unfinished rotation found for %q", id))
}

// Move moves an operation to where no run resumes it, and returns it with its new path.
func Move(store *journal.Store, a Operation) (Operation, error) {
	to, err := store.Backend().SetAside(a.ID)
	if err != nil {
		return a, fmt.Errorf("journal: %w", err)
	}
	a.Path = to
	return a, nil
}
