package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/journal"
)

// Rotate rotates one credential, or goes on with a rotation of it that stopped.
//
// It takes the lock of the credential, and then looks again what there is to do:
// what another run did meanwhile is not done twice. A credential that was
// replaced before is reported with its successor, and nothing is changed.
//
// The Result is what is known whatever the error. Its class tells what to do:
// [provider.ErrPartial] and [provider.ErrPending]: the next run goes on;
// [provider.ErrUnavailable]: so it does, and only time is needed;
// [provider.ErrVerify]: the new one does not work, or has other rights;
// [provider.ErrUnknown]: an answer was lost. None of them touches the old one
// before the new one is verified and delivered, unless it is rotated in place.
func (e *Engine) Rotate(ctx context.Context, q Request) (Result, error) {
	result, err := e.rotate(ctx, q)
	return result, e.audit("rotate", result, err)
}

func (e *Engine) rotate(ctx context.Context, q Request) (Result, error) {
	result := Result{Provider: q.Provider, Kind: q.Kind, OldID: q.ID}
	if err := e.resolve(ctx, &q); err != nil {
		return result, err
	}
	before, err := e.Journal.Index()
	if err != nil {
		return result, err
	}
	release, err := e.lock(ctx, before, q.Ref(), q.LockTimeout)
	if err != nil {
		return result, err
	}
	defer release()
	index, err := e.Journal.Index()
	if err != nil {
		return result, err
	}
	if err := tidy(index); err != nil {
		return result, err
	}
	if q.known != nil {
		before = *q.known
	}
	if r, over := e.settled(q.Ref(), before, index); over {
		return r, nil
	}
	open, err := unfinished(index, q.Ref())
	if err != nil {
		return result, err
	}
	if open != nil {
		w, err := e.resume(ctx, open, q)
		if err != nil {
			return result, err
		}
		err = w.advance(ctx)
		if w.reached != Aborted || err != nil { // else a run that gave up was killed, and a new one begins
			return w.result(), err
		}
	}
	w, err := e.begin(ctx, q)
	if err != nil {
		return result, err
	}
	err = w.advance(ctx)
	return w.result(), err
}

// resolve makes the subject and the destinations of q independent of where and
// how credctl runs.
func (e *Engine) resolve(ctx context.Context, q *Request) error {
	var err error
	if q.Subject, err = e.bind(ctx, q.Subject); err != nil {
		return err
	}
	specs := make([]string, 0, len(q.To))
	for _, to := range q.To {
		d, err := e.Destination(to, q.Subject, q.InsecurePerms)
		if err != nil {
			return err
		}
		if !slices.Contains(specs, d.Spec()) {
			specs = append(specs, d.Spec())
		}
	}
	q.To = specs
	return nil
}

// lock takes the lock of the chain that r belongs to.
func (e *Engine) lock(ctx context.Context, index journal.Index, r journal.Ref, timeout time.Duration) (func(), error) {
	return e.Journal.Lock(ctx, index.Root(r).String(), timeout)
}

// tidy wipes what ended in a run that was killed before it could. Another run
// may be about to do the same, which does no harm: nothing is added any more.
func tidy(x journal.Index) error {
	for _, o := range x {
		if o.Damaged == nil && o.Final() && !o.Wiped() {
			if err := o.Wipe(); err != nil {
				return err
			}
		}
	}
	return nil
}

// settled reports what is to be said when there is nothing to do: r was replaced
// before, or while this run waited for the lock.
func (e *Engine) settled(r journal.Ref, before, now journal.Index) (Result, bool) {
	living := now.Current(r)
	last := (*journal.Operation)(nil)
	for _, o := range now.Of(r) {
		if o.Damaged == nil && o.Last().Step == journal.Done && o.Ref() == r {
			last = o
		}
	}
	if last == nil {
		return Result{}, false
	}
	meanwhile := !slices.ContainsFunc(before, func(o *journal.Operation) bool { return o.ID == last.ID && o.Damaged == nil && o.Final() })
	if living == r && !meanwhile {
		return Result{}, false // it was rotated in place before, and may be again
	}
	result := Result{
		Operation: last.ID, Provider: r.Provider, Kind: r.Kind, OldID: r.ID, NewID: living.ID, State: Done,
		Reason: fmt.Sprintf("it was rotated %s ago", FormatDuration(e.now().Sub(last.Last().Time))),
	}
	if living != r {
		result.Reason += ", and is replaced by " + living.ID
	}
	return result, true
}

// unfinished returns the operation that must be gone on with before r can be
// rotated, if there is one. One that cannot be read may be about any credential.
func unfinished(index journal.Index, r journal.Ref) (*journal.Operation, error) {
	for _, o := range index {
		if o.Damaged != nil && o.Ref() == (journal.Ref{}) {
			return nil, o.Damaged
		}
	}
	for _, o := range index.Of(r).Unfinished() {
		rec, err := fold(o)
		if err != nil {
			return nil, err
		}
		if o.Ref() != r && rec.outlived() { // r is its successor, in use
			continue
		}
		return o, nil
	}
	return nil, nil
}

// audit adds what came of a run to the audit trail. It returns err, and what
// kept it from doing so.
func (e *Engine) audit(verb string, r Result, err error) error {
	if err == nil && !r.Changed { // it happens every hour, where cron does it
		return nil
	}
	ev := journal.Event{
		Time: e.now(), Provider: r.Provider, Kind: r.Kind, Verb: verb, ID: r.OldID, NewID: r.NewID, Operation: r.Operation, Result: string(r.State),
	}
	if err != nil {
		ev.Result = err.Error()
	}
	if e.Exit != nil && err != nil {
		ev.Exit = e.Exit(err)
	}
	if aerr := e.Journal.Audit(ev); aerr != nil {
		return errors.Join(err, aerr)
	}
	return err
}
