package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/journal/entry"
	"github.com/credctl/credctl/internal/journal/finished"
	"github.com/credctl/credctl/internal/journal/seal"
	"github.com/credctl/credctl/internal/provider"
)

// parse reads the content of an operation's file.
func (o *Operation) parse(k *seal.Key, b []byte) {
	f := entry.File{Key: k, Operation: o.ID}
	f.Parse(b)
	o.Entries, o.headed, o.end, o.spare = f.Entries, f.Headed, f.End, int64(len(b)) > f.End
	if f.Damage == "" {
		return
	}
	o.Damaged = provider.Hint(fmt.Errorf("operation %s: %s", o.ID, f.Damage), "compare %s with the vendor, then move the file away", o.path)
	if f.Edited {
		o.Damaged = provider.WithClass(provider.ErrRefused, o.Damaged)
	}
}

// Operations returns every operation whose steps are there, the oldest first.
func (s *Store) Operations() ([]*Operation, error) {
	x, err := s.Index()
	if err != nil {
		return nil, err
	}
	ids, err := s.archive.IDs()
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	all := x.Live()
	for _, id := range ids {
		o, err := s.loadEnded(id)
		if errors.Is(err, provider.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	slices.SortStableFunc(all, func(a, b *Operation) int { return a.started().Compare(b.started()) })
	return all, nil
}

// live returns the operations that have not ended, or were not moved to finished yet,
// the oldest first.
func (s *Store) live() (live []*Operation, err error) {
	ids, err := finished.Operations(s.path("operations"))
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	for batch := range slices.Chunk(ids, together) {
		var ended []*Operation
		for _, id := range batch {
			o, err := s.load(id)
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, provider.ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			if o.Damaged == nil && o.Final() && o.Wiped() {
				ended = append(ended, o)
			} else {
				live = append(live, o)
			}
		}
		live = append(live, s.fold(ended)...)
	}
	slices.SortStableFunc(live, func(a, b *Operation) int { return a.started().Compare(b.started()) })
	return live, nil
}

// together is how many operations are read before those that have ended are moved.
const together = 500

// settled is how long a file must not have changed before it is remembered: a file
// system may give the same time to two changes after each other.
const settled = 200 * time.Millisecond

// load reads an operation that is not in finished, unless its file has not changed
// since it was read.
func (s *Store) load(id string) (*Operation, error) {
	now, path := time.Now(), s.path("operations", id+suffix)
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	is := stamp{info.Size(), info.ModTime()}
	s.mu.Lock()
	o, known := s.ops[id]
	s.mu.Unlock()
	if known && o.stamp == is {
		return &o, nil
	}
	read, err := s.loadFrom(id, path)
	if err != nil || now.Sub(is.time) < settled {
		return read, err
	}
	read.stamp, read.Entries = is, slices.Clip(read.Entries)
	s.mu.Lock()
	s.ops[id] = *read
	s.mu.Unlock()
	return read, nil
}
