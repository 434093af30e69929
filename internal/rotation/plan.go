package rotation

import (
	"context"
	"errors"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/rotation/aside"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/impact"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/redelivery"
	"github.com/credctl/credctl/internal/rotation/reopen"
	"github.com/credctl/credctl/internal/rotation/run"
	"github.com/credctl/credctl/internal/rotation/step"
	"github.com/credctl/credctl/internal/rotation/undo"
)

// A Plan is what a rotation would do.
type Plan struct {
	Operation    string                `json:"operation,omitzero"` // an unfinished one that would be continued
	Provider     string                `json:"provider"`
	Kind         string                `json:"kind"`
	ID           string                `json:"id"` // of the credential that exists now
	Name         string                `json:"name,omitzero"`
	OldID        string                `json:"old_id,omitzero"`
	NewID        string                `json:"new_id,omitzero"`
	State        State                 `json:"state,omitzero"` // of the operation
	Strategy     Strategy              `json:"strategy,omitzero"`
	Reason       Reason                `json:"reason"`           // why something would be done, or nothing
	Retires      time.Time             `json:"retires,omitzero"` // when the old credential is deleted; nothing would be done before
	Destinations []oplog.DeliveryState `json:"destinations,omitzero"`
	Effect       string                `json:"effect,omitzero"`   // what stops working, and when
	Warnings     []string              `json:"warnings,omitzero"` // what else there is to know before agreeing
	Steps        []string              `json:"steps"`             // what would be done, in order
	Checks       []step.Check          `json:"checks"`            // what was checked

	// Destructive reports that the old secret stops working before the new credential is in use.
	Destructive bool      `json:"destructive"`
	Remarks     []string  `json:"-"` // among the warnings: what the rotation says itself
	prepared    *prepared // nil: no rotation would begin, or a check failed
}

// Plan returns what Rotate would do, and makes every check that changes nothing, without writing
// to the journal. Where a check fails, both the Plan and the error are returned.
func (e *Engine) Plan(ctx context.Context, q Request) (Plan, error) {
	p := Plan{Provider: q.Provider, Kind: q.Kind, ID: q.ID, OldID: q.ID, Reason: oplog.ReasonRequested, Steps: []string{}, Checks: []step.Check{}}
	if err := e.resolve(ctx, &q.Subject, &q.Options); err != nil {
		return p, err
	}
	index, err := e.Journal.Index()
	if err != nil {
		return p, err
	}
	if r, rotated, err := e.rotated(q, index, index); rotated || err != nil {
		p.ID, p.NewID, p.State, p.Reason = r.ID, r.NewID, oplog.Done, r.Reason
		return p, err
	}
	open, err := oplog.Unfinished(index, q.Ref())
	if err != nil {
		return p, err
	}
	if open != nil {
		r, err := run.Resume(e.Env, open)
		if err == nil {
			err = reopen.Foresee(ctx, r, q.asked())
		}
		if err != nil {
			return p, err
		}
		p = planOf(r)
		if r.Op.Strategy == oplog.Generate && r.Op.Unclear() {
			p.Effect, p.Destructive = impact.Effect(r.Op), true
		}
		if r.Op.Aborting != "" {
			p.Steps = append(step.Describe(r, step.For(r.Op)), "start another rotation")
			return p, nil
		}
		return p, p.goOn(r, ResumeOptions{})
	}
	if err := oplog.Creating(index, q.Ref(), "rotate"); err != nil {
		return p, err
	}
	f, err := prepare(ctx, e, q)
	if err != nil && hasNews(e, index, q.Ref()) {
		return e.Plan(ctx, q)
	}
	s := f.run.Op
	p.Checks, p.Strategy, p.Name = append(p.Checks, f.checks...), s.Strategy, s.Old.Name
	if s.Strategy == "" {
		return p, err
	}
	p.Effect, p.Destructive, p.Destinations = impact.Effect(s), s.Strategy.InPlace(), deliveries(f.run)
	p.Steps = step.Describe(f.run, step.For(s))
	p.Remarks, p.Warnings = f.remarks, append(f.remarks, impact.Warnings(ctx, f.run)...)
	if f.index = index; err == nil {
		p.prepared = f
	}
	return p, err
}

// planOf returns the plan of an open operation, with its state.
func planOf(r *run.Run) Plan {
	s := r.Op
	p := Plan{
		Operation: s.ID, Provider: s.Subject.Provider, Kind: s.Subject.Kind, ID: s.CurrentID(), Name: s.Old.Name, OldID: s.Subject.ID, NewID: s.New.ID,
		State: s.State(), Strategy: s.Strategy, Reason: oplog.ReasonResumed, Destinations: deliveries(r), Steps: []string{}, Checks: []step.Check{},
	}
	if s.Final() {
		p.Reason = oplog.ReasonEnded
	}
	return p
}

