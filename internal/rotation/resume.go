package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

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

// again notes which of these destinations get the new secret again, because nobody
// else has it.
func (w *work) again(ctx context.Context, to []string) error {
	missing, err := w.missing(ctx, to)
	if err != nil {
		return err
	}
	for _, to := range missing {
		if err := w.note(stepMissing, note{To: to}); err != nil {
			return err
		}
	}
	return nil
}

// missing returns which of these destinations had got the new secret, and hold it
// no more.
func (w *work) missing(ctx context.Context, to []string) (all []string, err error) {
	for _, to := range to {
		if !slices.Contains(w.delivered, to) {
			continue
		}
		d, err := w.target(to)
		if err != nil {
			return nil, err
		}
		if d.ReadBack(ctx, w.credential()) == nil {
			continue
		}
		if err := w.mayDeliver(to); err != nil {
			return nil, err
		}
		all = append(all, to)
	}
	return all, nil
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
