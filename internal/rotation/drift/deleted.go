package drift

import (
	"fmt"
	"sync"
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
	events, err := store.Events(string(provider.Delete))
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
// deleted the old credential before its end. Only what is said depends on it: where the trail
// cannot be read, nothing is noted.
func TellOldDeleted(store *journal.Store, found []oplog.Status) {
	trail := NewTrail(store)
	for i, s := range found {
		if s.Retires.IsZero() {
			continue
		}
		if said := trail.OldDeleted(journal.Ref{Provider: s.Provider, Kind: s.Kind, ID: s.OldID}, s.Operation); said != "" {
			found[i].Retires, found[i].Notes = time.Time{}, append(s.Notes, said)
		}
	}
}

// oldDeleted says that an old credential does not exist any more, and how to end its rotation.
func oldDeleted(id string, at time.Time, operation string) string {
	return fmt.Sprintf("%s was deleted at %s; to end the rotation, run: credctl rotation resume %s --grace 0", id, at.UTC().Format(time.RFC3339), operation)
}

// A Trail says what credctl has deleted. It is read once, when it is first asked. It is safe
// for concurrent use.
type Trail struct {
	read func() (map[journal.Ref]deletion, error)
}

// NewTrail returns the audit trail of a journal.
func NewTrail(store *journal.Store) Trail {
	return Trail{sync.OnceValues(func() (map[journal.Ref]deletion, error) { return deletions(store) })}
}

// OldDeleted says of a rotation that the old credential was deleted in its grace period, and how
// to end it; "" where the trail does not say so.
func (t Trail) OldDeleted(old journal.Ref, operation string) string {
	all, _ := t.read()
	if gone, ok := all[old]; ok && gone.seen {
		return oldDeleted(old.ID, gone.at, operation)
	}
	return ""
}

// OldEnds returns when the old credential of s is deleted, whose grace period ends then, and
// that in words. The time is zero where it is deleted already.
func OldEnds(s *oplog.OpState, then time.Time) (time.Time, string) {
	if s.OldGone {
		return time.Time{}, "the vendor does not find " + s.Subject.ID
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
