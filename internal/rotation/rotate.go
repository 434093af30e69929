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
	if err := e.resolve(&q); err != nil {
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
	if err := tidy(index.Of(q.Ref())); err != nil {
		return result, err
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

// resolve makes the destinations of q independent of where and how credctl runs.
func (e *Engine) resolve(q *Request) error {
	specs := make([]string, 0, len(q.To))
	for _, to := range q.To {
		d, err := e.Destination(to, q.Subject)
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

// tidy wipes what ended in a run that was killed before it could.
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
	living := now.Living(r)
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
// rotated, if there is one.
func unfinished(index journal.Index, r journal.Ref) (*journal.Operation, error) {
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

// begin starts an operation. Before it returns, all that can be checked has
// been, and the intent and the space for what follows are on the disk.
func (e *Engine) begin(ctx context.Context, q Request) (*work, error) {
	p, err := e.prepare(ctx, q)
	if err != nil {
		return nil, err
	}
	n := note{Subject: &p.Subject, Strategy: p.strategy, Options: &p.Options, Old: bare(p.old), Name: p.name}
	data, err := n.encode()
	if err != nil {
		return nil, err
	}
	first := journal.Entry{
		Time: e.now(), Step: stepIntent, Data: data, Snapshot: p.snapshot,
		Provider: p.Provider, Kind: p.Kind, OldID: p.ID,
	}
	if !p.secret.IsZero() {
		first.Secrets = map[string]provider.Secret{oldSecret: p.secret}
	}
	e.hit("intent.noting")
	op, err := e.Journal.Create(first)
	if err != nil {
		return nil, provider.Hint(err, "nothing was changed")
	}
	e.hit("intent.noted")
	w, err := e.work(op, p.Request)
	if err != nil {
		return nil, err
	}
	w.fresh, w.read, w.targets = true, p.old, p.targets
	for _, r := range p.remarks {
		w.remark("%s", r)
	}
	return w, nil
}

// oldSecret is the name of the old secret among those of an entry.
const oldSecret = "old"

// work makes a run's part in op, with what it asks for beyond what op says.
func (e *Engine) work(op *journal.Operation, q Request) (*work, error) {
	rec, err := fold(op)
	if err != nil {
		return nil, err
	}
	w := &work{e: e, record: rec, service: q.Service, input: q.Input, show: q.Show, earlier: rec.verified}
	secrets, err := op.Secrets()
	if err != nil {
		return nil, err
	}
	w.secret, w.oldSecret = secrets[journal.NewSecret], secrets[oldSecret]
	return w, nil
}

// resume goes on with an operation, with what q asks for beyond what it says.
func (e *Engine) resume(ctx context.Context, op *journal.Operation, q Request) (*work, error) {
	w, err := e.work(op, q)
	if err != nil {
		return nil, err
	}
	if w.service == nil || q.ID != w.subject.ID {
		if w.service, w.input, err = e.Open(ctx, w.subject, provider.Secret{}); err != nil {
			return nil, err
		}
	}
	if merged, more := w.options.with(q.Options); more {
		for _, to := range merged.To { // what was there before was checked before
			if slices.Contains(w.options.To, to) {
				continue
			}
			d, err := w.target(to)
			if err == nil {
				err = d.Check(ctx)
			}
			if err != nil {
				return nil, err
			}
		}
		if err := w.note(stepOptions, note{Options: &merged}); err != nil {
			return nil, err
		}
	}
	w.say("going on with %s, which has come to: %s", op.ID, w.state())
	return w, nil
}

// with returns o with what a later run asks for, and whether that is more. What
// was promised before is not taken back: no destination is left out.
func (o Options) with(q Options) (Options, bool) {
	more := false
	for _, to := range q.To {
		if !slices.Contains(o.To, to) {
			o.To, more = append(slices.Clip(o.To), to), true
		}
	}
	if !q.Hook.IsZero() && q.Hook.String() != o.Hook.String() {
		o.Hook, more = q.Hook, true
	}
	if q.Verify != "" && q.Verify != o.Verify {
		o.Verify, more = q.Verify, true
	}
	if q.VerifyTimeout > 0 && q.VerifyTimeout != o.VerifyTimeout {
		o.VerifyTimeout, more = q.VerifyTimeout, true
	}
	if q.AcceptDrift && !o.AcceptDrift {
		o.AcceptDrift, more = true, true
	}
	return o, more
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
