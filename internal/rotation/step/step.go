// Package step is the steps of a rotation, each with what it describes, checks and
// does. Runs, plans, resumes and aborts walk the same lists.
package step

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// A Step carries an operation on by one step.
type Step struct {
	Name string

	// Due reports whether something of it is left to do; nil: always.
	Due func(*run.Run) bool

	// Describe says what it will do, a line for each thing; nil: nothing that is
	// worth a line.
	Describe func(*run.Run) []string

	// Check looks whether it can be done, and whether what was done of it still
	// holds. It changes nothing; nil: there is nothing to look at.
	Check func(context.Context, *run.Run) []Check

	Do func(context.Context, *run.Run) error
}

// A Check is one thing that was looked at before anything is changed.
type Check struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Why  string `json:"why,omitzero"`

	Err error `json:"-"` // that forbids to go on
}

// Checked is the check that came to err.
func Checked(what string, err error) Check {
	c := Check{What: what, OK: err == nil, Err: err}
	if err != nil {
		c.Why = err.Error()
	}
	return c
}

// For returns the steps of an operation, in order.
func For(op *oplog.OpState) []Step {
	issued := Step{Name: "issue", Due: func(r *run.Run) bool { return !r.Op.Issued }, Describe: describeIssue, Check: checkRead, Do: run.Issue}
	secret := Step{Name: "secret", Describe: describeSecret, Do: run.ObtainSecret}
	rights := Step{Name: "rights", Due: func(r *run.Run) bool { return !r.Op.RightsChecked }, Describe: describeRights, Do: compareRights}
	verified := Step{Name: "verify", Due: func(r *run.Run) bool { return !r.Op.Verified }, Describe: describeVerify, Do: verifyNew}
	delivered := Step{Name: "deliver", Due: undelivered, Describe: describeDeliver, Check: checkDestinations, Do: deliverAll}
	hook := Step{Name: "hook", Due: func(r *run.Run) bool { return !r.Op.Hooked }, Describe: describeHook, Check: checkHook, Do: runHook}
	finished := Step{Name: "finish", Due: func(r *run.Run) bool { return r.Op.Reached != oplog.Done }, Describe: describeFinish, Do: finish}
	switch {
	case op.Aborting != "":
		return []Step{{Name: "abort", Describe: describeRevoke, Do: func(ctx context.Context, r *run.Run) error { return run.Abort(ctx, r, r.Op.Aborting) }}}
	case op.Strategy.InPlace(): // the old secret has stopped working: the new one is needed first of all
		verified.Check = checkVerifiable
		return []Step{issued, secret, delivered, hook, verified, rights, finished}
	}
	return []Step{
		issued, secret, rights, verified,
		{Name: "self", Due: replacesSigner, Describe: describeSigner, Do: tryAsSigner},
		delivered, hook,
		{Name: "grace", Due: hasGrace, Do: waitGrace},
		{Name: "retire", Describe: describeRetire, Check: checkVerifiable, Do: retire},
		finished,
	}
}

// Due yields those of the steps that are due when their turn comes.
func Due(r *run.Run, steps []Step) iter.Seq[Step] {
	return func(yield func(Step) bool) {
		for _, s := range steps {
			if (s.Due == nil || s.Due(r)) && !yield(s) {
				return
			}
		}
	}
}

// errWaits ends a run for which there is nothing to do yet.
var errWaits = errors.New("it waits")

// Advance carries an operation on until it ends, or something stops it.
func Advance(ctx context.Context, r *run.Run) error {
	for s := range Due(r, For(r.Op)) {
		if err := ctx.Err(); err != nil {
			return provider.Hint(fmt.Errorf("interrupted before the step %q: %w", s.Name, err), "run the same command again, or credctl rotation resume %s", r.Op.ID)
		}
		r.Hit(s.Name)
		switch err := s.Do(ctx, r); {
		case errors.Is(err, errWaits), err == nil && r.Op.Reached == oplog.Aborted:
			return nil
		case err != nil:
			return recordFailure(ctx, r, s.Name, err)
		}
	}
	return nil
}

// recordFailure makes a failure durable, for those who ask later, and returns it.
func recordFailure(ctx context.Context, r *run.Run, at string, err error) error {
	if r.Op.Final() || ctx.Err() != nil || r.Op.Error == err.Error() {
		return err
	}
	step := oplog.StepFailed
	switch {
	case errors.Is(err, provider.ErrUnknown):
		step = oplog.StepUnknown
	case errors.Is(err, provider.ErrPending), at == "verify" && errors.Is(err, provider.ErrUnavailable):
		step = oplog.StepPending
	}
	if aerr := r.Append(step, oplog.Event{At: at, Error: err.Error()}); aerr != nil {
		return errors.Join(err, aerr)
	}
	return err
}

// Describe says what the steps will do that are due.
func Describe(r *run.Run, steps []Step) []string {
	lines := []string{}
	for s := range Due(r, steps) {
		if s.Describe != nil {
			lines = append(lines, s.Describe(r)...)
		}
	}
	return lines
}

// RunChecks runs the checks of the steps.
func RunChecks(ctx context.Context, r *run.Run, steps []Step) []Check {
	var checks []Check
	for _, s := range steps {
		if s.Check != nil {
			checks = append(checks, s.Check(ctx, r)...)
		}
	}
	return checks
}

// line is a description of one line, if it applies.
func line(applies bool, format string, args ...any) []string {
	if !applies {
		return nil
	}
	return []string{fmt.Sprintf(format, args...)}
}

func describeRevoke(r *run.Run) []string { return line(r.Op.Issued, "revoke %s", r.Op.New.ID) }

func describeIssue(r *run.Run) []string {
	s := r.Op
	if s.ID == "" {
		return []string{map[oplog.Strategy]string{
			oplog.Replace:  fmt.Sprintf("create another %s named %q, with the same rights; %s lives on", s.Subject.Kind, s.Name, s.Subject.ID),
			oplog.Rotate:   fmt.Sprintf("rotate %s by the vendor's own route", s.Subject.ID),
			oplog.Generate: "generate a new secret for " + s.Subject.ID,
		}[s.Strategy]}
	}
	return slices.Concat(
		line(s.Orphan != "", "revoke %s, which a lost request made", s.Orphan),
		line(s.Unclear(), "look what became of the request that an earlier run sent"),
		line(s.Found == "", "issue the new one"),
		line(s.Found != "", "rotate %s, whose secret nobody has", s.Found),
	)
}

// checkRead reads the credential that an operation which has begun is about now.
func checkRead(ctx context.Context, r *run.Run) []Check {
	if r.Op.ID == "" {
		return nil
	}
	id := r.Op.Subject.ID
	if r.Op.Issued {
		id = r.Op.New.ID
	}
	_, err := run.Get(ctx, r.Service, id)
	if r.Op.Unclear() && run.Gone(err) { // what is to be found out may be why
		err = nil
	}
	return []Check{Checked("read "+id, err)}
}

func describeSecret(r *run.Run) []string {
	return line(r.Op.Issued && run.TakesSupplied(r), "keep the secret that was given")
}
