package journal

import (
	"fmt"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/journal/finished"
	"github.com/credctl/credctl/internal/journal/sighting"
	"github.com/credctl/credctl/internal/provider"
)

// Seen is when credctl first saw each credential: the age of one is counted from
// there when its vendor does not say when it was made.
type Seen struct{ record *sighting.Record }

// Seen reads what was seen so far.
func (s *Store) Seen() (*Seen, error) {
	if err := s.sightings.Refresh(); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return &Seen{s.sightings}, nil
}

// First returns when r was first seen, or the zero time.
func (s *Seen) First(r Ref) (time.Time, error) {
	x, _, err := s.record.First(r)
	if err != nil {
		return time.Time{}, fmt.Errorf("journal: %w", err)
	}
	return x.Time, nil
}

// Note records that each of refs is there at this time, unless it was seen before.
func (s *Seen) Note(now time.Time, refs ...Ref) error {
	var fresh []sighting.Sighting
	for _, r := range refs {
		first, err := s.First(r)
		if err != nil {
			return err
		}
		if first.IsZero() {
			fresh = append(fresh, sighting.Sighting{Ref: r, Time: now.UTC()})
		}
	}
	if err := s.record.Note(fresh...); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// Issued records that credctl issued r with this secret, for [Store.Owner]. The
// secret itself is not kept.
func (s *Store) Issued(r Ref, secret provider.Secret, now time.Time) error {
	k, err := s.Key()
	if err != nil {
		return err
	}
	if err := s.sightings.Note(sighting.Sighting{Ref: r, Time: now.UTC(), Print: k.Print(secret)}); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// Print returns the fingerprint of a secret.
func (s *Store) Print(secret provider.Secret) (string, error) {
	k, err := s.Key()
	if err != nil {
		return "", err
	}
	return k.Print(secret), nil
}

// Prints gives each the fingerprints of all secrets that credctl issued, and when.
func (s *Store) Prints(each func(of Ref, print string, at time.Time)) error {
	if err := s.sightings.Issues(func(x sighting.Sighting) { each(x.Ref, x.Print, x.Time) }); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	index, err := s.Index()
	if err != nil {
		return err
	}
	of := func(p Past) error {
		for _, one := range p.Prints {
			each(p.With(one.ID), one.Print, p.Issued)
		}
		return nil
	}
	for _, o := range index.live {
		if len(o.Entries) > 0 {
			_ = of(o.Past())
		}
	}
	return index.Records(of)
}

// Owner returns the credential that has this secret, if credctl issued it.
func (s *Store) Owner(secret provider.Secret) (owner Ref, known bool, err error) {
	print, err := s.Print(secret)
	if err != nil || secret.IsZero() {
		return Ref{}, false, err
	}
	if _, err := s.Seen(); err != nil {
		return Ref{}, false, err
	}
	index, err := s.Index()
	if err != nil {
		return Ref{}, false, err
	}
	x, known, err := s.sightings.Owner(print)
	if err != nil {
		return Ref{}, false, fmt.Errorf("journal: %w", err)
	}
	owner = x.Ref
	past, recorded, err := s.archive.Printed(print)
	if err != nil {
		return Ref{}, false, fmt.Errorf("journal: %w", err)
	}
	if recorded {
		owner, known = printed(past, print), true
	}
	for _, o := range index.live {
		if len(o.Entries) == 0 {
			continue
		}
		if of := printed(o.Past(), print); of != (Ref{}) {
			owner, known = of, true
		}
	}
	return owner, known, nil
}

// printed returns the credential whose secret an operation issued with this print.
func printed(p Past, print string) (r Ref) {
	for _, one := range p.Prints {
		if one.Print == print {
			r = p.With(one.ID)
		}
	}
	return r
}

// HasAnother reports whether r has another secret than this one: credctl issued r,
// with another secret alone. False says nothing.
func (s *Store) HasAnother(r Ref, secret provider.Secret) (another bool, err error) {
	owner, known, err := s.Owner(secret)
	if err != nil || secret.IsZero() || known && owner == r {
		return false, err
	}
	if known, err = s.sightings.Issued(r); known || err != nil {
		return known, err
	}
	index, err := s.Index()
	if err != nil {
		return false, err
	}
	of := func(p finished.Print) bool { return p.ID == r.ID }
	for _, o := range index.about[r] {
		if len(o.Entries) > 0 && slices.ContainsFunc(o.Past().Prints, of) {
			return true, nil
		}
	}
	made, known, err := s.archive.Made(r)
	if err == nil && !known {
		made, _, err = s.archive.Any(r)
	}
	return slices.ContainsFunc(made.Prints, of), err
}

// NewSecret is the name of the issued secret among the Secrets of an [Entry].
const NewSecret = "new"
