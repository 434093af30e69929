// Package ledger says what the journal knows of the credentials that an audit judges.
package ledger

import (
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// A Ledger is what the journal knows at one moment. Looking up a credential in it
// takes the same time however many rotations there were.
type Ledger struct {
	Unfinished []Operation
	Damaged    []Damage

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
	ID  string
	Ref journal.Ref // the zero Ref: it may be about any credential
	Err error
}

// Read returns what the operations of index say.
func Read(index journal.Index) (*Ledger, error) {
	l := &Ledger{
		previous: map[journal.Ref]journal.Ref{}, next: map[journal.Ref]journal.Ref{}, renewed: map[journal.Ref]time.Time{},
		changed: map[journal.Ref]time.Time{}, open: map[journal.Ref]bool{}, kept: map[journal.Ref]time.Time{},
	}
	err := index.Records(func(p journal.Past) error {
		l.past(p)
		return nil
	})
	for _, o := range index.Live() {
		l.add(o)
	}
	return l, err
}

func (l *Ledger) add(o *journal.Operation) {
	old := o.Ref()
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
	for range len(l.previous) { // no chain is longer, and a circle must end
		before, ok := l.previous[r]
		if !ok {
			break
		}
		r = before
	}
	return r
}

// Replaced reports whether a rotation that has ended gave r a successor.
func (l *Ledger) Replaced(r journal.Ref) (by journal.Ref, replaced bool) {
	by, replaced = l.next[r]
	return by, replaced
}

// Renewed returns when r got a new secret in place, or the zero time.
func (l *Ledger) Renewed(r journal.Ref) time.Time { return l.renewed[r] }

// Changed returns when a rotation that is about r last did something, or the zero time.
func (l *Ledger) Changed(r journal.Ref) time.Time { return l.changed[r] }

// Open reports whether r is part of a rotation that has not ended.
func (l *Ledger) Open(r journal.Ref) bool { return l.open[r] }

// KeptUntil returns when the old credential r will be deleted, if that is planned.
func (l *Ledger) KeptUntil(r journal.Ref) (until time.Time, kept bool) {
	until, kept = l.kept[r]
	return until, kept
}
