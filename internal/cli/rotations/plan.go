package rotations

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/cli/call"
	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/visible"
)

// plan shows what rotations would do, and what was checked.
func (r *rotator) plan(ctx context.Context, ids []string) error {
	plans := make([]rotation.Plan, len(ids))
	var errs []error
	for i, id := range ids {
		var err error
		if plans[i], err = r.engine.Plan(ctx, r.request(id)); err != nil {
			errs = append(errs, r.absent(&plans[i], err))
		}
	}
	return errors.Join(append(errs, showPlans(r.call.Run, plans, len(plans) > 1))...)
}

// absent returns the error of a plan, in words that name the account where the
// credential does not exist.
func (r *rotator) absent(p *rotation.Plan, err error) error {
	if p.Strategy != "" || p.Operation != "" { // it was read: something else does not exist
		return err
	}
	said := call.Absent(r.call, p.OldID, err)
	for i, c := range p.Checks {
		if !c.OK && errors.Is(c.Err, provider.ErrAbsent) {
			p.Checks[i].Why = provider.Text(said)
		}
	}
	return said
}

// named is a credential for people.
func named(id, name string) string {
	if name == "" {
		return visible.Text(id)
	}
	return visible.Text(id + " (" + name + ")")
}

// showPlan shows what would be done, unless that failed before anything was known.
func showPlan(run *invocation.Invocation, p rotation.Plan, err error) error {
	if p.Operation == "" {
		return err
	}
	return errors.Join(err, showPlans(run, []rotation.Plan{p}, false))
}

// showPlans shows what would be done; several as an array.
func showPlans(run *invocation.Invocation, plans []rotation.Plan, several bool) error {
	if run.Results.Format.ForPeople() {
		for _, p := range plans {
			if _, err := fmt.Fprint(run.Streams.Out, run.Streams.FillOut(PlanText(p))); err != nil {
				return err
			}
		}
		return nil
	}
	var value any = plans
	if !several {
		value = plans[0]
	}
	rows := make([][]string, len(plans))
	for i, p := range plans {
		rows[i] = []string{p.ID, p.OldID, "", string(p.State), "no", "", "", strings.Join(p.Steps, "; "), p.Name}
	}
	return run.Results.Printer().Results(resultColumns(), rows, value)
}

// PlanText is a plan for people.
func PlanText(p rotation.Plan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", p.Provider, named(cmp.Or(p.OldID, p.ID), p.Name))
	line := func(format string, args ...any) {
		fmt.Fprintf(&b, "  %s\n", visible.Text(fmt.Sprintf(format, args...)))
	}
	switch {
	case p.Reason == oplog.ReasonRotated:
		line("nothing to do: already replaced by %s", p.NewID)
	case p.Reason == oplog.ReasonGrace && p.Retires.IsZero():
		line("nothing to do: to end the rotation, run: credctl rotation resume %s --grace 0", p.Operation)
	case p.Reason == oplog.ReasonGrace:
		line("nothing to do before %s", p.Retires.Format("2006-01-02 15:04 MST"))
	case p.Reason == oplog.ReasonEnded:
		line("nothing to do: rotation %s has ended (state: %s)", p.Operation, p.State.Word())
	case p.Reason == oplog.ReasonAborted && p.Operation != "":
		line("would abort rotation %s (state: %s)", p.Operation, p.State.Word())
	case p.Operation != "":
		line("would resume rotation %s (state: %s)", p.Operation, p.State.Word())
	}
	if len(p.Checks) > 0 {
		line("Checks:")
	}
	for _, c := range p.Checks {
		if c.OK {
			line("  [ok]   %s", c.What)
		} else {
			why := c.Why
			if _, object, ok := strings.Cut(c.What, " "); ok { // an error that begins with what was checked
				why = strings.TrimPrefix(why, object+": ")
			}
			line("  [fail] %s: %s", c.What, why)
		}
	}
	if len(p.Steps) > 0 {
		line("Steps:")
	}
	for i, step := range p.Steps {
		line("  %d. %s", i+1, step)
	}
	if p.Effect != "" {
		line("%s", p.Effect)
	}
	for _, w := range p.Warnings {
		line("note: %s", w)
	}
	return b.String()
}
