package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/credctl/credctl/internal/journal/finished"
	"github.com/credctl/credctl/internal/provider"
)

// openArchive returns the operations of the store that have ended.
func (s *Store) openArchive() *finished.Archive {
	return finished.Open(finished.Config{
		Dir:        s.dir,
		Unfinished: func(id string) string { return s.path("operations", id+suffix) },
		Load: func(id string) (Past, bool, error) {
			o, err := s.loadEnded(id)
			if err != nil || o.Damaged != nil || !o.Final() {
				return Past{}, false, err
			}
			return o.Past(), true, nil
		},
		Sign: func(line []byte) (string, error) {
			k, err := s.sealer()
			if err != nil {
				return "", err
			}
			return k.Link("index", "", line), nil
		},
		Lock: func(wait time.Duration) (func(), error) { return s.Lock(context.Background(), "the index", wait) },
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

// fold moves operations that have ended, and hold no secret any more, to the archive.
// It returns those that it has not moved.
func (s *Store) fold(ended []*Operation) (left []*Operation) {
	if len(ended) == 0 || s.markVersion() != nil {
		return ended
	}
	records := make([]Past, len(ended))
	for i, o := range ended {
		records[i] = o.Past()
	}
	return ended[s.archive.Take(records):]
}

// Prune removes the steps of operations that ended before a time, and returns what is
// kept of them forever: which credential followed which. With dry, it removes nothing.
func (s *Store) Prune(before time.Time, dry bool) ([]Past, error) {
	if _, err := s.Index(); err != nil { // what has ended is moved
		return nil, err
	}
	pruned, err := s.archive.Prune(before, dry)
	if err != nil {
		err = fmt.Errorf("journal: %w", err)
	}
	return pruned, err
}

// Load reads the operation with this ID again, as it is on the disk now.
func (s *Store) Load(id string) (*Operation, error) {
	if id != filepath.Base(id) {
		return nil, notFound(id)
	}
	o, err := s.loadFrom(id, s.path("operations", id+suffix))
	if errors.Is(err, provider.ErrNotFound) {
		return s.loadEnded(id)
	}
	return o, err
}

func (s *Store) loadEnded(id string) (*Operation, error) { return s.loadFrom(id, s.archive.Path(id)) }

func (s *Store) loadFrom(id, path string) (*Operation, error) {
	o := &Operation{ID: id, store: s, path: path}
	b, err := os.ReadFile(path) //nolint:gosec // G304: in the state folder
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notFound(id)
	}
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	k, err := s.sealer()
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	o.parse(k, b)
	return o, nil
}

func notFound(id string) error {
	return provider.WithClass(provider.ErrNotFound, fmt.Errorf("rotation %q not found", id))
}
