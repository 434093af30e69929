package rotation

import (
	"context"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/run"
	"github.com/credctl/credctl/internal/rotation/step"
	"github.com/credctl/credctl/internal/rotation/undo"
)

// AbortOptions is how an operation is aborted.
type AbortOptions struct {
	// Force aborts what has reached destinations whose old secret is not known, or
	// whose outcome nobody knows.
	Force       bool
	LockTimeout time.Duration
}

// Abort ends an operation: the new credential is revoked, the old one stays, and
// destinations that had got the new one get the old one back. It is
// [provider.ErrRefused] when the old one is dead, or cannot be put back.
func (e *Engine) Abort(ctx context.Context, id string, o AbortOptions) (Result, error) {
	result, err := e.withLocked(ctx, id, o.LockTimeout, func(op *journal.Operation) (Result, error) {
		if op.Final() {
			return Result{Operation: op.ID}, hasEnded(op)
		}
		r, err := e.resume(ctx, op, Request{Subject: Subject{ID: op.Ref().ID}})
		if err != nil {
			return Result{Operation: op.ID}, err
		}
		err = undo.Abort(ctx, r, o.Force)
		return r.Result(), err
	})
	return result, e.audit("abort", result, err)
}

// hasEnded refuses to abort an operation that has ended.
func hasEnded(op *journal.Operation) error {
	return provider.WithClass(provider.ErrRefused, fmt.Errorf("operation %s has ended: %s", op.ID, op.Last().Step))
}

// PlanAbort says what [Engine.Abort] would do, and checks whether there is a way
// back. It sends only requests that change nothing, and writes nothing to the journal.
func (e *Engine) PlanAbort(ctx context.Context, id string, force bool) (Plan, error) {
	op, err := e.find(id)
	if err == nil {
		err = op.Damaged
	}
	if err != nil {
		return Plan{}, err
	}
	r, err := run.Resume(e.env(), op)
	if err != nil {
		return Plan{}, err
	}
	p := planOf(r)
	if op.Final() {
		return p, hasEnded(op)
	}
	if r, err = e.open(ctx, op, Request{Subject: Subject{ID: op.Ref().ID}}); err != nil {
		return p, err
	}
	steps := undo.Steps(force)
	err = p.runChecks(ctx, r, steps)
	p.Steps = step.Describe(r, steps)
	return p, err
}
