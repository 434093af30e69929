package oplog

import (
	"time"

	"github.com/credctl/credctl/internal/journal"
)

// Unfinished returns the operation that must be finished before r can be rotated,
// if there is one. One that cannot be read may be about any credential.
func Unfinished(index journal.Index, r journal.Ref) (*journal.Operation, error) {
	for _, o := range index {
		if o.Damaged != nil && o.Ref() == (journal.Ref{}) {
			return nil, o.Damaged
		}
	}
	for _, o := range index.Of(r).Unfinished() {
		s, err := Fold(o)
		if err != nil {
			return nil, err
		}
		if o.Ref() != r && s.OnlyRetireLeft() { // r is its replacement, in use
			continue
		}
		return o, nil
	}
	return nil, nil //nolint:nilnil // there is none
}

// LastDone returns the last operation that has rotated r, or nil.
func LastDone(index journal.Index, r journal.Ref) (last *journal.Operation) {
	for _, o := range index.Of(r) {
		if o.Damaged == nil && o.Last().Step == journal.Done && o.Ref() == r {
			last = o
		}
	}
	return last
}

// IssuedAt returns when the new credential of an operation was issued.
func IssuedAt(o *journal.Operation) time.Time {
	at := o.Last().Time
	for _, entry := range o.Entries {
		if entry.Step == StepIssued {
			at = entry.Time
		}
	}
	return at
}

// WipeFinished wipes what ended in a run that was killed before it could. Another
// run may do the same at the same time, which is safe: nothing is added any more.
func WipeFinished(index journal.Index) error {
	for _, o := range index {
		if o.Damaged == nil && o.Final() && !o.Wiped() {
			if err := o.Wipe(); err != nil {
				return err
			}
		}
	}
	return nil
}
