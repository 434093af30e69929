package journal

import (
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/journal/entry"
	"github.com/credctl/credctl/internal/journal/seal"
	"github.com/credctl/credctl/internal/provider"
)

// parse reads the text of an operation.
func (s *Store) parse(k *seal.Key, t backend.Text) *Operation {
	f := entry.File{Key: k, Operation: t.ID}
	f.Parse(t.Lines)
	o := &Operation{ID: t.ID, Entries: f.Entries, store: s, headed: f.Headed, spare: int64(len(t.Lines)) > f.End}
	if f.Damage == "" {
		return o
	}
	o.Damaged = provider.Hint(fmt.Errorf("operation %s: %s", o.ID, f.Damage), "%s", s.backend.Remedy(o.ID))
	if f.Edited {
		o.Damaged = provider.WithClass(provider.ErrRefused, o.Damaged)
	}
	return o
}

// read reads operations, those that are there.
func (s *Store) read(ids ...string) ([]read, error) {
	texts, err := s.backend.Read(ids...)
	if err != nil || len(texts) == 0 {
		return nil, named(err)
	}
	k, err := s.Key()
	if err != nil {
		return nil, named(err)
	}
	all := make([]read, len(texts))
	for i, t := range texts {
		o := s.parse(k, t)
		o.Entries = slices.Clip(o.Entries)
		all[i] = read{*o, t.Version.Version}
	}
	return all, nil
}

// Load reads the operation with this ID again, as it is in the journal now.
func (s *Store) Load(id string) (*Operation, error) {
	found, err := s.read(id)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, provider.WithClass(provider.ErrNotFound, fmt.Errorf("rotation %q not found", id))
	}
	return &found[0].Operation, nil
}

// Operations returns every operation whose steps are there, the oldest first.
func (s *Store) Operations() ([]*Operation, error) {
	x, err := s.Index()
	if err != nil {
		return nil, err
	}
	ids, err := s.backend.Finished()
	if err != nil {
		return nil, named(err)
	}
	all := x.Live()
	for batch := range slices.Chunk(ids, together) {
		ended, err := s.read(batch...)
		if err != nil {
			return nil, err
		}
		for i := range ended {
			all = append(all, &ended[i].Operation)
		}
	}
	return inOrder(all), nil
}

func inOrder(all []*Operation) []*Operation {
	slices.SortStableFunc(all, func(a, b *Operation) int { return a.started().Compare(b.started()) })
	return all
}

// together is how many operations are read before those that have ended are moved.
const together = 500

// live returns the operations that have not ended, or were not moved to the finished
// ones yet, the oldest first. What has not changed since it was read is not read again.
func (s *Store) live() (live []*Operation, err error) {
	versions, err := s.backend.Live()
	if err != nil {
		return nil, named(err)
	}
	for batch := range slices.Chunk(versions, together) {
		ops, err := s.current(batch)
		if err != nil {
			return nil, err
		}
		var ended []*Operation
		for _, o := range ops {
			if o.Damaged == nil && o.Final() && o.Wiped() {
				ended = append(ended, o)
			} else {
				live = append(live, o)
			}
		}
		live = append(live, s.fold(ended)...)
	}
	return inOrder(live), nil
}

// current returns operations as they are in these versions, or later ones.
func (s *Store) current(versions []backend.Version) (ops []*Operation, err error) {
	var changed []string
	s.mu.Lock()
	for _, v := range versions {
		if o, known := s.ops[v.ID]; known && o.version == v.Version && v.Version != "" {
			ops = append(ops, &o.Operation)
		} else {
			changed = append(changed, v.ID)
		}
	}
	s.mu.Unlock()
	again, err := s.read(changed...)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range again {
		if o.version != "" {
			s.ops[o.ID] = o
		}
		ops = append(ops, &o.Operation)
	}
	return ops, err
}
