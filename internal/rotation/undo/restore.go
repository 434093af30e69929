package undo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// findHolders finds the destinations that have the new secret, or may have it, and so
// get the old credential back. It refuses, unless by force, where the old secret is not known
// and the new credential may work. What another program has set since stays.
func (u *undo) findHolders(ctx context.Context, r *run.Run) error {
	u.holders, u.changed = nil, nil
	for _, to := range r.Op.Written() {
		has := "has the new secret"
		switch {
		case !slices.Contains(r.Op.Delivered, to):
			if !mayHold(ctx, r, to) {
				continue
			}
			has = "may have the new secret"
		case changedSince(ctx, r, to):
			u.changed = append(u.changed, to)
			continue
		}
		switch {
		case !r.OldSecret.IsZero():
			u.holders = append(u.holders, to)
		case !u.force && !u.newGone:
			return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("cannot abort: %s %s, and credctl cannot restore the old secret, which it does not have", to, has)),
				"to continue: credctl rotation resume %s; to revoke %s although it is in use: credctl rotation abort %[1]s --force", r.Op.ID, r.Op.New.ID)
		}
	}
	return nil
}

// mayHold reports whether a destination may have the new secret although the journal
// does not say so: it was written, and not read back, or cannot be read now.
func mayHold(ctx context.Context, r *run.Run, to string) bool {
	if r.Secret.IsZero() || !r.Op.Verified && !slices.Contains(r.Op.FailedTo, to) {
		return false
	}
	err := r.ReadBack(ctx, to)
	return err == nil || drift.Unread(err)
}

// changedSince reports whether a destination that received the new secret is seen to hold
// something else. An earlier abort may have restored the old secret there.
func changedSince(ctx context.Context, r *run.Run, to string) bool {
	d, err := r.Target(to)
	if to == oplog.Shown || err != nil || r.Secret.IsZero() {
		return false
	}
	err = drift.Holds(ctx, d, r.Credential(), r.Op.Stamps[to])
	if !errors.Is(err, provider.ErrVerify) || drift.Unread(err) {
		return false
	}
	return r.OldSecret.IsZero() || d.ReadBack(ctx, r.Former()) != nil
}

func (u *undo) describePutBack(*run.Run) (lines []string) {
	for _, to := range u.holders {
		lines = append(lines, "restore the old secret at "+to+", and read it back")
	}
	return lines
}

// restorable finds the destinations to restore, and refuses where one cannot be written.
func (u *undo) restorable(ctx context.Context, r *run.Run) error {
	if err := u.findHolders(ctx, r); err != nil {
		return err
	}
	for _, to := range u.holders {
		d, err := r.Target(to)
		if err == nil {
			err = d.Check(ctx)
		}
		if err != nil && !u.spares(r, to) {
			return notRestored(r, to, err)
		}
	}
	return nil
}

// spares reports whether the operation ends, by force, although a destination cannot be
// restored: it may not have the new secret.
func (u *undo) spares(r *run.Run, to string) bool {
	return u.force && !slices.Contains(r.Op.Delivered, to)
}

func notRestored(r *run.Run, to string, err error) error {
	err = provider.Reclassify(provider.ErrPartial, fmt.Errorf("did not revoke %s: could not restore the old secret: %w", r.Op.New.ID, err))
	if slices.Contains(r.Op.Delivered, to) {
		return err
	}
	return provider.AlsoHint(err, "to revoke %s although %s may have its secret: credctl rotation abort %s --force", r.Op.New.ID, to, r.Op.ID)
}

// putBack restores the old secret where the new credential is, or may be. By force, one of the
// latter that cannot be written does not keep the operation from its end.
func (u *undo) putBack(ctx context.Context, r *run.Run) error {
	if err := u.findHolders(ctx, r); err != nil {
		return err
	}
	for _, to := range u.changed {
		r.Remark("%s was changed after delivery, so the old secret was not restored there", to)
	}
	old := r.Former()
	for _, to := range u.holders {
		d, err := r.Target(to)
		if err == nil {
			err = pace.Held(ctx)
		}
		if err == nil {
			err = d.Write(ctx, old)
		}
		if err == nil {
			err = d.ReadBack(ctx, old)
		}
		if err != nil && u.spares(r, to) {
			r.Remark("%s may have the new secret; could not restore the old secret: %v", to, err)
			continue
		}
		if err != nil {
			return notRestored(r, to, err)
		}
	}
	return nil
}
