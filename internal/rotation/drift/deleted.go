package drift

import (
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// A deletion is what the audit trail says of a credential that was to be deleted.
type deletion struct {
	at   time.Time
	seen bool // the vendor has deleted it; otherwise it only said that there was none
}

// deletions returns the credentials that credctl has deleted, or was told by the vendor that
// they do not exist when it was to do so.
func deletions(store *journal.Store) (map[journal.Ref]deletion, error) {
	events, err := store.Events()
	if err != nil {
		return nil, err
	}
	all := map[journal.Ref]deletion{}
	for _, e := range events {
		if e.Verb == string(provider.Delete) && e.Exit == 0 {
			all[journal.Ref{Provider: e.Provider, Kind: e.Kind, ID: e.ID}] = deletion{e.Time, e.Result != "not_found"}
		}
	}
	return all, nil
}

// exists returns an error of class [provider.ErrNotFound] where credctl has deleted r.
func exists(store *journal.Store, r journal.Ref) error {
	all, err := deletions(store)
	if gone, ok := all[r]; err == nil && ok {
		err = provider.WithClass(provider.ErrNotFound, fmt.Errorf("%s was deleted at %s, so its destinations are not checked", r.ID, gone.at.Format(time.RFC3339)))
	}
	return err
}
