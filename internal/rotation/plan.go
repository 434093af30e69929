package rotation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// A Plan is what a rotation would do.
type Plan struct {
	Provider  string     `json:"provider"`
	Kind      string     `json:"kind"`
	ID        string     `json:"id"`
	Name      string     `json:"name,omitzero"`
	Strategy  Strategy   `json:"strategy,omitzero"`
	Effect    string     `json:"effect,omitzero"`    // what stops working, and when
	Warnings  []string   `json:"warnings,omitzero"`  // what else there is to know before one agrees
	Steps     []string   `json:"steps"`              // what would be done, in order
	Checks    []Check    `json:"checks"`             // what was looked at
	Operation string     `json:"operation,omitzero"` // one that would be gone on with
	State     State      `json:"state,omitzero"`     // of that
	NewID     string     `json:"new_id,omitzero"`    // what has replaced it, so that nothing would be done
	Retires   *time.Time `json:"retires,omitzero"`   // when the old one goes, and nothing would be done before

	// Destructive reports that the old secret dies before the new one is in use.
	Destructive bool `json:"destructive"`
}

// Plan says what Rotate would do, and checks all that can be checked. It sends
// only requests that change nothing, and writes nothing to the journal. Where
// a check fails the Plan is returned beside the error.
func (e *Engine) Plan(ctx context.Context, q Request) (Plan, error) {
	p := Plan{Provider: q.Provider, Kind: q.Kind, ID: q.ID, Steps: []string{}, Checks: []Check{}}
	if err := e.resolve(ctx, &q); err != nil {
		return p, err
	}
	index, err := e.Journal.Index()
	if err != nil {
		return p, err
	}
	if r, over := e.settled(q.Ref(), index, index); over {
		p.NewID, p.State = r.NewID, Done
		return p, nil
	}
	open, err := unfinished(index, q.Ref())
	if err != nil {
		return p, err
	}
	if open != nil {
		w, err := e.work(open, q)
		if err != nil {
			return p, err
		}
		p, err = w.plan(ctx, q.Subject, Resumption{Options: q.Options})
		p.add(err == nil && w.aborting != "", "rotate it anew")
		return p, err
	}
	f, err := e.prepare(ctx, q)
	if err != nil { // another run may have begun, or ended, meanwhile
		if now, ierr := e.Journal.Index(); ierr == nil && len(now.Of(q.Ref())) != len(index.Of(q.Ref())) {
			return e.Plan(ctx, q)
		}
	}
	p.Checks, p.Strategy, p.Name = f.checks, f.strategy, f.old.Name
	if f.strategy == "" {
		return p, err
	}
	p.Effect, p.Destructive = f.strategy.effects(f.Options), f.strategy != Replace
	p.Steps = f.steps()
	p.Warnings = append(f.remarks, f.warnings(ctx)...)
	return p, err
}

// steps says what would be done, in order.
func (p *preflight) steps() []string {
	issue := map[Strategy]string{
		Replace:  fmt.Sprintf("create another %s named %q, with the same rights; %s lives on", p.Kind, p.name, p.ID),
		Rotate:   fmt.Sprintf("rotate %s by the vendor's own route", p.ID),
		Generate: "generate a new secret for " + p.ID,
	}[p.strategy]
	to := p.To
	if len(to) == 0 {
		to = []string{shown}
	}
	deliveries := make([]string, len(to))
	for i, t := range to {
		deliveries[i] = delivering(t)
	}
	if !p.Hook.IsZero() {
		deliveries = append(deliveries, "run "+p.Hook.String())
	}
	verify := proving(p.Service, p.Verify, false)
	if p.strategy != Replace {
		return slices.Concat([]string{issue}, deliveries, []string{verify, "compare its rights with the old ones"})
	}
	end := "delete " + p.ID
	if p.Grace > 0 {
		end += " after " + FormatDuration(p.Grace)
	}
	return slices.Concat([]string{issue, "compare its rights with the old ones", verify}, deliveries, []string{end})
}

// proving says how the new secret is verified, if it is.
func proving(service provider.Service, mode string, force bool) string {
	const not = "go on without verifying the new secret"
	line, isExec := strings.CutPrefix(mode, "exec:")
	if mode == "none" || force {
		return not
	}
	if isExec {
		return "verify the new secret with " + line
	}
	if _, able := service.(provider.Verifier); !able {
		return not + ": " + noMeans
	}
	return "verify the new secret"
}

// delivering says how a destination gets the new secret.
func delivering(to string) string {
	if to == shown {
		return "show it to you"
	}
	return "deliver it to " + to + ", and read it back"
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
	p.Checks = append(p.Checks, checked(what, err))
	return err
}

func checked(what string, err error) Check {
	c := Check{What: what, OK: err == nil}
	if err != nil {
		c.Why = err.Error()
	}
	return c
}

// place names a destination in a sentence.
func place(to string) string {
	if to == shown {
		return "you"
	}
	return to
}

// warnings asks the adapter what else breaks.
func (p *preflight) warnings(ctx context.Context) []string {
	var all []string
	if w, ok := p.Service.(provider.ImpactExplainer); ok {
		verb := map[Strategy]provider.Verb{Replace: provider.Create, Rotate: provider.Rotate, Generate: provider.Generate}[p.strategy]
		if verb != provider.Create {
			if said := w.ExplainImpact(verb, p.old, p.Input); said != "" {
				all = append(all, said)
			}
		}
	}
	if h, ok := p.Service.(provider.SecretHinter); ok && p.strategy == Replace {
		if _, makes := p.Service.(provider.Generator); !makes {
			all = append(all, "where the vendor's answer holds no secret, it waits until that is handed in: "+h.SecretHint(p.old))
		}
	}
	if u, ok := p.Service.(provider.UsageFinder); ok && p.strategy != Replace {
		users, err := u.FindUsage(ctx, p.old)
		if err != nil {
			return append(all, "what uses it could not be found out: "+err.Error())
		}
		if len(users) > 0 {
			all = append(all, "it is used by "+strings.Join(users, ", "))
		}
	}
	return all
}
