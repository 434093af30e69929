package undo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/arrival"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
	"github.com/credctl/credctl/internal/rotation/step"
)

// goBack refuses to abort where the old credential may not work. By force it ends the
// operation then, and nothing else.
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
	if err != nil && (!u.force || ctx.Err() != nil) {
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
// its secret stops working with the request, and anybody may have deleted the credential,
// or generated another secret for it.
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
	old, err := run.Get(ctx, r.Service, s.Subject.ID)
	switch {
	case run.Gone(err):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("cannot abort: could not read the old credential %s: %w", s.Subject.ID, err)
	case !old.Live():
		return true, nil
	case r.OldSecret.IsZero():
		return false, nil
	}
	if err := u.findHolders(ctx, r); err != nil || len(u.holders)+len(r.Op.Restores) == 0 { // nothing gets the old secret
		return false, err
	}
	return oldFails(ctx, r, step.TryOld(ctx, r, u.plan))
}

// oldFails reports whether the err of a try of the old secret says that it has stopped
// working. It is an error where that cannot be told.
func oldFails(ctx context.Context, r *run.Run, err error) (bool, error) {
	switch {
	case ctx.Err() != nil: // a command that was stopped says nothing
		return false, ctx.Err()
	case err == nil, errors.Is(err, provider.ErrMetered):
		return false, nil
	case errors.Is(err, provider.ErrDenied), errors.Is(err, provider.ErrPending):
		return true, nil
	}
	err = fmt.Errorf("cannot abort: could not verify that the old secret of %s still works: %w", r.Op.Subject.ID, err)
	return false, provider.AlsoHint(err, "to try again: credctl rotation abort %s; to restore the old secret without this check, add --force", r.Op.ID)
}
