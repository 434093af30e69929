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

// Issued records that credctl issued r with this secret, for [Store.Owner]. The
// secret itself is not kept.
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

// Owner returns the credential that has this secret, if credctl issued it.
func (s *Store) Owner(secret provider.Secret) (owner Ref, known bool, err error) {
	k, err := s.sealer()
	if err != nil || secret.IsZero() {
		return Ref{}, false, err
	}
	mark := k.fingerprint(secret)
	if err := s.sightings(func(x sighting) {
		if x.Fingerprint == mark {
			owner, known = x.Ref, true
		}
	}); err != nil {
		return Ref{}, false, err
	}
	all, err := s.Operations()
	if err != nil {
		return Ref{}, false, err
	}
	for _, o := range all {
		for _, e := range o.Entries {
			if e.NewID != "" && e.Fingerprints[NewSecret] == mark {
				owner, known = o.Ref().With(e.NewID), true
			}
		}
	}
	return owner, known, nil
}

// HasAnother reports whether r has another secret than this one: credctl issued r,
// with another secret alone. False says nothing.
func (s *Store) HasAnother(r Ref, secret provider.Secret) (another bool, err error) {
	k, err := s.sealer()
	if err != nil || secret.IsZero() {
		return false, err
	}
	mark, same := k.fingerprint(secret), false
	note := func(of Ref, print string) {
		if of == r && print != "" {
			another, same = true, same || print == mark
		}
	}
	if err := s.sightings(func(x sighting) { note(x.Ref, x.Fingerprint) }); err != nil {
		return false, err
	}
	all, err := s.Operations()
	if err != nil {
		return false, err
	}
	for _, o := range all {
		for _, e := range o.Entries {
			if e.NewID != "" {
				note(o.Ref().With(e.NewID), e.Fingerprints[NewSecret])
			}
		}
	}
	return another && !same, nil
}

// NewSecret is the name of the issued secret among the Secrets of an [Entry].
const NewSecret = "new"
