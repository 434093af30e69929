// Package sighting is the record of which credentials were seen, when first, and of the
// secrets that credctl issued for them.
package sighting

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/journal/finished"
	"github.com/credctl/credctl/internal/journal/lines"
	"github.com/credctl/credctl/internal/journal/lookup"
)

// A Sighting is one line of the record.
type Sighting struct {
	finished.Ref

	Time  time.Time `json:"time"`
	Print string    `json:"print,omitzero"` // of its secret, where credctl issued it
}

// A Record finds sightings without reading all of them. It is safe for concurrent use,
// by several processes too.
type Record struct {
	file  lines.File
	index *lookup.Index
}

// What a sighting is found by.
const (
	byRef   = "ref "
	byOwner = "owner " // of a credential whose secret is known
	byPrint = "print "
)

// Open returns the record in a file. It opens nothing yet. The earliest line of a
// credential tells when it was first seen, the latest line with a print whose it is.
func Open(f lines.File, lock func() (release func(), err error)) *Record {
	return &Record{f, lookup.New(lookup.Config{
		Lines: f.Path, Table: strings.TrimSuffix(f.Path, ".jsonl") + ".idx", Keys: keys, Lock: lock,
		Keep: func(key string, earlier, later []byte) bool {
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

// Refresh reads what was added.
func (r *Record) Refresh() error {
	err := r.index.Refresh()
	if errors.Is(err, lookup.ErrAltered) { // a backup was restored, say
		if err = r.index.Drop(); err == nil {
			err = r.index.Refresh()
		}
	}
	return err
}

func (r *Record) find(key string) (x Sighting, known bool, err error) {
	line, _, err := r.index.Find(key)
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
	return r.file.Each(func(line []byte) {
		if x, ok := parse(line); ok && x.Print != "" {
			do(x)
		}
	})
}

// Add adds sightings.
func (r *Record) Add(all ...Sighting) error {
	if len(all) == 0 {
		return nil
	}
	var text []byte
	for _, x := range all {
		line, err := json.Marshal(x)
		if err != nil {
			return err
		}
		text = append(append(text, line...), '\n')
	}
	if err := r.file.Append(text); err != nil {
		return err
	}
	return r.index.Follow()
}
