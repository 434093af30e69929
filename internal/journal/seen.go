package journal

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// A sighting is one line of seen.jsonl.
type sighting struct {
	Ref

	Time        time.Time `json:"time"`
	Fingerprint string    `json:"print,omitzero"` // of its secret, where credctl issued it
}

// Seen is when credctl first saw each credential: the age of one is counted from
// there when its vendor does not say when it was made.
type Seen struct {
	store *Store
	first map[Ref]time.Time
}

// Seen reads what was seen so far.
func (s *Store) Seen() (*Seen, error) {
	seen := &Seen{s, map[Ref]time.Time{}}
	err := s.sightings(func(x sighting) {
		if t, known := seen.first[x.Ref]; !known || x.Time.Before(t) {
			seen.first[x.Ref] = x.Time
		}
	})
	return seen, err
}

func (s *Store) sightings(each func(sighting)) error {
	err := s.readLines("seen.jsonl", func(line []byte) {
		var x sighting
		if json.Unmarshal(line, &x) == nil {
			each(x)
		}
	})
	if err != nil {
		return fmt.Errorf("the journal: %w", err)
	}
	return nil
}

// First returns when r was first seen, or the zero time.
func (s *Seen) First(r Ref) time.Time { return s.first[r] }

// Note records that each of refs is there at this time, unless it was seen before.
func (s *Seen) Note(now time.Time, refs ...Ref) error {
	var lines []any
	for _, r := range refs {
		if _, known := s.first[r]; !known {
			s.first[r] = now
			lines = append(lines, sighting{Ref: r, Time: now.UTC()})
		}
	}
	return s.store.note(lines...)
}

// Issued records that credctl issued r with this secret, which itself is not kept.
func (s *Store) Issued(r Ref, secret provider.Secret, now time.Time) error {
	k, err := s.sealer()
	if err != nil {
		return err
	}
	return s.note(sighting{r, now.UTC(), k.fingerprint(secret)})
}

func (s *Store) note(lines ...any) error {
	if len(lines) == 0 {
		return nil
	}
	if err := s.appendLine("seen.jsonl", lines...); err != nil {
		return fmt.Errorf("the journal: %w", err)
	}
	return nil
}

// Print returns the fingerprint of a secret.
func (s *Store) Print(secret provider.Secret) (string, error) {
	k, err := s.sealer()
	if err != nil {
		return "", err
	}
	return k.fingerprint(secret), nil
}

// Prints gives each the fingerprints of all secrets that credctl issued, and when.
func (s *Store) Prints(each func(of Ref, print string, at time.Time)) error {
	if err := s.sightings(func(x sighting) {
		if x.Fingerprint != "" {
			each(x.Ref, x.Fingerprint, x.Time)
		}
	}); err != nil {
		return err
	}
	all, err := s.Operations()
	for _, o := range all {
		for _, e := range o.Entries {
			if print := e.Fingerprints[NewSecret]; e.NewID != "" && print != "" {
				each(o.Ref().With(e.NewID), print, e.Time)
			}
		}
	}
	return err
}

// Owner returns the credential that has this secret, if credctl issued it.
func (s *Store) Owner(secret provider.Secret) (owner Ref, known bool, err error) {
	mark, err := s.Print(secret)
	if err != nil || secret.IsZero() {
		return Ref{}, false, err
	}
	err = s.Prints(func(of Ref, print string, _ time.Time) {
		if print == mark {
			owner, known = of, true
		}
	})
	return owner, known && err == nil, err
}

// HasAnother reports whether r has another secret than this one: credctl issued r,
// with another secret alone. False says nothing.
func (s *Store) HasAnother(r Ref, secret provider.Secret) (another bool, err error) {
	mark, err := s.Print(secret)
	if err != nil || secret.IsZero() {
		return false, err
	}
	same := false
	err = s.Prints(func(of Ref, print string, _ time.Time) {
		if of == r {
			another, same = true, same || print == mark
		}
	})
	return another && !same && err == nil, err
}

// NewSecret is the name of the issued secret among the Secrets of an [Entry].
const NewSecret = "new"
