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

// PlanResume says what [Engine.Resume] would do, and checks what can be checked. It
// sends only requests that change nothing, and writes nothing to the journal.
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

func (e *Engine) planResume(ctx context.Context, op *journal.Operation, o Resumption) (Plan, error) {
	p := Plan{Operation: op.ID, Steps: []string{}, Checks: []Check{}}
	if op.Damaged != nil {
		return p, op.Damaged
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
	o.To = q.To
	missing, err := w.missing(ctx, o.To)
	if err != nil {
		return p, err
	}
	for _, to := range missing {
		w.miss(to)
	}
	known := w.options.To
	if p, err = w.plan(ctx, q.Subject, o); err != nil || len(p.Steps) == 0 || w.aborting != "" {
		return p, err
	}
	return p, w.checkOn(ctx, &p, known)
}

// plan says what would be done to go on. The journal is not told, but w is, and so
// is good for nothing else.
func (w *work) plan(ctx context.Context, q Subject, o Resumption) (p Plan, err error) {
	p.about(w.record)
	if err := w.open(ctx, q); err != nil {
		return p, err
	}
	if w.aborting != "" {
		p.add(w.issued, "revoke %s", w.new.ID)
		return p, nil
	}
	merged, _ := w.options.with(o.Options)
	w.set(merged)
	w.given, w.key, w.force = o.Secret, o.Key, o.ForceUnverified
	takes := w.issued && w.handsIn()
	if takes {
		if err := p.check("take the secret that was given", w.mayTake()); err != nil {
			return p, err
		}
		w.startOver()
	}
	if w.waits() {
		p.Retires = &w.until
		return p, nil
	}
	p.add(takes, "keep the secret that was given")
	w.planSteps(&p)
	if _, makes := w.service.(provider.Generator); w.issued && w.secret.IsZero() && !takes && (!makes || w.inPlace()) {
		p.Warnings = append(p.Warnings, "its secret is not known: --secret-file - hands it in")
	}
	return p, nil
}

// waits reports whether there is nothing to do but to wait for the end of the grace.
func (w *work) waits() bool {
	return w.reached == Grace && w.e.now().Before(w.until) && w.hooked && len(w.undelivered()) == 0
}

// checkOn checks what the steps need that are left: the vendor, the destinations, of
// which those that are not among the known ones are new, and the hook.
func (w *work) checkOn(ctx context.Context, p *Plan, known []string) error {
	id := w.subject.ID
	if w.issued {
		id = w.new.ID
	}
	_, err := get(ctx, w.service, id)
	if w.unclear() && gone(err) { // what is to be found out may be why
		err = nil
	}
	problems := []error{p.check("read "+id, err)}
	for _, to := range w.delivered {
		if to == shown || w.secret.IsZero() || w.inPlace() || w.force {
			continue
		}
		d, err := w.target(to)
		if err == nil {
			err = d.ReadBack(ctx, w.credential())
		}
		if err != nil {
			err = as(provider.ErrPartial, err)
		}
		if !errors.Is(err, deliver.ErrNoReadBack) {
			problems = append(problems, p.check("read back "+to, err))
		}
	}
	for _, to := range w.undelivered() {
		if to == shown {
			continue
		}
		check := w.writable
		if !slices.Contains(known, to) {
			check = w.mayAdd
		}
		problems = append(problems, p.check("write "+to, check(ctx, to)))
	}
	if h := w.options.Hook; !w.hooked && !h.IsZero() {
		problems = append(problems, p.check("run "+h.String(), h.check(ctx, w.e.commandEnv(w.old))))
	}
	return errors.Join(problems...)
}

// planSteps adds what is left to do, in order.
func (w *work) planSteps(p *Plan) {
	rights := func() { p.add(!w.rights, "compare its rights with those of %s", w.subject.ID) }
	prove := func() { p.add(!w.verified, "%s", proving(w.service, w.options.Verify, w.force)) }
	p.add(w.stray != "", "revoke %s, which a lost request made", w.stray)
	p.add(w.unclear(), "look what became of the request that an earlier run sent")
	p.add(!w.issued && w.found == "", "issue the new one")
	p.add(!w.issued && w.found != "", "rotate %s, whose secret nobody has", w.found)
	if !w.inPlace() {
		rights()
		prove()
	}
	for _, to := range w.undelivered() {
		p.add(true, "%s", delivering(to))
	}
	p.add(!w.hooked && !w.options.Hook.IsZero(), "run %s", w.options.Hook)
	if w.inPlace() {
		prove()
		rights()
		return
	}
	end := "delete " + w.subject.ID
	switch {
	case w.e.now().Before(w.until):
		end += " after " + w.until.Format(time.RFC3339)
	case w.until.IsZero() && w.options.Grace > 0 && !w.retiring:
		end += " after " + FormatDuration(w.options.Grace)
	}
	if w.force && len(w.undelivered()) > 0 {
		end += ", also where the new one is not delivered everywhere"
	}
	p.add(!w.retired, "%s", end)
}
