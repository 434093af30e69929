package undo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/arrival"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// restoreLimit bounds the writing of the old secret to one destination.
const restoreLimit = 2 * time.Minute

// findHolders finds the destinations that have the new secret, or may have it, and so
// get the old credential back. It refuses, unless by force, where the old secret is not known
// and the new credential may work. What another program has set since stays.
func (u *undo) findHolders(ctx context.Context, r *run.Run) error {
	u.holders, u.changed = nil, nil
	for _, to := range r.Op.Written() {
		found := arrival.Look(ctx, r, to)
		switch {
		case found == arrival.Keeps:
		case found == arrival.Changed, found == arrival.Again && (u.force || u.newGone):
			u.changed = append(u.changed, to)
		case found == arrival.Again:
			return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("cannot abort: %s %s", to, found)),
				"to continue: credctl rotation resume %s; to delete %s although it may be in use: credctl rotation abort %[1]s --force", r.Op.ID, r.Op.New.ID)
		case !r.OldSecret.IsZero():
			u.holders = append(u.holders, to)
		case !u.force && !u.newGone:
			return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("cannot abort: %s %s, and credctl cannot restore the old secret, which it does not have", to, found)),
				"to continue: credctl rotation resume %s; to delete %s although it may be in use: credctl rotation abort %[1]s --force", r.Op.ID, r.Op.New.ID)
		}
	}
	return nil
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
			err = deliver.CheckFor(ctx, d, r.Former())
		}
		if err != nil && !u.spares(r, to, err) {
			return notRestored(r, to, err)
		}
	}
	return nil
}

// spares reports whether the operation ends, by force, although a destination cannot be
// restored: it may not have the new secret, or not exist any more.
func (u *undo) spares(r *run.Run, to string, err error) bool {
	return u.force && (!received(r, to) || errors.Is(err, drift.ErrElsewhere))
}

// received reports whether a destination had the new secret for certain, and an abort has not
// restored the old secret there.
func received(r *run.Run, to string) bool {
	return slices.Contains(r.Op.Delivered, to) || r.Op.Restores[to].Had
}

func notRestored(r *run.Run, to string, err error) error {
	needs := received(r, to) && !errors.Is(err, drift.ErrElsewhere)
	err = provider.Reclassify(provider.ErrPartial, fmt.Errorf("did not delete %s: could not restore the old secret: %w", r.Op.New.ID, err))
	if needs {
		return err
	}
	return provider.AlsoHint(err, "to delete %s although %s may have its secret: credctl rotation abort %s --force", r.Op.New.ID, to, r.Op.ID)
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
	for _, to := range u.holders { // before any is written
		if err := r.ReadBack(ctx, to); r.Op.Stamps[to] != "" && drift.Unread(err) && !errors.Is(err, deliver.ErrNoReadBack) && !u.spares(r, to, err) {
			return notRestored(r, to, err)
		}
	}
	for _, to := range u.holders {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := begin(r, to); err != nil {
			return err
		}
		stamp, err := restore(ctx, r, to)
		switch {
		case err == nil:
			if err := r.Append(oplog.StepRestored, oplog.Event{To: to, Stamp: stamp, Places: drift.Places([]string{to}, r.Target)}); errors.Is(err, provider.ErrLocked) {
				return drift.Overtaken(err, nil, to, r.Op.Subject.ID)
			} else if err != nil {
				return err
			}
		case errors.Is(err, provider.ErrLocked): // another run has continued
			return err
		case u.spares(r, to, err):
			r.Remark("%s may have the new secret; could not restore the old secret: %v", to, err)
		default:
			return notRestored(r, to, err)
		}
	}
	return nil
}

// begin records that the old secret will be written to a destination: what a killed run leaves
// there is then known to be its own.
func begin(r *run.Run, to string) error {
	if before, begun := r.Op.Restores[to]; begun && !before.Ended {
		return nil
	}
	return r.Append(oplog.StepRestoring, oplog.Event{To: to})
}

// restore writes the old secret to a destination, and reads it back. An interruption does not
// stop it half way. It returns the stamp of what is not read back.
func restore(ctx context.Context, r *run.Run, to string) (stamp string, err error) {
	d, err := r.Target(to)
	if err != nil {
		return "", err
	}
	ctx, cancel := run.Uninterrupted(ctx, restoreLimit)
	defer cancel()
	if err := pace.Held(ctx); err != nil {
		return "", err
	}
	r.Hit("restore.writing")
	err = d.Write(ctx, r.Former())
	r.Hit("restore.written")
	if err == nil {
		err = d.ReadBack(ctx, r.Former())
	}
	if err != nil {
		return "", err
	}
	return drift.StampOf(ctx, d), nil
}
