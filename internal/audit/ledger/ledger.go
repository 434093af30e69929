// Package ledger says what the journal knows of the credentials that an audit judges.
package ledger

import (
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// A Ledger is what the journal knows at one moment. Of the rotations that have ended it
// reads those of a credential when it is asked for it.
type Ledger struct {
	Unfinished []Operation
	Damaged    []Damage // grows when a record of what has ended cannot be read

	records        func(of journal.Ref, do func(journal.Past)) error // of what has ended
	read           map[journal.Ref]bool                              // whose records were read
	previous, next map[journal.Ref]journal.Ref
	renewed        map[journal.Ref]time.Time // in place
	changed        map[journal.Ref]time.Time
	open           map[journal.Ref]bool // part of an unfinished rotation
	kept           map[journal.Ref]time.Time
}

// An Operation is a rotation that has not ended.
type Operation struct {
	ID      string
	Old     journal.Ref // of the credential that is rotated, or that is created
	Name    string
	State   oplog.State
	Updated time.Time
	Error   string

	OnlyRetire bool // only the deletion of the old credential is missing
	Until      time.Time
}

// Damage is an operation that cannot be read.
type Damage struct {
	ID  string      // "": it has ended
	Ref journal.Ref // the zero Ref: it may be about any credential
	Err error
}

// Read returns what the operations of index say.
func Read(index journal.Index) (*Ledger, error) {
	history, err := index.History()
	l := &Ledger{
		records: history.About, read: map[journal.Ref]bool{},
		previous: map[journal.Ref]journal.Ref{}, next: map[journal.Ref]journal.Ref{}, renewed: map[journal.Ref]time.Time{},
		changed: map[journal.Ref]time.Time{}, open: map[journal.Ref]bool{}, kept: map[journal.Ref]time.Time{},
	}
	for _, o := range index.Live() {
		l.add(o)
	}
	return l, err
}

func (l *Ledger) add(o *journal.Operation) {
	old := o.Ref()
	l.ended(old)
	l.ended(old.With(o.NewID()))
	if o.Damaged != nil {
		l.Damaged = append(l.Damaged, Damage{o.ID, old, o.Damaged})
		return
	}
	l.past(o.Past())
	if !o.Final() {
		delete(l.next, old)
		l.unfinished(o, old, old.With(o.NewID()))
	}
}

// ended adds what the rotations of r that have ended say.
func (l *Ledger) ended(r journal.Ref) {
	if l.read[r] {
		return
	}
	known := false
	err := l.records(r, func(p journal.Past) {
		known = true
		l.past(p)
	})
	if err != nil {
		l.Damaged = append(l.Damaged, Damage{Ref: r, Err: err})
	}
	if known || err != nil { // most credentials were never rotated
		l.read[r] = true
	}
}

// past adds what is kept of an operation that has ended, or of one that has not.
func (l *Ledger) past(p journal.Past) {
	if p.NewID == "" || p.Aborted {
		return
	}
	later(l.changed, p.New(), p.Ended)
	switch {
	case p.Follows():
		l.previous[p.New()], l.next[p.Ref] = p.Ref, p.New()
	case p.ID == p.NewID:
		issued := p.Issued
		if issued.IsZero() {
			issued = p.Ended
		}
		later(l.renewed, p.New(), issued)
	}
}

func (l *Ledger) unfinished(o *journal.Operation, old, created journal.Ref) {
	s, err := oplog.Fold(o)
	if err != nil {
		l.Damaged = append(l.Damaged, Damage{o.ID, old, err})
		return
	}
	l.open[old], l.open[created] = true, true
	op := Operation{
		ID: o.ID, Old: old, Name: s.Name, State: s.State(), Updated: o.Last().Time, Error: s.Error,
		OnlyRetire: s.OnlyRetireLeft(), Until: s.Until,
	}
	if op.OnlyRetire {
		l.kept[old] = s.Until
	}
	l.Unfinished = append(l.Unfinished, op)
}

func later(times map[journal.Ref]time.Time, r journal.Ref, t time.Time) {
	if t.After(times[r]) {
		times[r] = t
	}
}

// Root returns the first credential in the chain that leads to r.
func (l *Ledger) Root(r journal.Ref) journal.Ref {
	for links := 0; ; links++ {
		l.ended(r)
		before, ok := l.previous[r]
		if !ok || links > len(l.previous) { // no chain is longer, and a circle must end
			return r
		}
		r = before
	}
}

// Replaced reports whether a rotation that has ended gave r a successor.
func (l *Ledger) Replaced(r journal.Ref) (by journal.Ref, replaced bool) {
	l.ended(r)
	by, replaced = l.next[r]
	return by, replaced
}

// Renewed returns when r got a new secret in place, or the zero time.
func (l *Ledger) Renewed(r journal.Ref) time.Time {
	l.ended(r)
	return l.renewed[r]
}

// Changed returns when a rotation that is about r last did something, or the zero time.
func (l *Ledger) Changed(r journal.Ref) time.Time {
	l.ended(r)
	return l.changed[r]
}

// Open reports whether r is part of a rotation that has not ended.
func (l *Ledger) Open(r journal.Ref) bool { return l.open[r] }

// KeptUntil returns when the old credential r will be deleted, if that is planned.
func (l *Ledger) KeptUntil(r journal.Ref) (until time.Time, kept bool) {
	until, kept = l.kept[r]
	return until, kept
}
