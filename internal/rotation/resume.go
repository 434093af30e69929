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

// A Resumption is how an operation is gone on with.
type Resumption struct {
	Options // more destinations, or another way to verify

	Secret provider.Secret // of a vendor that does not tell it
	Key    string          // that belongs to Secret; empty: what the vendor says

	// ForceUnverified deletes the old one although the journal does not say that
	// the new one works, or is everywhere.
	ForceUnverified bool

	Show        func(context.Context, Result) error // as in [Request]
	LockTimeout time.Duration
}

// Resume goes on with an operation, which id names itself or by either of its
// credentials. The errors are those of [Engine.Rotate].
func (e *Engine) Resume(ctx context.Context, id string, o Resumption) (Result, error) {
	result, err := e.on(ctx, id, o.LockTimeout, func(op *journal.Operation) (Result, error) { return e.goOn(ctx, op, o) })
	return result, e.audit("resume", result, err)
}

func (e *Engine) goOn(ctx context.Context, op *journal.Operation, o Resumption) (Result, error) {
	if op.Damaged == nil && op.Final() {
		w, err := e.work(op, Request{})
		if err != nil {
			return Result{}, err
		}
		r := w.result()
		r.Reason = "it has ended: " + string(r.State)
		return r, nil
	}
	rec, err := fold(op)
	if err != nil {
		return Result{}, err
	}
	q := Request{Subject: rec.subject, Options: o.Options, Show: o.Show}
	if err := e.resolve(ctx, &q); err != nil {
		return Result{}, err
	}
	w, err := e.resume(ctx, op, q)
	if err != nil {
		return Result{Operation: op.ID, Provider: q.Provider, Kind: q.Kind, OldID: q.ID}, err
	}
	w.given, w.key, w.force = o.Secret, o.Key, o.ForceUnverified
	aborting := w.aborting != ""
	if err = w.again(ctx, q.To); err == nil {
		err = w.advance(ctx)
	}
	if err == nil && w.reached == Aborted && !aborting {
		err = provider.Hint(as(provider.ErrPartial, fmt.Errorf("the rotation was given up: %s", w.trouble)), "the old one lives on: rotate %s again", w.subject.ID)
	}
	return w.result(), err
}

// again notes which of these destinations had got the new secret, and hold it no
// more: they get it again, because nobody else has it.
func (w *work) again(ctx context.Context, to []string) error {
	for _, to := range to {
		if !slices.Contains(w.delivered, to) {
			continue
		}
		d, err := w.target(to)
		if err != nil {
			return err
		}
		if d.ReadBack(ctx, w.credential()) == nil {
			continue
		}
		if err := w.mayDeliver(to); err != nil {
			return err
		}
		if err := w.note(stepMissing, note{To: to}); err != nil {
			return err
		}
	}
	return nil
}

// mayDeliver refuses to take to a destination what has itself been rotated since: it
// would take the place of something newer.
func (w *work) mayDeliver(to string) error {
	newer, err := w.newer()
	if err != nil || newer == nil {
		return err
	}
	return provider.Hint(provider.Usage("%s has been rotated since, so that it is not taken to %s any more", w.new.ID, to),
		"credctl rotation resume %s goes on with the newer rotation; credctl rotation resume %s, without --to, ends this one", newer.ID, w.op.ID)
}

// on finds an operation, takes its lock, and gives it as it is then to do.
func (e *Engine) on(ctx context.Context, id string, timeout time.Duration, do func(*journal.Operation) (Result, error)) (Result, error) {
	index, err := e.Journal.Index()
	if err == nil {
		err = tidy(index)
	}
	if err != nil {
		return Result{}, err
	}
	op, err := index.Find(id)
	if err != nil {
		return Result{}, err
	}
	if op.Damaged != nil {
		return Result{Operation: op.ID}, op.Damaged
	}
	release, err := e.lock(ctx, index, op.Ref(), timeout)
	if err != nil {
		return Result{Operation: op.ID, Provider: op.Ref().Provider, Kind: op.Ref().Kind, OldID: op.Ref().ID}, err
	}
	defer release()
	if op, err = e.Journal.Load(op.ID); err == nil {
		err = op.Damaged
	}
	if err != nil {
		return Result{}, err
	}
	return do(op)
}

