// Package undo is the steps that abort a rotation: what it did is taken back.
package undo

import (
	"cmp"
	"context"
	"fmt"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/issue"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
	"github.com/credctl/credctl/internal/rotation/step"
)

// Steps returns the steps that abort an operation: what it did is taken back. Force
// aborts what cannot be taken back, or of which nobody knows what came of it.
func Steps(force bool) []step.Step {
	u := &undo{force: force}
	return []step.Step{
		{Name: "reconcile", Describe: u.describeOrphans, Check: u.checkOrphans, Do: u.reconcile},
		{Name: "go back", Describe: u.describeForget, Check: u.checkWayBack, Do: u.goBack},
		{Name: "put back", Due: u.wayBack, Describe: u.describePutBack, Check: u.checkHolders, Do: u.putBack},
		{Name: "hook", Due: u.wayBack, Describe: u.describeHook, Do: u.callHook},
		{Name: "revoke", Due: u.wayBack, Describe: step.DescribeRevoke, Do: u.revoke},
	}
}

// Abort carries out the steps that abort an operation.
func Abort(ctx context.Context, r *run.Run, force bool) error {
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
	blocked bool     // a check has failed: nothing more is looked at
	forgets bool     // there is nothing to go back to: force can only forget the operation
	revokes []string // what would be said of what lost requests made
	holders []string // of the new secret, or maybe of it
}

// blockedBy notes that a check has failed.
func (u *undo) blockedBy(c step.Check) []step.Check {
	u.blocked = u.blocked || c.Err != nil
	return []step.Check{c}
}

func (u *undo) unclear(r *run.Run) bool { return r.Op.Unclear() && r.Op.Strategy != oplog.Generate }

func (u *undo) wayBack(*run.Run) bool { return !u.forgets && !u.blocked }

// checkOrphans finds out what became of a request whose answer was lost, as the step
// does, and tells r.
func (u *undo) checkOrphans(ctx context.Context, r *run.Run) []step.Check {
	if !u.unclear(r) {
		return nil
	}
	u.revokes = step.Line(r.Op.Orphan != "", "revoke %s, which a lost request made", r.Op.Orphan)
	orphan, _, err := issue.FindOrphan(ctx, r)
	c := step.Checked("find out what became of the request that an earlier run sent", err)
	switch {
	case err != nil && u.force:
		c.Err = nil
	case err != nil:
	case r.Op.Strategy == oplog.Rotate:
		r.Op.Found, r.Op.Asked = cmp.Or(orphan, r.Op.Found), false
	default:
		u.revokes = append(u.revokes, step.Line(orphan != "", "revoke %s, which the lost request made", orphan)...)
		r.Op.Asked = false
	}
	return u.blockedBy(c)
}

func (u *undo) describeOrphans(*run.Run) []string { return u.revokes }

func (u *undo) reconcile(ctx context.Context, r *run.Run) error {
	if !u.unclear(r) {
		return nil
	}
	if err := issue.Reconcile(ctx, r); err != nil && !u.force {
		return err
	}
	return nil
}

func (u *undo) checkWayBack(ctx context.Context, r *run.Run) []step.Check {
	if u.blocked {
		return nil
	}
	return u.blockedBy(step.Checked("go back to "+r.Op.Subject.ID, u.findWayBack(ctx, r)))
}

func (u *undo) describeForget(*run.Run) []string {
	return step.Line(u.forgets && !u.blocked, "forget the rotation, and leave everything as it is")
}

func (u *undo) goBack(ctx context.Context, r *run.Run) error {
	if err := u.findWayBack(ctx, r); err != nil || !u.forgets {
		return err
	}
	return r.End(journal.Aborted, oplog.Event{Error: "forgotten, by --force"})
}

// findWayBack refuses to abort what there is no going back from.
func (u *undo) findWayBack(ctx context.Context, r *run.Run) (err error) {
	u.forgets, err = oldMayHaveStopped(ctx, r)
	if err != nil && !u.force {
		return err
	}
	newer, err := run.Newer(r)
	if err != nil {
		return err
	}
	if newer != nil && (!u.forgets || !u.force) { // the destinations have what is newer, or will
		return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("%s has been rotated since, by %s: there is no going back behind that", r.Op.New.ID, newer.ID)),
			"credctl rotation resume %s ends this one", r.Op.ID)
	}
	if u.forgets && !u.force {
		return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("the old secret of %s is dead, or may be: there is nothing to go back to", r.Op.Subject.ID)),
			"credctl rotation resume %s goes on; --force forgets the operation and leaves everything as it is", r.Op.ID)
	}
	return nil
}

// oldMayHaveStopped reports whether there may be nothing to go back to: in place the
// old secret stops working with the request, and anybody may have deleted the old credential.
func oldMayHaveStopped(ctx context.Context, r *run.Run) (bool, error) {
	s := r.Op
	switch {
	case s.Retiring:
		return true, nil
	case s.Strategy == oplog.Generate:
		return s.Asked || s.Issued || s.Lost, nil
	case s.Strategy.InPlace():
		return s.Asked || s.Issued || s.Found != "", nil
	case !s.Issued:
		return false, nil
	}
	c, err := run.Get(ctx, r.Service, s.Subject.ID)
	if run.Gone(err) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("whether %s still lives is not known, so that the new one is kept: %w", s.Subject.ID, err)
	}
	return c.Revoked, nil
}

func (u *undo) describeHook(r *run.Run) []string {
	return step.Line(r.Op.HookRan, "run %s", r.Op.Options.Hook)
}

// callHook tells what was told to use the new secret to use the old one.
func (u *undo) callHook(ctx context.Context, r *run.Run) error {
	if !r.Op.HookRan {
		return nil
	}
	if err := step.CallHook(ctx, r, r.Former()); err != nil && !u.force {
		return provider.Reclassify(provider.ErrPartial, fmt.Errorf("the old secret was put back, but the hook failed, so that the new one is kept: %w", err))
	}
	return nil
}

func (u *undo) revoke(ctx context.Context, r *run.Run) error {
	return run.Abort(ctx, r, "aborted by the user")
}
