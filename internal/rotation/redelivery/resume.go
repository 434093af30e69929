package redelivery

import (
	"context"
	"errors"
	"slices"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/reopen"
	"github.com/credctl/credctl/internal/rotation/run"
	"github.com/credctl/credctl/internal/rotation/step"
)

// unfinished returns the unfinished operation that delivers r; nil where there is none.
// It has the secret, unless it was killed before. A credential that was replaced, or is about to be, is refused:
// what it is replaced by would be overwritten.
func unfinished(index journal.Index, r journal.Ref) (open *journal.Operation, err error) {
	current, err := index.Current(r)
	if err != nil {
		return nil, err
	}
	if current != r {
		return nil, provider.Hint(provider.Usage("%s was replaced by %s", r.ID, current.ID), "to deliver the secret in use: credctl deliver %s %s --to DESTINATION", r.Provider, current.ID)
	}
	for _, o := range index.UnfinishedOf(r) {
		s, err := oplog.Fold(o)
		switch {
		case err != nil:
			return nil, err
		case s.Strategy == oplog.Deliver, s.Issued && s.New.ID == r.ID && s.Aborting == "":
			open = o
		default:
			return nil, provider.Hint(provider.Usage("cannot deliver %s: its rotation is unfinished (state: %s)", r.ID, s.State().Word()), "to continue the rotation: credctl rotation resume %s", s.ID)
		}
	}
	return open, nil
}

// resume delivers what an unfinished operation has issued.
func (q Request) resume(ctx context.Context, r *run.Run) (result run.Result, err error) {
	if !q.Secret.IsZero() && !r.Secret.IsZero() && !q.Secret.Equal(r.Secret) {
		return r.Result(), provider.Hint(provider.Usage("the secret supplied for %s is not the one that rotation %s delivers", q.ID, r.Op.ID), "leave out --secret-file")
	}
	r.SuppliedSecret, r.SuppliedKey = q.Secret, q.Key
	if err := reopen.Continue(ctx, r, q.asked(r)); err != nil {
		return r.Result(), err
	}
	if r.VerifiedBefore {
		if _, err := step.TryHeld(ctx, r); err != nil {
			return r.Result(), err
		}
	}
	for _, to := range q.To {
		if slices.Contains(r.Op.Delivered, to) {
			if err := r.ReadBack(ctx, to); errors.Is(err, drift.ErrElsewhere) { // it may well hold it
				return r.Result(), provider.Hint(provider.Reclassify(provider.ErrPartial, err), "%s", drift.Again(err, "", r.Op.ID))
			}
			if err := r.Append(oplog.StepMissing, oplog.Event{To: to}); err != nil {
				return r.Result(), err
			}
		}
	}
	switch r.Op.Strategy {
	case oplog.Create:
		err = creation.Resume(ctx, r)
	case oplog.Deliver:
		err = Resume(ctx, r)
	case oplog.Replace, oplog.Rotate, oplog.Generate:
		err = step.AdvanceTo(ctx, r, "retire")
	}
	return r.Result(), err
}

// asked is what q asks of an operation. A destination that failed stays one of its own.
func (q Request) asked(r *run.Run) reopen.Asked {
	a := reopen.Asked{Subject: q.Subject, Options: q.Options, Service: q.Service}
	a.To = append(slices.Clip(q.To), r.Op.FailedTo...)
	return a
}

// Resume continues a delivery that has not ended. One whose credential was replaced since
// is ended.
func Resume(ctx context.Context, r *run.Run) error {
	if !r.Op.Issued {
		return r.End(journal.Aborted, oplog.Event{Error: "nothing was delivered"})
	}
	of := r.Op.Subject.Ref()
	index, err := r.Journal.Index()
	if err != nil {
		return err
	}
	current, err := index.Current(of)
	if err != nil {
		return err
	}
	if current != of || oplog.Replacing(index, of) {
		r.Remark("%s was rotated since, so its secret is not delivered", of.ID)
		return r.End(journal.Aborted, oplog.Event{Error: of.ID + " was rotated since"})
	}
	return step.Advance(ctx, r)
}

// Plan returns the operation as it would be carried out, after every check that changes
// nothing, and what was checked. It is not in the journal.
func (d Deliverer) Plan(ctx context.Context, q Request) (*run.Run, []step.Check, error) {
	if err := d.resolve(ctx, &q); err != nil {
		return nil, nil, err
	}
	env := d.Env
	index, err := env.Journal.Index()
	if err != nil {
		return nil, nil, err
	}
	open, err := unfinished(index, q.Ref())
	if err != nil {
		return nil, nil, err
	}
	var r *run.Run
	if open != nil {
		if r, err = run.Resume(env, open); err != nil {
			return nil, nil, err
		}
	}
	if r == nil || !r.Op.Issued {
		p, err := prepare(ctx, env, q, index)
		if p == nil {
			return nil, nil, err
		}
		r = p.Run
	} else {
		if err := reopen.Foresee(ctx, r, q.asked(r)); err != nil {
			return r, nil, err
		}
		for _, to := range q.To {
			if slices.Contains(r.Op.Delivered, to) {
				r.Op.Miss(to)
			}
		}
	}
	checks := step.RunChecks(ctx, r, step.For(r.Op))
	_, err = step.TryHeld(ctx, r)
	checks = append(checks, step.Checked("verify the secret of "+q.ID, err))
	var problems []error
	for _, c := range checks {
		problems = append(problems, c.Err)
	}
	return r, checks, errors.Join(problems...)
}
