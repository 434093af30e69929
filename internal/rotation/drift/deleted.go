package drift

import (
	"fmt"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
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

// TellOldDeleted notes in these rotations, where they are in their grace period, that credctl has
// deleted the old credential before its end.
func TellOldDeleted(store *journal.Store, found []oplog.Status) error {
	waits := func(s oplog.Status) bool { return !s.Retires.IsZero() }
	if !slices.ContainsFunc(found, waits) {
		return nil
	}
	all, err := deletions(store)
	for i, s := range found {
		old := journal.Ref{Provider: s.Provider, Kind: s.Kind, ID: s.OldID}
		if gone, ok := all[old]; ok && waits(s) && gone.seen && gone.at.After(s.Started) {
			found[i].Retires = time.Time{}
			found[i].Notes = append(s.Notes, fmt.Sprintf("%s was deleted at %s; to end the rotation, run: credctl rotation resume %s --grace 0", s.OldID, gone.at.UTC().Format(time.RFC3339), s.Operation))
		}
	}
	return err
}

// OldEnds returns when the old credential of s is deleted, whose grace period ends then, and
// that in words. The time is zero where it is deleted already.
func OldEnds(s *oplog.OpState, then time.Time) (time.Time, string) {
	if s.OldGone {
		return time.Time{}, s.Subject.ID + " is already deleted"
	}
	return then, fmt.Sprintf("%s will be deleted at %s", s.Subject.ID, then.UTC().Format(time.RFC3339))
}

// exists returns an error of class [provider.ErrNotFound] where credctl has deleted r.
func exists(store *journal.Store, r journal.Ref) error {
	all, err := deletions(store)
	if gone, ok := all[r]; err == nil && ok {
		err = provider.WithClass(provider.ErrNotFound, fmt.Errorf("%s was deleted at %s, so its destinations are not checked", r.ID, gone.at.Format(time.RFC3339)))
	}
	return err
}
