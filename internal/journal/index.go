package journal

import (
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/provider"
)

// An Index is all operations at one moment, the oldest first.
type Index []*Operation

// Index reads all operations.
func (s *Store) Index() (Index, error) {
	all, err := s.Operations()
	return Index(all), err
}

// Unfinished returns the operations that have not ended.
func (x Index) Unfinished() Index {
	return slices.DeleteFunc(slices.Clone(x), func(o *Operation) bool { return o.Damaged == nil && o.Final() })
}

// Of returns the operations that have to do with r, as the old or as the new credential.
func (x Index) Of(r Ref) Index {
	return slices.DeleteFunc(slices.Clone(x), func(o *Operation) bool {
		of := o.Ref()
		return of != r && (o.NewID() == "" || of.With(o.NewID()) != r)
	})
}

// Root returns the first credential in the chain of successors that leads to r.
func (x Index) Root(r Ref) Ref {
	return x.walk(r, func(o *Operation) (from, to Ref, ok bool) {
		return o.Ref().With(o.NewID()), o.Ref(), o.follows()
	})
}

// Current returns the credential that has taken the place of r, through all
// successors of operations that are done; r itself when there is none.
func (x Index) Current(r Ref) Ref {
	return x.walk(r, func(o *Operation) (from, to Ref, ok bool) {
		return o.Ref(), o.Ref().With(o.NewID()), o.follows() && o.Last().Step == Done
	})
}

// walk follows the links from r to the end. The clock may have been set back
// between two operations, so that their order says nothing.
func (x Index) walk(r Ref, link func(*Operation) (from, to Ref, ok bool)) Ref {
	next := map[Ref]Ref{}
	for _, o := range x {
		if from, to, ok := link(o); ok {
			next[from] = to
		}
	}
	for range len(next) { // no chain is longer, and a circle must end
		to, ok := next[r]
		if !ok {
			break
		}
		r = to
	}
	return r
}

// follows reports whether o gives its credential a successor with an ID of its own.
// What was created without replacing a credential follows none.
func (o *Operation) follows() bool {
	return len(o.Entries) > 0 && o.Last().Step != Aborted && o.Ref().ID != "" && o.NewID() != "" && o.NewID() != o.Ref().ID
}

// Find returns the operation with this ID; or, of those that have to do with a
// credential of this ID, the last that has not ended, or else the last.
func (x Index) Find(id string) (*Operation, error) {
	var found *Operation
	for _, o := range x {
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
	if found == nil {
		return nil, provider.Hint(provider.WithClass(provider.ErrNotFound, fmt.Errorf("no rotation found for %q", id)),
			"run: credctl rotation list --all")
	}
	return found, nil
}
