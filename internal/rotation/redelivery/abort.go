package redelivery

import (
	"context"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/arrival"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
	"github.com/credctl/credctl/internal/rotation/step"
)

// Abort ends a delivery, which has created nothing. It refuses where a destination has the
// secret, or may have it, unless by force: the next rotation would not renew it there.
func Abort(ctx context.Context, r *run.Run, force bool) error {
	err := refused(ctx, r)
	if err != nil && !force {
		return err
	}
	if err != nil {
		r.Remark("%v; no rotation renews it there: pass what programs read to the next one with --to", err)
	}
	return r.End(journal.Aborted, oplog.Event{Error: "aborted by the user"})
}

func refused(ctx context.Context, r *run.Run) error {
	err := arrival.Holds(ctx, r)
	if err == nil {
		return nil
	}
	return provider.Hint(provider.WithClass(provider.ErrRefused, err),
		"to complete the delivery: credctl rotation resume %s; to end it in any case, pass --force", r.Op.ID)
}

// PlanAbort returns what an abort of a delivery, or of a creation, would do, and whether it
// would be refused.
func PlanAbort(ctx context.Context, r *run.Run, force bool) (steps []string, looked step.Check) {
	steps, check := []string{"end the delivery"}, refused
	if r.Op.Strategy == oplog.Create {
		steps, check = creation.DescribeAbort(r), creation.Refused
	}
	what := "look at what the destinations hold"
	err := check(ctx, r)
	if err != nil && force {
		what, err = what+" ("+err.Error()+")", nil
	}
	return steps, step.Checked(what, err)
}
