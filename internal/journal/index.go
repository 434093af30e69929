package journal

import (
	"errors"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/journal/finished"
	"github.com/credctl/credctl/internal/provider"
)

// An Index is the journal at one moment: the operations that have not ended, and the
// records of those that have. The zero Index is that of an empty journal.
type Index struct {
	live           []*Operation // the oldest first
	about          map[Ref][]*Operation
	previous, next map[Ref]Ref // of live operations
	store          *Store
	size           int64 // tells which records there were
}

// Index reads the journal, at a cost that depends on the operations that have not ended alone.
func (s *Store) Index() (Index, error) {
	if err := s.giveBack(); err != nil {
		return Index{}, err
	}
	live, err := s.live()
	if err != nil {
		return Index{}, err
	}
	if err := s.archive.Refresh(); err != nil {
		return Index{}, named(err)
	}
	size := s.archive.Size()
	if size > 0 {
		if _, err := s.Key(); err != nil {
			return Index{}, named(err)
		}
	}
	x := Index{live, map[Ref][]*Operation{}, map[Ref]Ref{}, map[Ref]Ref{}, s, size}
	for _, o := range live {
		of := o.Ref()
		to := of.With(o.NewID())
		x.about[of] = append(x.about[of], o)
		if to.ID != "" && to != of {
			x.about[to] = append(x.about[to], o)
		}
		if len(o.Entries) > 0 && o.Past().Follows() {
			x.previous[to] = of
			if o.Last().Step == Done {
				x.next[of] = to
			}
		}
	}
	return x, nil
}

// Live returns the operations that have not ended, or ended a moment ago, oldest first.
func (x Index) Live() []*Operation { return slices.Clone(x.live) }

// Unfinished returns the operations that have not ended.
func (x Index) Unfinished() []*Operation {
	return slices.DeleteFunc(x.Live(), func(o *Operation) bool { return o.Damaged == nil && o.Final() })
}

// UnfinishedOf returns the operations that have not ended and have to do with r, as the
// old or as the new credential.
func (x Index) UnfinishedOf(r Ref) []*Operation {
	return slices.DeleteFunc(slices.Clone(x.about[r]), func(o *Operation) bool { return o.Damaged == nil && o.Final() })
}

// Knows reports whether an operation has to do with r.
func (x Index) Knows(r Ref) (bool, error) {
	if len(x.about[r]) > 0 || x.store == nil {
		return x.store != nil, nil
	}
	_, known, err := x.store.archive.Any(r)
	return known, err
}

// News reports whether the journal says something of r that it did not say before.
func (x Index) News(before Index, r Ref) (bool, error) {
	same := func(a, b *Operation) bool { return a.ID == b.ID && len(a.Entries) == len(b.Entries) }
	if x.store == nil || !slices.EqualFunc(before.about[r], x.about[r], same) {
		return x.store != nil, nil
	}
	last, known, err := x.store.archive.Any(r)
	return known && !last.Before(before.size), err
}

// WipeFinished wipes what ended in a run that was killed before it could. Several runs may
// do so at once. What cannot be wiped, on a full disk, stays encrypted until a later run.
func (x Index) WipeFinished() {
	for _, o := range x.Live() {
		if o.Damaged == nil && o.Final() && !o.Wiped() {
			_ = o.Wipe()
		}
	}
}

// Root returns the first credential in the chain of successors that leads to r.
func (x Index) Root(r Ref) (Ref, error) {
	return x.walk(r, x.previous, (*finished.Archive).First)
}

// Current returns the last of the successors of r, of operations that are done, or r.
func (x Index) Current(r Ref) (Ref, error) {
	return x.walk(r, x.next, (*finished.Archive).Last)
}