// ResumeAll goes on with every operation that has not ended. One that fails does
// not keep the others from it.
func (e *Engine) ResumeAll(ctx context.Context, o Resumption) ([]Result, error) {
	index, err := e.Journal.Index()
	if err != nil {
		return nil, err
	}
	results := []Result{}
	var problems []error
	for _, op := range index {
		if op.Damaged == nil && op.Final() && op.Wiped() {
			continue
		}
		if err := ctx.Err(); err != nil {
			return results, errors.Join(append(problems, err)...)
		}
		r, err := e.Resume(ctx, op.ID, o)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", op.ID, err))
			r.Operation = op.ID
		}
		results = append(results, r)
	}
	return results, together(problems, len(results))
}

// together returns the error of several runs: of one alone, its own.
func together(problems []error, of int) error {
	switch {
	case len(problems) == 0:
		return nil
	case of == 1:
		return problems[0]
	}
	return as(provider.ErrPartial, fmt.Errorf("%d of %d failed: %w", len(problems), of, errors.Join(problems...)))
}

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
			return Result{Operation: op.ID}, provider.As(provider.ErrRefused, fmt.Errorf("operation %s has ended: %s", op.ID, op.Last().Step))
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

// undo takes back what an operation did.
func (w *work) undo(ctx context.Context, force bool) error {
	if (w.asked || w.lost && w.found == "") && !w.issued && w.strategy != Generate { // something may have been issued that nobody knows
		if err := w.look(ctx); err != nil && !force {
			return err
		}
	}
	dead, err := w.oldMayBeDead(ctx)
	if err != nil && !force {
		return err
	}
	newer, nerr := w.newer()
	if nerr != nil {
		return nerr
	}
	if newer != nil && (!dead || !force) { // the destinations have what is newer, or will
		return provider.Hint(provider.As(provider.ErrRefused, fmt.Errorf("%s has been rotated since, by %s: there is no going back behind that", w.new.ID, newer.ID)),
			"credctl rotation resume %s ends this one", w.op.ID)
	}
	if dead && !force {
		return provider.Hint(provider.As(provider.ErrRefused, fmt.Errorf("the old secret of %s is dead, or may be: there is nothing to go back to", w.subject.ID)),
			"credctl rotation resume %s goes on; --force forgets the operation and leaves everything as it is", w.op.ID)
	}
	if dead {
		return w.end(journal.Aborted, note{Error: "forgotten, by --force"})
	}
	if err := w.putBack(ctx, force); err != nil {
		return err
	}
	if w.hooked { // what was told to use the new one is told to use the old one
		if err := w.callHook(ctx, w.former()); err != nil && !force {
			return as(provider.ErrPartial, fmt.Errorf("the old secret was put back, but the hook failed, so that the new one is kept: %w", err))
		}
	}
	return w.abort(ctx, "aborted by the user")
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
	return dead(c), nil
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

// putBack gives the old secret back to the destinations that have the new one, or
// may have it. Of the latter one that cannot be written does not withstand force.
func (w *work) putBack(ctx context.Context, force bool) error {
	old := w.former()
	for _, to := range w.options.To {
		delivered := slices.Contains(w.delivered, to)
		if !delivered && !w.mayHold(ctx, to) {
			continue
		}
		if w.oldSecret.IsZero() {
			if force {
				continue
			}
			has := "has the new secret already"
			if !delivered {
				has = "may have the new secret"
			}
			return provider.Hint(provider.As(provider.ErrRefused, fmt.Errorf("%s %s, and the old one is not known, so that it cannot be put back", to, has)),
				"credctl rotation resume %s goes on; --force revokes the new one all the same", w.op.ID)
		}
		d, err := w.target(to)
		if err == nil {
			err = d.Write(ctx, old)
		}
		if err == nil {
			err = d.ReadBack(ctx, old)
		}
		if err != nil && !delivered && force {
			w.remark("%s may have the new secret, and the old one could not be put back: %v", to, err)
			continue
		}
		if err != nil {
			return as(provider.ErrPartial, fmt.Errorf("the old secret could not be put back, so that the new one is kept: %w", err))
		}
	}
	return nil
}
