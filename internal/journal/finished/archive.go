package finished

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/journal/lookup"
)

// An Archive is the index of operations that have ended. It is safe for concurrent
// use, by several processes too.
type Archive struct {
	Config

	path   string // of the file of records; the table is in the same folder
	index  *lookup.Index
	adding atomic.Bool // with the lock
}

// A Config is where an archive is, and what it needs of the journal.
type Config struct {
	Dir string // of the journal

	// Unfinished returns the file of an operation that has not been taken yet.
	Unfinished func(id string) string

	// Load reads the record of an operation whose file is in the archive. It is not
	// whole where entries of it cannot be read.
	Load func(id string) (r Record, whole bool, err error)

	// Sign returns what proves that credctl wrote a line.
	Sign func(line []byte) (string, error)

	// Lock keeps other processes from changing the archive.
	Lock func(wait time.Duration) (release func(), err error)
}

// Open returns the archive. It opens nothing yet.
func Open(c Config) *Archive { return open(c, filepath.Join(c.Dir, recordFile)) }

func open(c Config, path string) *Archive {
	a := &Archive{Config: c, path: path}
	a.index = lookup.New(lookup.Config{
		Lines: path, Table: strings.TrimSuffix(path, suffix) + ".idx",
		Keys: a.keys, Keep: a.keep, Lock: a.lock,
	})
	return a
}

// lock is Lock, which whoever adds records has.
func (a *Archive) lock() (release func(), err error) {
	if a.adding.Load() {
		return func() {}, nil
	}
	return a.Lock(0)
}

// altered reports whether err says that the records are not as credctl wrote them.
func altered(err error) bool { return errors.Is(err, errTorn) || errors.Is(err, lookup.ErrAltered) }

// Size grows with each record. It tells which records were there at one time.
func (a *Archive) Size() int64 { return a.index.Size() }

// Recorded reports whether r was read from an archive.
func (r Record) Recorded() bool { return r.recorded }

// Before reports whether the record was there when Size was this.
func (r Record) Before(size int64) bool { return r.at < size }

// add adds records, except for those that are there, and has them durable when it
// returns. The caller has the lock.
func (a *Archive) add(records ...Record) error {
	a.adding.Store(true)
	defer a.adding.Store(false)
	if err := a.index.Refresh(); err != nil {
		return err
	}
	f, err := fsafe.OpenAppend(a.path)
	if err != nil {
		return err
	}
	if err := f.Truncate(a.index.Size()); err != nil { // a run that was killed left half a line
		return errors.Join(err, f.Close())
	}
	for _, r := range records {
		if err = a.addTo(f, r); err != nil {
			break
		}
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return a.index.Refresh()
}

func (a *Archive) addTo(f *os.File, r Record) error {
	_, known, err := a.find(byOperation + r.Operation)
	if known || err != nil {
		return err
	}
	if r.Follows() {
		first, err := a.First(r.Ref)
		if err != nil {
			return err
		}
		last, err := a.Last(r.New())
		if err != nil {
			return err
		}
		r.First, r.Last = first.ID, last.ID
	}
	line, err := a.encode(r)
	if err != nil {
		return err
	}
	if _, err := f.Write(line); err != nil {
		return err
	}
	return a.index.Follow()
}

// find returns the record that is found by a key.
func (a *Archive) find(key string) (r Record, known bool, err error) {
	line, at, err := a.index.Find(key)
	if err != nil || line == nil {
		return r, false, err
	}
	r, err = a.decode(line)
	r.at, r.recorded = at, true
	return r, err == nil, err
}

// Operation returns the record of one operation.
func (a *Archive) Operation(id string) (Record, bool, error) { return a.find(byOperation + id) }

// About returns the record of the last operation that has to do with a credential of
// this ID.
func (a *Archive) About(id string) (Record, bool, error) { return a.find(byID + id) }

// LastOf returns the record of the last operation that rotated r.
func (a *Archive) LastOf(r Ref) (Record, bool, error) { return a.find(byOld + r.String()) }

// Made returns the record of the last operation that issued r.
func (a *Archive) Made(r Ref) (Record, bool, error) { return a.find(byNew + r.String()) }

// Printed returns the record of the last operation that issued a secret with this
// print.
func (a *Archive) Printed(print string) (Record, bool, error) { return a.find(byPrint + print) }

// Any returns a record that has to do with r, the one that was added last.
func (a *Archive) Any(r Ref) (last Record, known bool, err error) {
	for _, by := range []string{byOld, byNew, byAborted} {
		found, ok, err := a.find(by + r.String())
		if err != nil {
			return last, false, err
		}
		if ok && (!known || found.at > last.at) {
			last, known = found, true
		}
	}
	return last, known, nil
}

// mostJoins bounds the walk along a chain: each step of it leads over an operation that
// ended before one that comes earlier in the chain, and a circle must end.
const mostJoins = 10_000

// First returns the first credential of the chain of successors that leads to r.
func (a *Archive) First(r Ref) (Ref, error) {
	for range mostJoins {
		made, known, err := a.find(byPrevious + r.String())
		if err != nil || !known || made.First == r.ID {
			return r, err
		}
		r = r.With(made.First)
	}
	return r, nil
}

// Last returns the credential that has taken the place of r, through all successors.
func (a *Archive) Last(r Ref) (Ref, error) {
	next, known, err := a.find(byNext + r.String())
	if err != nil || !known {
		return r, err
	}
	for range mostJoins {
		first, err := a.First(next.Ref)
		if err != nil {
			return r, err
		}
		chain, known, err := a.find(byChain + first.String())
		if err != nil {
			return r, err
		}
		if r = r.With(next.Last); known {
			r = r.With(chain.Last)
		}
		if next, known, err = a.find(byNext + r.String()); err != nil || !known {
			return r, err
		}
	}
	return r, nil
}

// Each calls do with every record, the one that was added first before the others.
func (a *Archive) Each(do func(Record) error) error {
	return a.index.Each(func(line []byte) error {
		r, err := a.decode(line)
		if err != nil {
			return err
		}
		return do(r)
	})
}
