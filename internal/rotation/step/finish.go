package step

import (
	"context"
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/issue"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

func describeFinish(r *run.Run) []string {
	return Line(r.Op.Issued && r.Op.Orphan != "", "revoke %s, which a lost request made", r.Op.Orphan)
}

// finish tries the old secret once, where it is known, and ends the operation.
func finish(ctx context.Context, r *run.Run) error {
	how := ""
	if r.Op.New.ID != r.Op.Subject.ID || !r.OldSecret.IsZero() {
		var err error
		if how, err = tryOld(ctx, r); err != nil {
			return err
		}
	}
	if r.Op.Lost && r.Op.Strategy == oplog.Replace { // a request that was given up for lost may have been carried out late
		if err := issue.RevokeOrphans(ctx, r); err != nil {
			return err
		}
	}
	return r.End(journal.Done, oplog.Event{How: how})
}

// tryOld tries the old secret once.
func tryOld(ctx context.Context, r *run.Run) (string, error) {
	v, able := r.Service.(provider.Verifier)
	old := r.Op.Subject.ID
	if r.OldSecret.IsZero() || !able {
		how := "whether the old secret is dead was not tried: it is not known"
		r.Remark("%s: %s", old, how)
		return how, nil
	}
	r.Hit("old.trying")
	err := v.Verify(ctx, r.Former())
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err == nil && r.Op.Strategy.InPlace(): // there is nothing to try again
		how := "the old secret still works"
		if err := r.End(journal.Done, oplog.Event{How: how}); err != nil {
			return "", err
		}
		return "", provider.Reclassify(provider.ErrPartial, fmt.Errorf("%s was rotated, but %s", old, how))
	case err == nil:
		return "", provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("the old one, %s, was deleted, but its secret still works", old)),
			"it may take the vendor some minutes: run the same command again, or: credctl rotation resume %s", r.Op.ID)
	case errors.Is(err, provider.ErrDenied), errors.Is(err, provider.ErrPending):
		return "what a destination held before was tried, and does not work", nil
	}
	how := "whether the old secret is dead could not be told: " + err.Error()
	r.Remark("%s: %s", old, how)
	return how, nil
}
