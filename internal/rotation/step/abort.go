package step

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// Abort returns the steps that abort an operation: what it did is taken back. Force
// aborts what cannot be taken back, or of which nobody knows what came of it.
func Abort(force bool) []Step {
	u := &undo{force: force}
	due := func(*run.Run) bool { return !u.forgets && !u.blocked }
	return []Step{
		{
			Name: "reconcile", Check: u.checkOrphans, Do: u.reconcile,
			Describe: func(*run.Run) []string { return u.revokes },
		},
		{
			Name: "go back", Do: u.goBack,
			Check: func(ctx context.Context, r *run.Run) []Check {
				return u.check("go back to "+r.Op.Subject.ID, u.findWayBack)(ctx, r)
			},
			Describe: func(*run.Run) []string {
				return line(u.forgets && !u.blocked, "forget the rotation, and leave everything as it is")
			},
		},
		{Name: "put back", Due: due, Describe: u.describePutBack, Check: u.check("put the old secret back", u.findHolders), Do: u.putBack},
		{
			Name: "hook", Due: due, Do: u.callHook,
			Describe: func(r *run.Run) []string { return line(r.Op.HookRan, "run %s", r.Op.Options.Hook) },
		},
		{
			Name: "revoke", Due: due, Describe: describeRevoke,
			Do: func(ctx context.Context, r *run.Run) error { return run.Abort(ctx, r, "aborted by the user") },
		},
	}
}

// CarryOutAbort carries out the steps that abort an operation.
func CarryOutAbort(ctx context.Context, r *run.Run, force bool) error {
	for s := range Due(r, Abort(force)) {
		if err := s.Do(ctx, r); err != nil {
			if r.Op.Aborting != "" {
				return recordFailure(ctx, r, "abort", err)
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

// check is the check of a step, unless there is nothing more to look at.
func (u *undo) check(what string, find func(context.Context, *run.Run) error) func(context.Context, *run.Run) []Check {
	return func(ctx context.Context, r *run.Run) []Check {
		if u.forgets || u.blocked {
			return nil
		}
		c := Checked(what, find(ctx, r))
		u.blocked = c.Err != nil
		return []Check{c}
	}
}

func unclear(r *run.Run) bool { return r.Op.Unclear() && r.Op.Strategy != oplog.Generate }

// checkOrphans finds out what became of a request whose answer was lost, as the step
// does, and tells r.
func (u *undo) checkOrphans(ctx context.Context, r *run.Run) []Check {
	if !unclear(r) {
		return nil
	}
	u.revokes = line(r.Op.Orphan != "", "revoke %s, which a lost request made", r.Op.Orphan)
	orphan, _, err := run.FindOrphan(ctx, r)
	c := Checked("find out what became of the request that an earlier run sent", err)
	switch {
	case err != nil && u.force:
		c.Err = nil
	case err != nil:
		u.blocked = true
	case r.Op.Strategy == oplog.Rotate:
		r.Op.Found, r.Op.Asked = cmp.Or(orphan, r.Op.Found), false
	default:
		u.revokes = append(u.revokes, line(orphan != "", "revoke %s, which the lost request made", orphan)...)
		r.Op.Asked = false
	}
	return []Check{c}
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
	if newer != "" && (!u.forgets || !u.force) { // the destinations have what is newer, or will
		return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("%s has been rotated since, by %s: there is no going back behind that", r.Op.New.ID, newer)),
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
	_, exists, err := run.Exists(ctx, r.Service, s.Subject.ID)
	if err != nil {
		return false, fmt.Errorf("whether %s still lives is not known, so that the new one is kept: %w", s.Subject.ID, err)
	}
	return !exists, nil
}

// callHook tells what was told to use the new secret to use the old one.
func (u *undo) callHook(ctx context.Context, r *run.Run) error {
	if !r.Op.HookRan {
		return nil
	}
	if err := callHook(ctx, r, r.Former()); err != nil && !u.force {
		return provider.Reclassify(provider.ErrPartial, fmt.Errorf("the old secret was put back, but the hook failed, so that the new one is kept: %w", err))
	}
	return nil
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
