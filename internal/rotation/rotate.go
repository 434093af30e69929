package rotation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/locks"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/reopen"
	"github.com/credctl/credctl/internal/rotation/run"
	"github.com/credctl/credctl/internal/rotation/step"
)

// A Request asks for one credential to be rotated.
type Request struct {
	Subject
	Options

	Service provider.Service // nil: it is opened
	Input   provider.Input   // of the verb rotate, when there is a Service

	// Show gives the new credential to the user, with the result as it will be then. It
	// is required, and called, only where there is no destination.
	Show    func(context.Context, Result) error
	Unshown error // why there is no Show: nothing is issued then

	LockTimeout time.Duration // zero: do not wait for another run
	Force       bool          // rotate it even if another run seems to have replaced it already
	Stated      bool          // a person or a policy names the credential: it may be rotated in place again if an answer was lost

	// Plan is what [Engine.Plan] returned for the same request. What it has just read is
	// not read again. It may be nil.
	Plan *Plan

	// Known is the journal as it was when the credential was found to be due; nil means
	// when Plan was made, or Rotate is called.
	Known *journal.Index
}

// Rotate rotates one credential, or resumes a rotation of it that has not ended.
//
// It takes the lock of the credential, and then reads the journal again, so that what
// another run did meanwhile is not done twice. For a credential that was replaced
// before, it returns the replacement and changes nothing.
//
// The Result is valid whatever the error. The class of the error says what to do: after
// [provider.ErrPartial] and [provider.ErrPending] the next run continues, after
// [provider.ErrUnavailable] and [provider.ErrLocked] too, once some time has passed; [provider.ErrVerify]
// means that the new credential does not work or has other permissions, and [provider.ErrUnknown] that
// an answer was lost. Unless rotated in place, the old credential stays until the secret is verified and delivered.
func (e *Engine) Rotate(ctx context.Context, q Request) (result Result, err error) {
	defer func() { err = e.audit("rotate", q.Profile, result, err) }()
	result = Result{Provider: q.Provider, Kind: q.Kind, ID: q.ID, OldID: q.ID}
	if err := e.resolve(ctx, &q.Subject, &q.Options); err != nil {
		return result, err
	}
	before, err := e.Journal.Index()
	if err != nil {
		return result, err
	}
	names, err := locks.OfCredential(before, q.Ref())
	if err != nil {
		return result, err
	}
	ctx, release, err := locks.Take(ctx, e.Journal, names, q.LockTimeout)
	if err != nil {
		return result, err
	}
	defer backend.Release(ctx, release, &err)
	index, err := e.Journal.Index()
	if err != nil {
		return result, err
	}
	index.WipeFinished()
	switch {
	case q.Known != nil:
		before = *q.Known
	case q.Plan != nil && q.Plan.prepared != nil:
		before = q.Plan.prepared.index
	}
	if r, rotated, err := e.rotated(q, before, index); rotated || err != nil {
		return r, err
	}
	open, err := oplog.Unfinished(index, q.Ref())
	if err != nil {
		return result, err
	}
	if open != nil {
		r, err := run.Resume(e.Env, open)
		if err == nil {
			err = reopen.Continue(ctx, r, q.asked())
		}
		if err != nil {
			return result, err
		}
		err = step.Advance(ctx, r)
		if r.Op.Reached != oplog.Aborted || err != nil { // it only had to be aborted: a new rotation begins
			return run.Outcome(r, err)
		}
	}
	if err := oplog.Creating(index, q.Ref(), "rotate"); err != nil {
		return result, err
	}
	p, err := planned(q, index)
	if err != nil {
		return result, err
	}
	if p == nil {
		if p, err = prepare(ctx, e, q); err != nil {
			return result, err
		}
	}
	if err := e.Signer().Remember(ctx, p.run.Op.Subject, p.run.Service); err != nil {
		return result, err
	}
	if err := p.begin(q.Show); err != nil {
		return result, err
	}
	err = step.Advance(ctx, p.run)
	return run.Outcome(p.run, err)
}

// rotated is alreadyRotated, and says to which destinations the secret was not delivered.
func (e *Engine) rotated(q Request, before, now journal.Index) (Result, bool, error) {
	r, rotated, err := alreadyRotated(q.Ref(), before, now, e.Time())
	if !rotated || err != nil || len(q.To) == 0 {
		return r, rotated, err
	}
	var s oplog.Status
	op, err := oplog.InForce(e.Journal, now, journal.Ref{Provider: r.Provider, Kind: r.Kind, ID: r.NewID})
	if err == nil && op != nil {
		s, err = oplog.StatusOf(now, op)
	}
	for _, to := range q.To {
		if err == nil && op != nil && !slices.ContainsFunc(s.Destinations, func(d oplog.DeliveryState) bool { return d.To == to }) {
			r.Message += "; its secret was not delivered to " + to
		}
	}
	return r, true, err
}

// alreadyRotated returns the result where r was replaced before, or while this run waited.
func alreadyRotated(r journal.Ref, before, now journal.Index, at time.Time) (Result, bool, error) {
	last, known, err := now.LastDone(r)
	if err != nil || !known {
		return Result{}, false, err
	}
	current, err := now.Current(r)
	if err != nil || current == r && before.HadEnded(last) {
		return Result{}, false, err // it was rotated in place before, and may be again
	}
	result := Result{
		Operation: last.Operation, Provider: r.Provider, Kind: r.Kind, ID: current.ID, OldID: r.ID, NewID: current.ID, State: oplog.Done, Reason: oplog.ReasonRotated,
		Message: fmt.Sprintf("%s was rotated %s ago", r.ID, duration.Format(at.Sub(last.Ended))),
	}
	if current != r {
		result.Message += " and replaced by " + current.ID
	}
	return result, true, nil
}
