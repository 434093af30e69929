package rotation

import (
	"context"
	"fmt"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/rotation/run"
	"github.com/credctl/credctl/internal/rotation/step"
)

// PlanResume says what [Engine.Resume] would do, and checks what can be checked. It
// sends only requests that change nothing, and writes nothing to the journal.
func (e *Engine) PlanResume(ctx context.Context, id string, o ResumeOptions) (Plan, error) {
	op, err := e.find(id)
	if err != nil {
		return Plan{}, err
	}
	return e.planResume(ctx, op, o)
}

// PlanResumeAll says what [Engine.ResumeAll] would do.
func (e *Engine) PlanResumeAll(ctx context.Context, o ResumeOptions) ([]Plan, error) {
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
	return plans, Together(problems, len(plans))
}

func (e *Engine) planResume(ctx context.Context, op *journal.Operation, o ResumeOptions) (Plan, error) {
	p := Plan{Operation: op.ID, Steps: []string{}, Checks: []Check{}}
	if op.Damaged != nil {
		return p, op.Damaged
	}
	r, err := run.Resume(e.env(), op)
	if err != nil {
		return p, err
	}
	if op.Final() {
		return planOf(r), nil
	}
	q := Request{Subject: r.Op.Subject, Options: o.Options}
	if err := e.resolve(ctx, &q); err != nil {
		return p, err
	}
	o.To = q.To
	if r, err = e.open(ctx, op, q); err != nil {
		return p, err
	}
	missing, err := step.Missing(ctx, r, o.To)
	if err != nil {
		return p, err
	}
	for _, to := range missing {
		r.Op.Miss(to)
	}
	p = planOf(r)
	if r.Op.Aborting != "" {
		p.Steps = step.Describe(r, step.For(r.Op))
		return p, nil
	}
	planned, err := p.goOn(r, o)
	if err != nil || len(p.Steps) == 0 {
		return p, err
	}
	return p, p.runChecks(ctx, planned, step.For(planned.Op))
}