// deliveries is how far each destination is, and how what it gets will be proved.
func deliveries(r *run.Run) []oplog.DeliveryState {
	all := r.Op.Destinations()
	for i := range all {
		if d, err := r.Target(all[i].To); err == nil && all[i].Proof == "" {
			all[i].Proof = string(d.Proof())
		}
	}
	return all
}

// runChecks runs the checks of the steps.
func (p *Plan) runChecks(ctx context.Context, r *run.Run, steps []step.Step) error {
	var problems []error
	for _, c := range step.RunChecks(ctx, r, steps) {
		p.Checks, problems = append(p.Checks, c), append(problems, c.Err)
	}
	return joined(problems...)
}

// goOn adds what resuming an operation would do, and changes r as that would.
func (p *Plan) goOn(r *run.Run, o ResumeOptions) error {
	r.SuppliedSecret, r.SuppliedKey, r.Force = o.Secret, o.Key, o.ForceUnverified
	if r.Op.Issued && run.TakesSupplied(r) {
		c := step.Checked("accept the secret that was supplied", run.MayTakeSupplied(r))
		if p.Checks = append(p.Checks, c); c.Err != nil {
			return c.Err
		}
		r.Op.StartOver()
	}
	if step.Waits(r) {
		p.Retires, p.Effect = drift.OldEnds(r.Op, r.Op.Until)
		p.Reason = oplog.ReasonGrace
		return nil
	}
	p.Steps, p.Destinations = step.Describe(r, step.For(r.Op)), deliveries(r)
	if run.LacksSecret(r) {
		p.Warnings = append(p.Warnings, "its secret is not known: supply it with --secret-file -")
	}
	return nil
}

// PlanResume returns what [Engine.Resume] would do. It is like [Engine.Plan] otherwise.
func (e *Engine) PlanResume(ctx context.Context, id string, o ResumeOptions) (Plan, error) {
	op, err := e.Journal.Find(id)
	if err != nil {
		return Plan{}, err
	}
	return planResume(ctx, e, op, o)
}

// PlanResumeAll returns what [Engine.ResumeAll] would do.
func (e *Engine) PlanResumeAll(ctx context.Context, o ResumeOptions) ([]Plan, error) {
	ended := func(op *journal.Operation) bool { return op.Final() }
	return forAll(ctx, e.Journal, ended, func(op *journal.Operation) (Plan, error) { return planResume(ctx, e, op, o) })
}

func planResume(ctx context.Context, e *Engine, op *journal.Operation, o ResumeOptions) (Plan, error) {
	p := Plan{Operation: op.ID, Provider: op.Ref().Provider, Kind: op.Ref().Kind, ID: op.Ref().ID, OldID: op.Ref().ID, Reason: oplog.ReasonResumed, Steps: []string{}, Checks: []step.Check{}}
	r, err := run.Resume(e.Env, op)
	if err != nil {
		return p, err
	}
	if r.Op.Final() {
		return planOf(r), nil
	}
	q := o.request(r.Op)
	if err := e.resolve(ctx, &q.Subject, &q.Options); err != nil {
		return p, err
	}
	o.To = q.To
	if err := reopen.Foresee(ctx, r, q.asked()); err != nil {
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
	if r.Op.Strategy == oplog.Create {
		p.Steps = creation.Describe(r)
		return p, nil
	}
	if r.Op.Aborting != "" {
		p.Steps = step.Describe(r, step.For(r.Op))
		return p, nil
	}
	if err := p.goOn(r, o); err != nil || len(p.Steps) == 0 {
		return p, err
	}
	return p, p.runChecks(ctx, r, step.For(r.Op))
}

// PlanAbort returns what [Engine.Abort] would do. It is like [Engine.Plan] otherwise.
func (e *Engine) PlanAbort(ctx context.Context, id string, force bool) (Plan, error) {
	op, err := e.Journal.Find(id)
	if force && errors.Is(err, journal.ErrIdentity) {
		a, err := aside.Find(e.Journal, id)
		return Plan{Operation: a.ID, Provider: a.Ref.Provider, Kind: a.Ref.Kind, ID: a.Ref.ID, OldID: a.Ref.ID, NewID: a.NewID, Reason: oplog.ReasonAborted, Steps: a.Steps()}, err
	}
	if err != nil {
		return Plan{}, err
	}
	r, err := run.Resume(e.Env, op)
	if err != nil {
		return Plan{}, err
	}
	p := planOf(r)
	if r.Op.Final() {
		return p, hasEnded(r)
	}
	p.Reason = oplog.ReasonAborted
	if err := reopen.Foresee(ctx, r, reopen.Asked{}); err != nil {
		return p, err
	}
	if r.Op.Strategy == oplog.Create || r.Op.Strategy == oplog.Deliver {
		var looked step.Check
		p.Steps, looked = redelivery.PlanAbort(ctx, r, force)
		p.Checks = append(p.Checks, looked)
		return p, looked.Err
	}
	steps := undo.Steps(force)
	err = p.runChecks(ctx, r, steps)
	p.Steps = step.Describe(r, steps)
	return p, err
}
