package step

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

func describeFinish(r *run.Run) []string {
	return Line(r.Op.Issued && r.Op.Orphan != "", "delete %s, which was created by a request whose answer was lost", r.Op.Orphan)
}

// finish tries the old secret once, where it is known, and ends the operation.
func finish(ctx context.Context, r *run.Run) error {
	how, err := "", error(nil)
	if r.Op.New.ID != r.Op.Subject.ID || !r.OldSecret.IsZero() {
		if how, err = tryOld(ctx, r); err != nil {
			return err
		}
	}
	if err := run.RevokeLate(ctx, r); err != nil {
		return err
	}
	retireEarlier(ctx, r)
	if err = r.End(journal.Done, oplog.Event{How: how}); err != nil || !r.Op.GoneBefore {
		return err
	}
	return provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("%s replaced %s, but %[2]s was already deleted, and not by this rotation", r.Op.New.ID, r.Op.Subject.ID)),
		"the rotation is complete; see its steps with: credctl rotation show %s", r.Op.ID)
}

// retireEarlier has destinations destroy the earlier values that they keep, where that
// was asked for. The old secret is revoked: what cannot be destroyed is of no use.
func retireEarlier(ctx context.Context, r *run.Run) {
	for _, to := range r.Op.Delivered {
		if to == oplog.Shown {
			continue
		}
		d, err := r.Target(to)
		if keeps, ok := d.(deliver.Retirer); ok && err == nil {
			err = keeps.Retire(ctx)
		}
		if err != nil {
			r.Remark("Could not destroy the earlier values of a destination, where that was asked for: %v", err)
		}
	}
}

// tryOld tries the old secret once.
func tryOld(ctx context.Context, r *run.Run) (string, error) {
	v, able := r.Service.(provider.Verifier)
	old := r.Op.Subject.ID
	how := "could not check that the old secret stopped working: credctl does not have it"
	if !r.OldSecret.IsZero() && able {
		r.Hit("old.trying")
		err := v.Verify(ctx, r.Former())
		if errors.Is(err, provider.ErrMetered) { // the vendor knows the key, and limits it
			err = nil
		}
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case err == nil && r.Op.Strategy.InPlace(): // there is nothing to try again
			how = "the old secret still works"
			return "", cmp.Or(r.End(journal.Done, oplog.Event{How: how}), provider.Reclassify(provider.ErrPartial, fmt.Errorf("%s was rotated, but %s", old, how)))
		case err == nil:
			return "", provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("deleted the old credential %s, but its secret still works", old)),
				"wait some minutes, then run the same command again, or: credctl rotation resume %s", r.Op.ID)
		case errors.Is(err, provider.ErrDenied), errors.Is(err, provider.ErrPending):
			return "tried what a destination held before: it does not work", nil
		}
		how = "could not check that the old secret stopped working: " + provider.Text(err)
	}
	r.Remark("%s: %s", old, how)
	return how, nil
}
