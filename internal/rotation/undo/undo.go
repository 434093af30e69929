// Package undo has the steps that abort a rotation: they undo what it did.
package undo

import (
	"context"
	"fmt"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
	"github.com/credctl/credctl/internal/rotation/step"
)

// Steps returns the steps that abort an operation. Force aborts also what cannot be
// undone, or whose outcome is unknown.
func Steps(force bool) []step.Step {
	u := &undo{force: force}
	due := func(*run.Run) bool { return !u.forgets && !u.blocked }
	return []step.Step{
		{
			Name: "reconcile", Check: u.checkOrphans, Do: u.reconcile,
			Describe: func(*run.Run) []string { return u.revokes },
		},
		{
			Name: "keep old", Do: u.goBack,
			Check: func(ctx context.Context, r *run.Run) []step.Check {
				return u.check("keep "+r.Op.Subject.ID, u.findWayBack)(ctx, r)
			},
			Describe: func(*run.Run) []string {
				ends := u.forgets && !u.blocked
				return append(step.Line(ends && u.alone, "save the new secret, which no destination is known to have, to a file"), step.Line(ends, "end the rotation without changing anything at the vendor")...)
			},
		},
		{Name: "restore", Due: due, Describe: u.describePutBack, Check: u.check("restore the old secret", u.restorable), Do: u.putBack},
		{
			Name: "hook", Due: due, Do: u.callHook,
			Describe: func(r *run.Run) []string { return step.Line(r.Op.HookBegun, "run %s", r.Op.Options.Hook) },
		},
		{
			Name: "revoke", Due: due, Describe: step.DescribeRevoke,
			Do: func(ctx context.Context, r *run.Run) error { return run.Abort(ctx, r, "aborted by the user", u.force) },
		},
	}
}

// CarryOut carries out the steps that abort an operation.
func CarryOut(ctx context.Context, r *run.Run, force bool) error {
	for s := range step.Due(r, Steps(force)) {
		if err := s.Do(ctx, r); err != nil {
			if r.Op.Aborting != "" {
				return step.RecordFailure(ctx, r, "abort", err)
			}
			return err
		}
	}
	return nil
}

// An undo is what the steps of an abort find out for one another.
type undo struct {
	force   bool
	plan    bool     // nothing is carried out, so no command of the user runs
	blocked bool     // a check has failed: nothing more is checked
	alone   bool     // and no destination is known to have the new secret, which the journal has
	forgets bool     // the old credential may not work: force can only end the operation
	newGone bool     // the vendor does not have the new credential any more
	revokes []string // descriptions of what would be revoked of lost requests
	holders []string // the destinations that have the new secret, or may have it
	changed []string // those that had it, and were changed since
}

// check is the check of a step, unless nothing more is to be checked.
func (u *undo) check(what string, find func(context.Context, *run.Run) error) func(context.Context, *run.Run) []step.Check {
	return func(ctx context.Context, r *run.Run) []step.Check {
		if u.forgets || u.blocked {
			return nil
		}
		u.plan = true
		c := step.Checked(what, find(ctx, r))
		u.blocked = c.Err != nil
		return []step.Check{c}
	}
}

func unclear(r *run.Run) bool { return r.Op.Unclear() && r.Op.Strategy != oplog.Generate }

// checkOrphans finds out what a request whose answer was lost has done, as the step
// does, and records that in r.
func (u *undo) checkOrphans(ctx context.Context, r *run.Run) []step.Check {
	if !unclear(r) {
		return nil
	}
	u.revokes = step.Line(r.Op.Orphan != "", "delete %s, which was created by a request whose answer was lost", r.Op.Orphan)
	orphans, _, err := run.FindOrphans(ctx, r)
	c := step.Checked("find out what the request of an earlier run did", err)
	switch {
	case err != nil && u.force:
		c.Err = nil
	case err != nil:
		u.blocked = true
	case r.Op.Strategy == oplog.Rotate:
		r.Op.Asked = false
		if len(orphans) > 0 {
			r.Op.Found = orphans[0]
		}
	default:
		for _, id := range orphans {
			u.revokes = append(u.revokes, "delete "+id+", which was created by a request whose answer was lost")
		}
		r.Op.Asked = false
	}
	return []step.Check{c}
}

func (u *undo) reconcile(ctx context.Context, r *run.Run) error {
	if !unclear(r) {
		return nil
	}
	err := run.Reconcile(ctx, r)
	if u.force {
		return nil
	}
	return err
}

// callHook runs the hook for the old credential, if it was run for its replacement, even
// where it failed then: it may have done a part of its work.
func (u *undo) callHook(ctx context.Context, r *run.Run) error {
	if !r.Op.HookBegun {
		return nil
	}
	if err := step.CallHook(ctx, r, r.Former()); err != nil && !u.force {
		err = provider.Reclassify(provider.ErrPartial, fmt.Errorf("restored the old secret, but did not delete %s, because the hook failed: %w", r.Op.New.ID, err))
		return provider.AlsoHint(err, "after fixing the hook, run: credctl rotation abort %s; to delete %s although a program may use it, add --force", r.Op.ID, r.Op.New.ID)
	}
	return nil
}
