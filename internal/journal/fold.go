package journal

import (
	"time"

	"github.com/credctl/credctl/internal/journal/finished"
)

// openArchive returns the operations of the journal that have ended.
func (s *Store) openArchive() *finished.Archive {
	return finished.Open(s.backend, finished.Config{
		Load: func(id string) (Past, bool, error) {
			o, err := s.Load(id)
			if err != nil || o.Damaged != nil || !o.Final() {
				return Past{}, false, err
			}
			return o.Past(), true, nil
		},
		Sign: func(line []byte) (string, error) {
			k, err := s.Key()
			if err != nil {
				return "", err
			}
			return k.Link("index", "", line), nil
		},
	})
}

// Past returns what is kept of an operation that has ended, and is
// whole.
func (o *Operation) Past() Past {
	p := Past{
		Operation: o.ID, Ref: o.Ref(), NewID: o.NewID(), Aborted: o.Last().Step == Aborted,
		Began: o.Entries[0].Time, Ended: o.Last().Time,
	}
	for _, e := range o.Entries {
		if e.Step == Issued {
			p.Issued = e.Time
		}
		if print := e.Fingerprints[NewSecret]; e.NewID != "" && print != "" {
			p.Prints = append(p.Prints, finished.Print{ID: e.NewID, Print: print})
		}
	}
	return p
}

// fold archives operations that have ended and hold no secret. It returns those it has not.
func (s *Store) fold(ended []*Operation) (left []*Operation) {
	if len(ended) == 0 {
		return nil
	}
	records := make([]Past, len(ended))
	for i, o := range ended {
		records[i] = o.Past()
	}
	moved, _ := s.archive.Take(records) // the next run archives the others
	return ended[moved:]
}

// Prune removes the steps of operations that ended before a time, and returns what is
// kept of them forever: which credential followed which. With dry, it removes nothing.
func (s *Store) Prune(before time.Time, dry bool) ([]Past, error) {
	if !dry {
		if err := s.backend.Prune(nil, nil); err != nil {
			return nil, err
		}
	}
	if _, err := s.Index(); err != nil { // what has ended is moved
		return nil, err
	}
	pruned, err := s.archive.Prune(before, dry)
	return pruned, named(err)
}
