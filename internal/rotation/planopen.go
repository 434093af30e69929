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

// of describes an operation that would be gone on with.
func (p *Plan) of(r *record, now time.Time) {
	p.about(r)
	switch {
	case r.reached == Grace && now.Before(r.until) && r.hooked && len(r.undelivered()) == 0:
		p.Retires = &r.until
		return
	case r.aborting != "":
		p.add(r.issued, "revoke %s", r.new.ID)
		return
	}
	p.add(r.asked && !r.issued, "look what became of the request that an earlier run sent")
	p.add(!r.issued, "issue the new one")
	p.add(!r.rights && !r.inPlace(), "compare its rights with those of %s", r.subject.ID)
	p.add(!r.verified, "verify the new secret")
	for _, to := range r.undelivered() {
		p.add(true, "deliver it to %s, and read it back", place(to))
	}
	p.add(!r.hooked && !r.options.Hook.IsZero(), "run %s", r.options.Hook)
	end := "delete " + r.subject.ID
	if now.Before(r.until) {
		end += " after " + r.until.Format(time.RFC3339)
	}
	p.add(!r.retired && !r.inPlace(), "%s", end)
}

// about says which operation it is, and what it has come to.
func (p *Plan) about(r *record) {
	p.Provider, p.Kind, p.ID, p.Name = r.subject.Provider, r.subject.Kind, r.subject.ID, r.old.Name
	p.Operation, p.State, p.Strategy = r.op.ID, r.state(), r.strategy
	p.Steps, p.Checks = []string{}, []Check{}
}

func (p *Plan) add(todo bool, format string, args ...any) {
	if todo {
		p.Steps = append(p.Steps, fmt.Sprintf(format, args...))
	}
}

// check notes what was looked at, and returns err.
func (p *Plan) check(what string, err error) error {
	c := Check{What: what, OK: err == nil}
	if err != nil {
		c.Why = err.Error()
	}
	p.Checks = append(p.Checks, c)
	return err
}

// PlanResume says what [Engine.Resume] would do, and checks the destinations that
// o adds. It sends only requests that change nothing, and writes nothing.
func (e *Engine) PlanResume(ctx context.Context, id string, o Resumption) (Plan, error) {
	index, err := e.Journal.Index()
	if err != nil {
		return Plan{}, err
	}
	op, err := index.Find(id)
	if err != nil {
		return Plan{}, err
	}
	return e.planResume(ctx, op, o)
}

func (e *Engine) planResume(ctx context.Context, op *journal.Operation, o Resumption) (p Plan, err error) {
	if op.Damaged != nil {
		return Plan{Operation: op.ID, Steps: []string{}, Checks: []Check{}}, op.Damaged
	}
	w, err := e.work(op, Request{})
	if err != nil {
		return p, err
	}
	if op.Final() {
		p.about(w.record)
		return p, nil
	}
	q := Request{Subject: w.subject, Options: o.Options}
	if err := e.resolve(ctx, &q); err != nil {
		return p, err
	}
	known := w.options
	merged, _ := known.with(q.Options)
	w.set(merged)
	missing, merr := w.missing(ctx, q.To)
	w.delivered = slices.DeleteFunc(w.delivered, func(to string) bool { return slices.Contains(missing, to) })
	p.of(w.record, e.now())
	for _, to := range q.To {
		if !slices.Contains(known.To, to) {
			merr = errors.Join(merr, p.check("write "+to, w.mayAdd(ctx, to)))
		}
	}
	if w.issued && w.secret.IsZero() && o.Secret.IsZero() && len(p.Steps) > 0 {
		p.Warnings = append(p.Warnings, "its secret is not known: the vendor is asked for one, where it can make one, else --secret-file - hands it in")
	}
	return p, merr
}

// PlanResumeAll says what [Engine.ResumeAll] would do.
func (e *Engine) PlanResumeAll(ctx context.Context, o Resumption) ([]Plan, error) {
	index, err := e.Journal.Index()
	if err != nil {
		return nil, err
	}
	plans := []Plan{}
	var problems []error
	for _, op := range index {
		if op.Damaged == nil && op.Final() {
			continue
		}
		p, err := e.planResume(ctx, op, o)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", op.ID, err))
		}
		plans = append(plans, p)
	}
	return plans, together(problems, len(plans))
}

// PlanAbort says what [Engine.Abort] would do, and checks whether there is a way
// back. It sends only requests that change nothing, and writes nothing.
func (e *Engine) PlanAbort(ctx context.Context, id string, force bool) (p Plan, err error) {
	index, err := e.Journal.Index()
	if err != nil {
		return p, err
	}
	op, err := index.Find(id)
	if err == nil {
		err = op.Damaged
	}
	if err != nil {
		return p, err
	}
	w, err := e.work(op, Request{})
	if err != nil {
		return p, err
	}
	p.about(w.record)
	if op.Final() {
		return p, over(op)
	}
	if w.service, _, err = e.Open(ctx, w.subject, provider.Secret{}); err != nil {
		return p, err
	}
	dead, err := w.mayUndo(ctx, force)
	if err = p.check("go back to "+w.subject.ID, err); err != nil {
		return p, err
	}
	if dead {
		p.add(true, "forget the rotation, and leave everything as it is")
		return p, nil
	}
	holders, err := w.holders(ctx, force)
	if err = p.check("put the old secret back", err); err != nil {
		return p, err
	}
	p.add(w.unclear(), "look what became of the request that an earlier run sent, and revoke what it made")
	for _, to := range holders {
		p.add(true, "put the old secret back to %s, and read it back", place(to))
	}
	p.add(w.told, "run %s", w.options.Hook)
	p.add(w.issued, "revoke %s", w.new.ID)
	return p, nil
}
