package rotation

import (
	"context"
	"maps"
	"slices"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

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
	if err := w.open(ctx, q.Subject); err != nil {
		return nil, err
	}
	if merged, more := w.options.with(q.Options); more {
		before := w.options
		w.options = merged
		for _, to := range merged.To { // what was there before was checked before
			if slices.Contains(before.To, to) {
				continue
			}
			if err := w.mayAdd(ctx, to); err != nil {
				return nil, err
			}
		}
		w.options = before // until the journal says otherwise
		if err := w.note(stepOptions, note{Options: &merged}); err != nil {
			return nil, err
		}
	}
	w.say("going on with %s, which has come to: %s", op.ID, w.state())
	return w, nil
}

// open opens what the operation is about, unless the request is for the same, and
// has. A successor gets the parameters that the operation began with, because it is
// looked for as what was asked for; a secret that was given is in none of them.
func (w *work) open(ctx context.Context, q Subject) error {
	reached := w.service != nil && w.subject.reaches(q)
	other := w.service == nil || w.subject.ID != q.ID || w.strategy == Replace && !w.issued && !maps.Equal(w.subject.Params, q.Params)
	if reached && !other {
		return nil
	}
	service, in, err := w.e.Open(ctx, w.subject, provider.Secret{})
	if err != nil {
		return err
	}
	if other {
		w.input = in
	}
	if !reached {
		w.service = service
	}
	return nil
}

// mayAdd checks that the new secret may, and can, be taken to one more destination.
func (w *work) mayAdd(ctx context.Context, to string) error {
	if err := w.mayDeliver(to); err != nil {
		return err
	}
	return w.writable(ctx, to)
}

func (w *work) writable(ctx context.Context, to string) error {
	d, err := w.target(to)
	if err != nil {
		return err
	}
	return d.Check(ctx)
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
	if q.InsecurePerms && !o.InsecurePerms {
		o.InsecurePerms, more = true, true
	}
	return o, more
}
