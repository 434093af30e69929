// Package sighting is the record of which credentials were seen, when first, and of the
// secrets that credctl issued for them.
package sighting

import (
	"encoding/json"
	"time"

	"github.com/credctl/credctl/internal/journal/finished"
	"github.com/credctl/credctl/internal/journal/keyed"
)

// A Sighting is one line of the record.
type Sighting struct {
	finished.Ref

	Time  time.Time `json:"time"`
	Print string    `json:"print,omitzero"` // of its secret, where credctl issued it
}

// A Record finds sightings without reading all of them. It is safe for concurrent use,
// by several processes too.
type Record struct{ keyed.List }

// What a sighting is found by.
const (
	byRef   = "ref "
	byOwner = "owner " // of a credential whose secret is known
	byPrint = "print "
)

// Open returns the record in a list, which in returns. The earliest line of a credential
// tells when it was first seen, the latest line with a print whose it is.
func Open(in func(keyed.Codec) keyed.List) *Record {
	return &Record{in(keyed.Codec{
		Keys: keys,
		KeepEarlier: func(key string, earlier, later []byte) bool {
			e, _ := parse(earlier)
			l, _ := parse(later)
			return key == byRef+e.String() && !l.Time.Before(e.Time)
		},
	})}
}

func keys(line []byte) ([]string, error) {
	x, ok := parse(line)
	if !ok {
		return nil, nil // a run that was killed left half of it
	}
	all := []string{byRef + x.String()}
	if x.Print != "" {
		all = append(all, byOwner+x.String(), byPrint+x.Print)
	}
	return all, nil
}

func parse(line []byte) (x Sighting, ok bool) {
	return x, json.Unmarshal(line, &x) == nil && x.Provider != ""
}

func (r *Record) find(key string) (x Sighting, known bool, err error) {
	line, _, err := r.Find(key)
	if err != nil {
		return x, false, err
	}
	x, known = parse(line)
	return x, known, nil
}

// First returns the first sighting of a credential.
func (r *Record) First(ref finished.Ref) (Sighting, bool, error) { return r.find(byRef + ref.String()) }

// Owner returns the last sighting of a credential whose secret has this print.
func (r *Record) Owner(print string) (Sighting, bool, error) { return r.find(byPrint + print) }

// Issued reports whether credctl issued a secret of a credential.
func (r *Record) Issued(ref finished.Ref) (bool, error) {
	_, known, err := r.find(byOwner + ref.String())
	return known, err
}

// Issues calls do with each sighting of a secret that credctl issued.
func (r *Record) Issues(do func(Sighting)) error {
	if err := r.Refresh(); err != nil {
		return err
	}
	return r.All(func(x Sighting) error {
		if x.Print != "" {
			do(x)
		}
		return nil
	})
}

// All calls do with each sighting, the one that was noted first before the others.
func (r *Record) All(do func(Sighting) error) error {
	return r.Each(func(line []byte) error {
		if x, ok := parse(line); ok {
			return do(x)
		}
		return nil
	})
}

// Has reports whether x says nothing that the record does not say.
func (r *Record) Has(x Sighting) (bool, error) {
	first, known, err := r.First(x.Ref)
	if err != nil || !known || x.Time.Before(first.Time) {
		return false, err
	}
	if x.Print == "" {
		return true, nil
	}
	owner, known, err := r.Owner(x.Print)
	return known && owner.Ref == x.Ref, err
}

// Note adds sightings.
func (r *Record) Note(all ...Sighting) error {
	return r.Add(len(all), func(i int) ([]byte, error) {
		line, err := json.Marshal(all[i])
		return append(line, '\n'), err
	})
}
