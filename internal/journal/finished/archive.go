package finished

import (
	"github.com/credctl/credctl/internal/journal/keyed"
)

// An Archive is what is kept of the operations that have ended. It is safe for
// concurrent use, by several processes too.
type Archive struct {
	Config
	keyed.List

	in Backend
}

// A Config is what an archive needs of the journal.
type Config struct {
	// Load reads the record of an operation that has ended. It is not complete where entries
	// of it cannot be read.
	Load func(id string) (r Record, complete bool, err error)

	// Sign returns what proves that credctl wrote a line.
	Sign func(line []byte) (string, error)
}

// A Backend keeps the operations, and the list of their records.
type Backend interface {
	Records(codec keyed.Codec) keyed.List
	Finish(ids []string, record func() error) (moved int)
	Finished() ([]string, error)
	Prune(ids []string, records [][]byte) error
}

// Open returns the archive in a backend.
func Open(in Backend, c Config) *Archive {
	a := &Archive{Config: c, in: in}
	a.List = in.Records(keyed.Codec{
		Keys: a.keys, KeepEarlier: a.keep,
		Key: func(operation string) string { return byOperation + operation },
		Copy: func(to keyed.List, line []byte) ([]byte, error) {
			r, err := a.decode(line)
			if err != nil {
				return nil, err
			}
			return a.of(to).line(r)
		},
		Load: func(to keyed.List, id string) ([]byte, bool, error) {
			r, complete, err := a.Load(id)
			if err != nil || !complete {
				return nil, false, err
			}
			line, err := a.of(to).line(r)
			return line, true, err
		},
	})
	return a
}

// of returns the archive of which another list has the records.
func (a *Archive) of(list keyed.List) *Archive { return &Archive{a.Config, list, a.in} }

// Recorded reports whether r was read from an archive.
func (r Record) Recorded() bool { return r.recorded }

// Before reports whether the record was there when Size was this.
func (r Record) Before(size int64) bool { return r.at < size }

// line returns the line of a record that is added, or nil if it is there.
func (a *Archive) line(r Record) ([]byte, error) {
	_, known, err := a.find(byOperation + r.Operation)
	if known || err != nil {
		return nil, err
	}
	if r.Follows() {
		first, err := a.First(r.Ref)
		if err != nil {
			return nil, err
		}
		last, err := a.Last(r.New())
		if err != nil {
			return nil, err
		}
		r.First, r.Last = first.ID, last.ID
	}
	return a.encode(r)
}

// Take adds the records of operations that have ended, and moves the operations. It
// returns how many it has moved: another process may be at it. The error is that of adding.
func (a *Archive) Take(records []Record) (moved int, err error) {
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = r.Operation
	}
	moved = a.in.Finish(ids, func() error {
		err = a.Add(len(records), func(i int) ([]byte, error) { return a.line(records[i]) })
		return err
	})
	return moved, err
}

// find returns the record that is found by a key.
func (a *Archive) find(key string) (r Record, known bool, err error) {
	line, at, err := a.Find(key)
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
	return a.List.Each(func(line []byte) error {
		r, err := a.decode(line)
		if err != nil {
			return err
		}
		return do(r)
	})
}
