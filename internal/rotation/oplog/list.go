package oplog

import (
	"errors"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// List returns the operations that have not ended, or all, the oldest first.
func List(store *journal.Store, all bool) ([]Status, error) {
	if all {
		return Since(store, time.Time{})
	}
	index, err := store.Index()
	if err != nil {
		return nil, err
	}
	return statuses(index, index.Unfinished())
}

// Since returns the operations that have not ended, or ended after a time, the oldest
// first. Of those whose steps were pruned it has what is kept.
func Since(store *journal.Store, after time.Time) ([]Status, error) {
	index, err := store.Index()
	if err != nil {
		return nil, err
	}
	list, err := statuses(index, slices.DeleteFunc(index.Live(), func(o *journal.Operation) bool {
		return o.Damaged == nil && o.Final() && o.Last().Time.Before(after)
	}))
	if err != nil {
		return nil, err
	}
	err = index.Records(func(p journal.Past) error {
		if p.Ended.Before(after) || slices.ContainsFunc(index.Live(), func(o *journal.Operation) bool { return o.ID == p.Operation }) {
			return nil
		}
		s, err := statusOfPast(store, index, p)
		list = append(list, s)
		return err
	})
	slices.SortStableFunc(list, func(a, b Status) int { return a.Started.Compare(b.Started) })
	return list, err
}

func statuses(index journal.Index, ops []*journal.Operation) ([]Status, error) {
	return each(ops, func(op *journal.Operation) (Status, error) { return StatusOf(index, op) })
}

func each[T any](all []T, status func(T) (Status, error)) ([]Status, error) {
	list := []Status{}
	for _, one := range all {
		s, err := status(one)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// statusOfPast returns the status of an operation that has ended.
func statusOfPast(store *journal.Store, index journal.Index, p journal.Past) (Status, error) {
	op, err := store.Load(p.Operation)
	if err == nil {
		return StatusOf(index, op)
	}
	if !errors.Is(err, provider.ErrNotFound) {
		return Status{}, err
	}
	return statusOfRecord(index, p)
}

// statusOfRecord returns what is kept of an operation whose steps were pruned.
func statusOfRecord(index journal.Index, p journal.Past) (Status, error) {
	s := Status{Operation: p.Operation, Provider: p.Provider, Kind: p.Kind, OldID: p.ID, NewID: p.NewID, State: Done, Started: p.Began.Truncate(time.Second), Updated: p.Ended.Truncate(time.Second)}
	in := p.New()
	if p.Aborted {
		s.State, in = Aborted, p.Ref
	}
	current, err := index.Current(in)
	s.ID = current.ID
	return s, err
}

// Prune deletes the steps of operations that ended before a time, and returns what is
// kept of them. With dry, it deletes nothing.
func Prune(store *journal.Store, before time.Time, dry bool) ([]Status, error) {
	pruned, err := store.Prune(before, dry)
	if err != nil {
		return nil, err
	}
	index, err := store.Index()
	if err != nil {
		return nil, err
	}
	return each(pruned, func(p journal.Past) (Status, error) { return statusOfRecord(index, p) })
}

// Show returns one operation. The id is its own, or that of either credential.
func Show(store *journal.Store, id string) (Story, error) {
	index, err := store.Index()
	if err != nil {
		return Story{}, err
	}
	op, err := index.Find(id)
	if err != nil {
		return Story{}, err
	}
	return StoryOf(index, op)
}

// InForce returns the operation that issued r, or its secret, unless r was replaced
// since. It is nil where the journal does not know of one.
func InForce(store *journal.Store, index journal.Index, r journal.Ref) (*journal.Operation, error) {
	if current, err := index.Current(r); err != nil || current != r {
		return nil, err
	}
	var last *journal.Operation
	for _, op := range index.UnfinishedOf(r) {
		s, err := Fold(op)
		if err != nil {
			return nil, err
		}
		if op.Ref() == r && s.Reached == Grace {
			return nil, nil // it was replaced
		}
		if s.Issued && s.New.ID == r.ID {
			last = op
		}
	}
	if last != nil {
		return last, nil
	}
	made, known, err := index.Made(r)
	if err != nil || !known {
		return nil, err
	}
	op, err := store.Load(made.Operation)
	if errors.Is(err, provider.ErrNotFound) {
		return nil, nil // its steps were pruned
	}
	return op, err
}

// Newer returns the ID of a later operation that rotates the new credential of op, or
// has rotated it; "" if there is none.
func Newer(store *journal.Store, op *OpState) (string, error) {
	next := op.Subject.Ref().With(op.New.ID)
	index, err := store.Index()
	if err != nil || next.ID == op.Subject.ID {
		return "", err
	}
	for _, o := range index.Live() {
		if o.Ref() == next && len(o.Entries) > 0 && o.Last().Step != journal.Aborted {
			return o.ID, nil
		}
	}
	last, _, err := index.LastDone(next)
	return last.Operation, err
}

// StayInUse returns the credentials of which one must be at the vendor while another of the
// same rotation is deleted: the new credential, and those that have replaced it since.
func StayInUse(store *journal.Store, op *OpState) ([]string, error) {
	index, err := store.Index()
	last := op.Subject.Ref().With(op.New.ID)
	if err == nil {
		last, err = index.Current(last)
	}
	if err != nil || op.New.ID == "" {
		return nil, err
	}
	var ids []string
	for next := last; !slices.Contains(ids, next.ID); { // only the deletion of what it replaced may be left
		ids = append(ids, next.ID)
		for _, o := range index.UnfinishedOf(next) {
			if o.Ref() == next && o.NewID() != "" {
				if next, err = index.Current(next.With(o.NewID())); err != nil {
					return nil, err
				}
				break
			}
		}
	}
	if last.ID != op.New.ID {
		ids = append(ids, op.New.ID)
	}
	return ids, nil
}
