package undo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/run"
	"github.com/credctl/credctl/internal/rotation/step"
)

func (u *undo) checkHolders(ctx context.Context, r *run.Run) []step.Check {
	if !u.wayBack(r) {
		return nil
	}
	return u.blockedBy(step.Checked("put the old secret back", u.findHolders(ctx, r)))
}

// findHolders finds the destinations that have the new secret, or may have it, and
// so get the old one back. It refuses where that is not known, unless by force.
func (u *undo) findHolders(ctx context.Context, r *run.Run) error {
	u.holders = nil
	for _, to := range r.Op.Options.To {
		has := "has the new secret already"
		if !slices.Contains(r.Op.Delivered, to) {
			if !mayHold(ctx, r, to) {
				continue
			}
			has = "may have the new secret"
		}
		if !r.OldSecret.IsZero() {
			u.holders = append(u.holders, to)
		} else if !u.force {
			return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("%s %s, and the old one is not known, so that it cannot be put back", to, has)),
				"credctl rotation resume %s goes on; --force revokes the new one all the same", r.Op.ID)
		}
	}
	return nil
}

// mayHold reports whether a destination may have the new secret although the
// journal does not say so: it was written, and not read back.
func mayHold(ctx context.Context, r *run.Run, to string) bool {
	if r.Secret.IsZero() || !r.Op.Verified && !slices.Contains(r.Op.FailedTo, to) {
		return false
	}
	err := r.ReadBack(ctx, to)
	return err == nil || errors.Is(err, deliver.ErrNoReadBack)
}

func (u *undo) describePutBack(*run.Run) (lines []string) {
	for _, to := range u.holders {
		lines = append(lines, "put the old secret back to "+to+", and read it back")
	}
	return lines
}

// putBack gives the old secret back to those that have the new one, or may have it.
// Of the latter one that cannot be written does not withstand force.
func (u *undo) putBack(ctx context.Context, r *run.Run) error {
	if err := u.findHolders(ctx, r); err != nil {
		return err
	}
	old := r.Former()
	for _, to := range u.holders {
		d, err := r.Target(to)
		if err == nil {
			err = d.Write(ctx, old)
		}
		if err == nil {
			err = d.ReadBack(ctx, old)
		}
		if err != nil && u.force && !slices.Contains(r.Op.Delivered, to) {
			r.Remark("%s may have the new secret, and the old one could not be put back: %v", to, err)
			continue
		}
		if err != nil {
			return provider.Reclassify(provider.ErrPartial, fmt.Errorf("the old secret could not be put back, so that the new one is kept: %w", err))
		}
	}
	return nil
}
