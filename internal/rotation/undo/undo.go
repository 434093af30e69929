// Package undo has the steps that abort a rotation: they undo what it did.
package undo

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/arrival"
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
			Describe: func(r *run.Run) []string { return step.Line(r.Op.HookRan, "run %s", r.Op.Options.Hook) },
		},
		{
			Name: "revoke", Due: due, Describe: step.DescribeRevoke,
			Do: func(ctx context.Context, r *run.Run) error { return run.Abort(ctx, r, "aborted by the user") },
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

func (u *undo) goBack(ctx context.Context, r *run.Run) error {
	if err := u.findWayBack(ctx, r); err != nil || !u.forgets {
		return err
	}
	if u.alone {
		if err := save(r); err != nil {
			return err
		}
	}
	return r.End(journal.Aborted, oplog.Event{ID: remains(ctx, r), Error: "ended by --force, without changing anything"})
}

// remains returns the new credential where it alone exists; "" otherwise. It says where
// neither does, or where that cannot be told.
func remains(ctx context.Context, r *run.Run) string {
	of, to := r.Op.Subject.ID, r.Op.New.ID
	if !r.Op.Issued || of == to {
		return ""
	}
	_, has, err := run.Exists(ctx, r.Service, to)
	_, hadStill, oerr := run.Exists(ctx, r.Service, of)
	switch err = cmp.Or(err, oerr); {
	case err != nil:
		r.Remark("could not tell which of %s and %s exists: %v", of, to, err)
	case !has && !hadStill:
		r.Remark("the vendor has neither %s nor %s", of, to)
	case has && !hadStill:
		return to
	}
	return ""
}

// alone reports whether the journal has the new secret, and nobody else is known to have it.
func alone(ctx context.Context, r *run.Run) bool {
	return !r.Secret.IsZero() && !slices.Contains(r.Op.Delivered, oplog.Shown) && len(arrival.Holders(ctx, r)[arrival.Has]) == 0
}

// save saves the new secret, which the journal forgets with the end of the rotation.
func save(r *run.Run) error {
	id := r.Op.New.ID
	if r.Keep == nil {
		return provider.WithClass(provider.ErrRefused, fmt.Errorf("did not end the rotation: no destination is known to have the new secret of %s", id))
	}
	path, err := r.Keep(r.Credential())
	if err != nil {
		return provider.Reclassify(provider.ErrPartial, fmt.Errorf("did not end the rotation: could not save the new secret of %s, which no destination is known to have: %w", id, err))
	}
	r.Remark("%s was not deleted, and no destination is known to have its secret, which is in %s: only you can read that file", id, path)
	return nil
}

// findWayBack refuses to abort where the old credential may not work.
func (u *undo) findWayBack(ctx context.Context, r *run.Run) (err error) {
	if r.Op.Issued && !r.Op.Strategy.InPlace() {
		_, exists, err := run.Exists(ctx, r.Service, r.Op.New.ID)
		if err != nil && !u.force {
			return fmt.Errorf("cannot abort: could not read the new credential %s: %w", r.Op.New.ID, err)
		}
		u.newGone = err == nil && !exists
	}
	u.forgets, err = u.oldMayHaveStopped(ctx, r)
	if err != nil && !u.force {
		return err
	}
	newer, err := oplog.Newer(r.Journal, r.Op)
	if err != nil {
		return err
	}
	if newer != "" && (!u.forgets || !u.force) { // the destinations have the later credential, or will
		return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("cannot abort: %s has been rotated since, by rotation %s", r.Op.New.ID, newer)),
			"to end this rotation: credctl rotation resume %s", r.Op.ID)
	}
	if r.Op.Issued && !u.forgets && !r.Op.Strategy.InPlace() {
		if err := run.NotSigner(ctx, r, r.Op.New.ID, r.Service); err != nil {
			return err
		}
	}
	u.alone = u.forgets && !u.newGone && alone(ctx, r)
	if u.forgets && !u.force {
		why := fmt.Errorf("cannot abort: the old secret of %s has stopped working, or may have", r.Op.Subject.ID)
		if u.alone {
			why = fmt.Errorf("%w; no destination is known to have the new secret, which the journal keeps", why)
		}
		return provider.Hint(provider.WithClass(provider.ErrRefused, why),
			"to continue: credctl rotation resume %s; to end the rotation without changing anything at the vendor: credctl rotation abort %[1]s --force", r.Op.ID)
	}
	return nil
}

// oldMayHaveStopped reports whether the old credential may not work any more: in place
// its secret stops working with the request, and anybody may have deleted it.
func (u *undo) oldMayHaveStopped(ctx context.Context, r *run.Run) (bool, error) {
	s := r.Op
	switch {
	case s.Retiring && !u.newGone: // its deletion was sent
		return true, nil
	case s.Strategy == oplog.Generate:
		return s.Asked || s.Issued || s.Lost, nil
	case s.Strategy.InPlace():
		return s.Asked || s.Issued || s.Found != "", nil
	case !s.Issued:
		return false, nil
	}
	_, exists, err := run.Exists(ctx, r.Service, s.Subject.ID)
	if err != nil {
		return false, fmt.Errorf("cannot abort: could not read the old credential %s: %w", s.Subject.ID, err)
	}
	return !exists, nil
}

// callHook runs the hook, if it has run before, for the old credential.
func (u *undo) callHook(ctx context.Context, r *run.Run) error {
	if !r.Op.HookRan {
		return nil
	}
	if err := step.CallHook(ctx, r, r.Former()); err != nil && !u.force {
		return provider.Reclassify(provider.ErrPartial, fmt.Errorf("restored the old secret, but did not delete %s, because the hook failed: %w", r.Op.New.ID, err))
	}
	return nil
}
