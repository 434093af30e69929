package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// An Abortion is how an operation is given up.
type Abortion struct {
	// Force gives up what has reached destinations whose old secret is not
	// known, or whose outcome nobody knows.
	Force       bool
	LockTimeout time.Duration
}

// Abort gives an operation up: the new credential is revoked, the old one lives
// on, and destinations that had got the new one get the old one back. It is
// [provider.ErrRefused] when the old one is dead, or cannot be put back.
func (e *Engine) Abort(ctx context.Context, id string, o Abortion) (Result, error) {
	result, err := e.on(ctx, id, o.LockTimeout, func(op *journal.Operation) (Result, error) {
		if op.Final() {
			return Result{Operation: op.ID}, over(op)
		}
		w, err := e.resume(ctx, op, Request{Subject: Subject{ID: op.Ref().ID}})
		if err != nil {
			return Result{Operation: op.ID}, err
		}
		if err = w.undo(ctx, o.Force); err != nil && w.aborting != "" {
			err = w.halt(ctx, "abort", err)
		}
		return w.result(), err
	})
	return result, e.audit("abort", result, err)
}

// over refuses to give up an operation that has ended.
func over(op *journal.Operation) error {
	return provider.WithClass(provider.ErrRefused, fmt.Errorf("operation %s has ended: %s", op.ID, op.Last().Step))
}

// undo takes back what an operation did.
func (w *work) undo(ctx context.Context, force bool) error {
	if w.unclear() && w.strategy != Generate {
		if err := w.look(ctx); err != nil && !force {
			return err
		}
	}
	dead, err := w.mayUndo(ctx, force)
	if err != nil {
		return err
	}
	if dead {
		return w.end(journal.Aborted, note{Error: "forgotten, by --force"})
	}
	if err := w.putBack(ctx, force); err != nil {
		return err
	}
	if w.told { // what was told to use the new one is told to use the old one
		if err := w.callHook(ctx, w.former()); err != nil && !force {
			return as(provider.ErrPartial, fmt.Errorf("the old secret was put back, but the hook failed, so that the new one is kept: %w", err))
		}
	}
	return w.abort(ctx, "aborted by the user")
}

// mayUndo refuses to give up what there is no going back from, and reports whether
// the old one is dead, so that force can only forget the operation.
func (w *work) mayUndo(ctx context.Context, force bool) (dead bool, err error) {
	dead, err = w.oldMayBeDead(ctx)
	if err != nil && !force {
		return dead, err
	}
	newer, err := w.newer()
	if err != nil {
		return dead, err
	}
	if newer != nil && (!dead || !force) { // the destinations have what is newer, or will
		return dead, provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("%s has been rotated since, by %s: there is no going back behind that", w.new.ID, newer.ID)),
			"credctl rotation resume %s ends this one", w.op.ID)
	}
	if dead && !force {
		return dead, provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("the old secret of %s is dead, or may be: there is nothing to go back to", w.subject.ID)),
			"credctl rotation resume %s goes on; --force forgets the operation and leaves everything as it is", w.op.ID)
	}
	return dead, nil
}

// oldMayBeDead reports whether there may be nothing to go back to: in place the
// old secret ends with the request, and anybody may have deleted the old one.
func (w *work) oldMayBeDead(ctx context.Context) (bool, error) {
	switch {
	case w.retiring:
		return true, nil
	case w.strategy == Generate:
		return w.asked || w.issued || w.lost, nil
	case w.inPlace():
		return w.asked || w.issued || w.found != "", nil
	case !w.issued:
		return false, nil
	}
	c, err := get(ctx, w.service, w.subject.ID)
	if gone(err) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("whether %s still lives is not known, so that the new one is kept: %w", w.subject.ID, err)
	}
	return c.Revoked, nil
}

// former returns the old credential, with its secret where that is known.
func (w *work) former() provider.Credential {
	c := w.old
	c.Secret = w.oldSecret
	return c
}

// mayHold reports whether a destination may have the new secret although the
// journal does not say so: it was written, and not read back.
func (w *work) mayHold(ctx context.Context, to string) bool {
	if w.secret.IsZero() || !w.verified && !slices.Contains(w.failedTo, to) {
		return false
	}
	d, err := w.target(to)
	if err != nil {
		return false
	}
	err = d.ReadBack(ctx, w.credential())
	return err == nil || errors.Is(err, deliver.ErrNoReadBack)
}

// holders returns the destinations that have the new secret, or may have it, and
// so get the old one back. It refuses where that is not known, unless by force.
func (w *work) holders(ctx context.Context, force bool) (all []string, err error) {
	for _, to := range w.options.To {
		has := "has the new secret already"
		if !slices.Contains(w.delivered, to) {
			if !w.mayHold(ctx, to) {
				continue
			}
			has = "may have the new secret"
		}
		if !w.oldSecret.IsZero() {
			all = append(all, to)
		} else if !force {
			return all, provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("%s %s, and the old one is not known, so that it cannot be put back", to, has)),
				"credctl rotation resume %s goes on; --force revokes the new one all the same", w.op.ID)
		}
	}
	return all, nil
}

// putBack gives the old secret back to those that have the new one, or may have it.
// Of the latter one that cannot be written does not withstand force.
func (w *work) putBack(ctx context.Context, force bool) error {
	holders, err := w.holders(ctx, force)
	if err != nil {
		return err
	}
	old := w.former()
	for _, to := range holders {
		d, err := w.target(to)
		if err == nil {
			err = d.Write(ctx, old)
		}
		if err == nil {
			err = d.ReadBack(ctx, old)
		}
		if err != nil && force && !slices.Contains(w.delivered, to) {
			w.remark("%s may have the new secret, and the old one could not be put back: %v", to, err)
			continue
		}
		if err != nil {
			return as(provider.ErrPartial, fmt.Errorf("the old secret could not be put back, so that the new one is kept: %w", err))
		}
	}
	return nil
}

// abort revokes the new one, and ends the operation. The old one lives on.
func (w *work) abort(ctx context.Context, why string) error {
	if w.aborting == "" {
		if err := w.note(stepAborting, note{Error: why}); err != nil {
			return err
		}
	}
	if w.issued {
		w.e.hit("abort.sending")
		err := w.service.(provider.Deleter).Delete(ctx, w.new.ID)
		w.e.hit("abort.answered")
		if gone(err) {
			if err := w.sameAccount(ctx, w.service, w.subject.ID); err != nil {
				return err
			}
		}
		if err != nil && !gone(err) {
			return provider.Hint(as(provider.ErrPartial, fmt.Errorf("%s; and the new one, %s, could not be revoked: %w", why, w.new.ID, err)),
				"credctl rotation resume %s tries it again", w.op.ID)
		}
		w.changed = true
	}
	return w.end(journal.Aborted, note{Error: why})
}
