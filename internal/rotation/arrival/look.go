package arrival

import (
	"context"
	"errors"
	"slices"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// A Finding is what a destination is found to have.
type Finding string

// The findings.
const (
	Keeps   Finding = "" // what it had before, or the old secret again
	Changed Finding = "was changed after delivery"
	Has     Finding = "has the new secret"
	May     Finding = "may have the new secret"
	Parts   Finding = "may have parts of the new secret"
	Again   Finding = "was set again after delivery, perhaps to the new secret" // all that its stamp tells
)

// Look finds out what a destination has, by the journal and by reading it.
func Look(ctx context.Context, r *run.Run, to string) Finding {
	s := r.Op
	restore, begun := s.Restores[to]
	switch {
	case begun && restore.Ended:
		return afterRestore(ctx, r, to, restore.Stamp)
	case begun, slices.Contains(s.Delivering, to):
		return halfway(ctx, r, to)
	case slices.Contains(s.Outdated, to): // it cannot be read back: nobody knows the earlier secret or settings
		return May
	case !slices.Contains(s.Delivered, to):
		if mayHold(ctx, r, to) {
			return May
		}
		return Keeps
	case changedSince(ctx, r, to):
		return changed(r, to)
	}
	return Has
}

// halfway is look where a write was begun that has no recorded end. Even if the old secret is
// found, it may not be on the disk yet.
func halfway(ctx context.Context, r *run.Run, to string) Finding {
	d, err := r.Target(to)
	if err != nil {
		return May
	}
	if drift.Mixed(d, r.Credential(), r.Former()) {
		return Parts
	}
	known := !slices.Contains(r.Op.Outdated, to) // else it may have a secret that nobody knows any more
	if known && other(drift.Holds(ctx, d, r.Credential(), r.Op.Stamps[to])) && other(d.ReadBack(ctx, r.Former())) {
		return changed(r, to)
	}
	return May
}

// afterRestore is look where an abort has written the old secret again.
func afterRestore(ctx context.Context, r *run.Run, to, stamp string) Finding {
	d, err := r.Target(to)
	if err != nil {
		return May
	}
	err = drift.Holds(ctx, d, r.Former(), stamp)
	switch {
	case err == nil, errors.Is(err, drift.ErrUntold):
		return Keeps
	case !other(err):
		return May
	case r.ReadBack(ctx, to) == nil:
		return Has
	}
	return changed(r, to)
}

// changed returns the finding for a destination that was set again by another program. A stamp
// does not tell to which value: it may be the new secret.
func changed(r *run.Run, to string) Finding {
	if d, err := r.Target(to); err != nil || d.Proof() == deliver.ByStamp {
		return Again
	}
	return Changed
}

// mayHold reports whether a destination may have the new secret although the journal
// does not say so: it was written, and not read back, or cannot be read now.
func mayHold(ctx context.Context, r *run.Run, to string) bool {
	s := r.Op
	begun := s.Verified || s.Strategy == oplog.Create || s.Strategy.InPlace() || slices.Contains(s.FailedTo, to)
	if r.Secret.IsZero() || !begun || slices.Contains(s.Untouched, to) {
		return false
	}
	err := r.ReadBack(ctx, to)
	return err == nil || drift.Unread(err)
}

// changedSince reports whether a destination that received the new secret is seen to hold
// something else. An abort of an earlier version may have restored the old secret there.
func changedSince(ctx context.Context, r *run.Run, to string) bool {
	d, err := r.Target(to)
	if to == oplog.Shown || err != nil || r.Secret.IsZero() {
		return false
	}
	return other(drift.Holds(ctx, d, r.Credential(), r.Op.Stamps[to])) && (r.OldSecret.IsZero() || d.ReadBack(ctx, r.Former()) != nil)
}

// other reports whether err, of reading a destination, says that it holds something else.
func other(err error) bool { return errors.Is(err, provider.ErrVerify) && !drift.Unread(err) }