// walk follows the links from r to the end, through live operations and recorded ones.
// The clock may have been set back between two operations, so that their order says
// nothing.
func (x Index) walk(r Ref, live map[Ref]Ref, recorded func(*finished.Archive, Ref) (Ref, error)) (Ref, error) {
	if x.store == nil {
		return r, nil
	}
	for range len(live) + 1 { // no chain is longer, and a circle must end
		end, err := recorded(x.store.archive, r)
		if err != nil {
			return r, fmt.Errorf("journal: %w", err)
		}
		to, ok := live[end]
		if r = end; !ok {
			break
		}
		r = to
	}
	return r, nil
}

// LastDone returns the last operation that has rotated r, if there is one.
func (x Index) LastDone(r Ref) (Past, bool, error) {
	return x.last(func(p Past) bool { return p.Ref == r }, func(s *Store) (Past, bool, error) { return s.archive.LastOf(r) })
}

// Made returns the last operation that has issued r, or a secret of it, if there is one.
func (x Index) Made(r Ref) (Past, bool, error) {
	return x.last(func(p Past) bool { return p.NewID != "" && p.New() == r }, func(s *Store) (Past, bool, error) { return s.archive.Made(r) })
}

func (x Index) last(is func(Past) bool, recorded func(*Store) (Past, bool, error)) (last Past, known bool, err error) {
	if x.store == nil {
		return last, false, nil
	}
	if last, known, err = recorded(x.store); err != nil {
		return last, false, fmt.Errorf("journal: %w", err)
	}
	for _, o := range x.live {
		if o.Damaged != nil || o.Last().Step != Done {
			continue
		}
		if p := o.Past(); is(p) && (!known || !p.Began.Before(last.Began)) {
			last, known = p, true
		}
	}
	return last, known, nil
}

// HadEnded reports whether an operation that has ended by now, had ended then.
func (x Index) HadEnded(p Past) bool {
	if slices.ContainsFunc(x.live, func(o *Operation) bool { return o.ID == p.Operation }) {
		return slices.ContainsFunc(x.live, func(o *Operation) bool { return o.ID == p.Operation && o.Damaged == nil && o.Final() })
	}
	return p.Recorded() && p.Before(x.size)
}

// Find returns the operation with this ID; or, of those that have to do with a
// credential of this ID, the last that has not ended, or else the last.
func (x Index) Find(id string) (*Operation, error) {
	var found *Operation
	for _, o := range x.live {
		if o.ID == id {
			return o, nil
		}
		if o.Ref().ID != id && o.NewID() != id {
			continue
		}
		if found == nil || found.Damaged != nil || o.Damaged != nil || found.Final() || !o.Final() {
			found = o
		}
	}
	if found != nil && (found.Damaged != nil || !found.Final()) || x.store == nil {
		return found, nil //nolint:nilerr // the operation itself says that it is damaged
	}
	p, known, err := x.store.archive.Operation(id)
	if err == nil && !known {
		p, known, err = x.store.archive.About(id)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("journal: %w", err)
	case known && (found == nil || found.started().Before(p.Began)):
		o, err := x.store.Load(p.Operation)
		if errors.Is(err, provider.ErrNotFound) {
			err = provider.WithClass(provider.ErrNotFound, fmt.Errorf("the steps of rotation %s, which ended at %s, were pruned", p.Operation, p.Ended.Format("2006-01-02")))
		}
		return o, err
	case found == nil:
		return nil, provider.Hint(provider.WithClass(provider.ErrNotFound, fmt.Errorf("no rotation found for %q", id)),
			"run: credctl rotation list --all")
	}
	return found, nil
}

// Find is [Index.Find] in the journal as it is now.
func (s *Store) Find(id string) (*Operation, error) {
	x, err := s.Index()
	if err != nil {
		return nil, err
	}
	return x.Find(id)
}

// Records calls do with the record of every operation that has ended, and is not live
// any more.
func (x Index) Records(do func(Past) error) error {
	if x.store == nil {
		return nil
	}
	return x.store.archive.Each(do)
}

// History has the records of the operations that have ended, by credential.
func (x Index) History() (h *finished.History, err error) {
	if x.store != nil {
		h, err = x.store.archive.History()
	}
	return h, err
}
