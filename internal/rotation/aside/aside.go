// Package aside ends operations that nothing can read, because the journal's identity is
// lost.
package aside

import (
	"bytes"
	"encoding/json"
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

	read journal.Operation // as far as it can be
}

// Find finds the unfinished operation with this ID, or with that of either
// credential, without the identity.
func Find(store *journal.Store, id string) (Operation, error) {
	unfinished, err := unread(store)
	if err != nil {
		return Operation{}, err
	}
	for _, o := range unfinished {
		if named := o.ID == id || len(o.Entries) > 0 && (o.Ref().ID == id || o.NewID() == id); named && (len(o.Entries) == 0 || !o.Final()) {
			return Operation{ID: o.ID, Ref: o.Ref(), NewID: o.NewID(), Path: store.Backend().Where(o.ID), read: o}, nil
		}
	}
	return Operation{}, provider.WithClass(provider.ErrNotFound, fmt.Errorf("no unfinished rotation found for %q", id))
}

// unread returns what can be read of the live operations without the identity. Nobody can
// tell whether they were edited.
func unread(store *journal.Store) (all []journal.Operation, err error) {
	live, err := store.Backend().Live()
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	ids := make([]string, len(live))
	for i, v := range live {
		ids[i] = v.ID
	}
	return read(store, ids)
}

func read(store *journal.Store, ids []string) (all []journal.Operation, err error) {
	for _, id := range ids {
		texts, err := store.Backend().Read(id)
		if err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		for _, t := range texts {
			o := journal.Operation{ID: t.ID}
			for line := range bytes.Lines(t.Lines) {
				var e journal.Entry
				if json.Unmarshal(line, &e) == nil && e.Step != "" {
					o.Entries = append(o.Entries, e)
				}
			}
			all = append(all, o)
		}
	}
	return all, nil
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
