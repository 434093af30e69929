package rotation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/aside"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/locks"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/redelivery"
	"github.com/credctl/credctl/internal/rotation/reopen"
	"github.com/credctl/credctl/internal/rotation/run"
	"github.com/credctl/credctl/internal/rotation/step"
	"github.com/credctl/credctl/internal/rotation/together"
	"github.com/credctl/credctl/internal/rotation/undo"
)

// ResumeOptions is how an operation is resumed.
type ResumeOptions struct {
	Options // that are added, or replace those of the operation

	// Adjustable are settings that replace those of the operation, as in [Subject].
	Adjustable map[string]string

	Secret provider.Secret // where the vendor does not return it
	Key    string          // that belongs to Secret; empty: what the vendor says

	// ForceUnverified deletes the old credential although the new credential was not verified,
	// or not delivered everywhere. The new credential must be at the vendor anyway.
	ForceUnverified bool

	Show        func(context.Context, Result) error // as in [Request]
	LockTimeout time.Duration
}

// Resume continues an operation, named as in [Engine.Show], with the errors of [Engine.Rotate].
func (e *Engine) Resume(ctx context.Context, id string, o ResumeOptions) (Result, error) {
	profile := ""
	result, err := withLocked(ctx, e, id, o.LockTimeout, func(ctx context.Context, r *run.Run) (Result, error) {
		profile = r.Op.Subject.Profile
		if r.Op.Final() {
			result := r.Result()
			result.Reason, result.Message = oplog.ReasonEnded, fmt.Sprintf("rotation %s has ended (state: %s)", r.Op.ID, result.State.Word())
			return result, nil
		}
		q := o.request(r.Op)
		if err := e.resolve(ctx, &q.Subject, &q.Options); err != nil {
			return Result{}, err
		}
		if err := reopen.Continue(ctx, r, q.asked()); err != nil {
			return Result{Operation: r.Op.ID, Provider: q.Provider, Kind: q.Kind, ID: r.Op.CurrentID(), OldID: q.ID}, err
		}
		r.SuppliedSecret, r.SuppliedKey, r.Force = o.Secret, o.Key, o.ForceUnverified
		err := deliverAgain(ctx, r, q.To)
		switch {
		case err != nil:
		case r.Op.Strategy == oplog.Create:
			err = creation.Resume(ctx, r)
		case r.Op.Strategy == oplog.Deliver:
			err = redelivery.Resume(ctx, r)
		default:
			err = advance(ctx, r)
		}
		return run.Outcome(r, err)
	})
	return result, e.audit("resume", profile, result, err)
}

// request is what resuming an operation asks for.
func (o ResumeOptions) request(op *oplog.OpState) Request {
	q := Request{Subject: op.Subject, Options: o.Options, Show: o.Show}
	q.Adjustable = o.Adjustable
	return q
}

func (q Request) asked() reopen.Asked {
	return reopen.Asked{Subject: q.Subject, Options: q.Options, Service: q.Service, Input: q.Input, Show: q.Show, Unshown: q.Unshown, Whole: q.Service != nil, Stated: q.Stated}
}

// deliverAgain notes which of these destinations do not hold the new secret any more: they get
// it again, because they were named.
func deliverAgain(ctx context.Context, r *run.Run, destinations []string) error {
	missing, err := step.Missing(ctx, r, destinations)
	for _, to := range missing {
		if err == nil {
			err = r.Append(oplog.StepMissing, oplog.Event{To: to})
		}
	}
	return err
}

// advance carries out the remaining steps of a resumed operation.
func advance(ctx context.Context, r *run.Run) error {
	aborting := r.Op.Aborting != ""
	err := step.Advance(ctx, r)
	if err == nil && r.Op.Reached == oplog.Aborted && !aborting {
		err = provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("aborted the rotation: %s", r.Op.Error)), "%s is unchanged: rotate it again", r.Op.Subject.ID)
	}
	return err
}

