package reopen

import (
	"context"
	"slices"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
	"github.com/credctl/credctl/internal/rotation/step"
)

// Waiting returns what resuming op would, where op only waits for the end of its grace
// period, and q changes nothing of it. It sends nothing, and takes no lock.
func Waiting(env run.Env, q Asked, op *journal.Operation) (result run.Result, waits bool, err error) {
	s, err := oplog.Fold(op)
	if err != nil || !op.Settled() {
		return result, false, err
	}
	q.To = slices.Clone(q.To)
	for i, to := range q.To {
		d, err := env.Destination(to, q.Subject, q.InsecurePerms)
		if err != nil {
			return result, false, err
		}
		q.To[i] = d.Spec()
	}
	c, err := correct(s, q.Options, q.Adjustable)
	r := &run.Run{Env: env, Op: s}
	if err != nil || c.Changed || !step.Waits(r) {
		return result, false, err
	}
	return r.Result(), true, nil
}

// look finds out whether the vendor still has the old credential of an operation that only waits
// to delete it. Nothing depends on it but what is said.
func look(ctx context.Context, r *run.Run, q Asked, c correction) {
	if q.Whole && !c.Changed && step.Waits(r) {
		_, exists, err := run.Exists(ctx, r.Service, r.Op.Subject.ID)
		r.Op.OldGone = err == nil && !exists
	}
}