// withLocked finds an operation, takes its lock, and calls do with it as it is then.
func withLocked(ctx context.Context, e *Engine, id string, timeout time.Duration, do func(context.Context, *run.Run) (Result, error)) (result Result, err error) {
	index, err := e.Journal.Index()
	if err != nil {
		return Result{}, err
	}
	index.WipeFinished()
	op, err := index.Find(id)
	if err != nil {
		return Result{}, err
	}
	if op.Damaged != nil {
		return Result{Operation: op.ID}, op.Damaged
	}
	names, err := locks.Of(op, index.Root)
	if err != nil {
		return Result{}, err
	}
	ctx, release, err := locks.Take(ctx, e.Journal, names, timeout)
	if err != nil {
		return Result{Operation: op.ID, Provider: op.Ref().Provider, Kind: op.Ref().Kind, ID: cmp.Or(op.NewID(), op.Ref().ID), OldID: op.Ref().ID}, err
	}
	defer backend.Release(ctx, release, &err)
	if op, err = e.Journal.Load(op.ID); err != nil {
		return Result{}, err
	}
	r, err := run.Resume(e.Env, op)
	if err != nil {
		return Result{}, err
	}
	e.Future.Tell(e.Time(), op.Last().Time, func(text string) { r.Remark("%s", text) })
	return do(ctx, r)
}

// ResumeAll continues every operation that has not ended. After one that fails it goes
// on with the others.
func (e *Engine) ResumeAll(ctx context.Context, o ResumeOptions) ([]Result, error) {
	ended := func(op *journal.Operation) bool { return op.Final() && op.Wiped() }
	return forAll(ctx, e.Journal, ended, func(op *journal.Operation) (Result, error) {
		r, err := e.Resume(ctx, op.ID, o)
		if err != nil {
			r.Operation, r.Reason, r.Error = op.ID, oplog.ReasonFailed, provider.Text(err)
		}
		return r, err
	})
}

// forAll calls do for every operation that has not ended, also after one that fails.
func forAll[T any](ctx context.Context, store *journal.Store, ended func(*journal.Operation) bool, do func(*journal.Operation) (T, error)) ([]T, error) {
	index, err := store.Index()
	if err != nil {
		return nil, err
	}
	all := []T{}
	var problems []error
	for _, op := range index.Live() {
		if op.Damaged == nil && ended(op) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return all, errors.Join(append(problems, err)...)
		}
		one, err := do(op)
		if err != nil {
			problems = append(problems, &together.RunError{About: op.ID, Err: err})
		}
		all = append(all, one)
	}
	return all, together.Join(problems, len(all))
}

// AbortOptions is how an operation is aborted.
type AbortOptions struct {
	// Force aborts although destinations have the new secret and the old credential is not
	// known, or the outcome of a request is unknown.
	Force       bool
	LockTimeout time.Duration
}

// Abort ends an operation: the new credential is revoked, the old credential is kept, and
// destinations that have the new credential get the old credential back. It is [provider.ErrRefused]
// when the old credential does not work any more, or cannot be restored.
func (e *Engine) Abort(ctx context.Context, id string, o AbortOptions) (Result, error) {
	profile := ""
	result, err := withLocked(ctx, e, id, o.LockTimeout, func(ctx context.Context, r *run.Run) (Result, error) {
		profile = r.Op.Subject.Profile
		if r.Op.Final() {
			return Result{Operation: r.Op.ID}, hasEnded(r)
		}
		if err := reopen.Continue(ctx, r, reopen.Asked{Abort: true}); err != nil {
			return Result{Operation: r.Op.ID}, err
		}
		var err error
		switch r.Op.Strategy {
		case oplog.Create:
			err = creation.Abort(ctx, r, o.Force)
		case oplog.Deliver:
			err = redelivery.Abort(ctx, r, o.Force)
		case oplog.Replace, oplog.Rotate, oplog.Generate:
			fallthrough
		default:
			err = undo.CarryOut(ctx, r, o.Force)
		}
		return r.Result(), err
	})
	if o.Force && errors.Is(err, journal.ErrIdentity) {
		result, err = aside.Abort(ctx, e.Env, id, o.LockTimeout, err)
	}
	return result, e.audit("abort", profile, result, err)
}

// hasEnded refuses to abort an operation that has ended.
func hasEnded(r *run.Run) error {
	return provider.WithClass(provider.ErrRefused, fmt.Errorf("rotation %s has already ended: %s", r.Op.ID, r.Op.Reached))
}
