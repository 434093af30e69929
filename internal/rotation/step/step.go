// Package step has the steps of a rotation. Each describes, checks and does one thing.
// Runs, plans, resumes and aborts all walk the same lists.
package step

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// A Step carries an operation on by one step.
type Step struct {
	Name  string
	Doing string // what a person is told while it is carried out

	// Due reports whether something of it is left to do; nil: always.
	Due func(*run.Run) bool

	// Describe returns what it will do, one imperative per line. It may be nil.
	Describe func(*run.Run) []string

	// Check reports whether it can be done, and whether what it has done is still in
	// place. It changes nothing. It may be nil.
	Check func(context.Context, *run.Run) []Check

	Do func(context.Context, *run.Run) error
}

// A Check is one condition that was checked before anything is changed.
type Check struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Why  string `json:"why,omitzero"`

	Err error `json:"-"` // that keeps the rotation from going on
}

// Checked returns the Check with the result err.
func Checked(what string, err error) Check {
	c := Check{What: what, OK: err == nil, Err: err}
	if err != nil {
		c.Why = provider.Text(err)
	}
	return c
}

// For returns the steps of an operation, in order.
func For(op *oplog.OpState) []Step {
	issued := Step{Name: "issue", Doing: "Creating the new credential", Due: func(r *run.Run) bool { return !r.Op.Issued }, Describe: describeIssue, Check: checkRead, Do: run.Issue}
	secret := Step{Name: "secret", Doing: "Reading the new secret", Describe: describeSecret, Do: run.ObtainSecret}
	rights := Step{Name: "rights", Doing: "Comparing permissions", Due: func(r *run.Run) bool { return !r.Op.RightsChecked }, Describe: describeRights, Do: compareRights}
	verified := Step{Name: "verify", Doing: "Verifying the new secret", Due: func(r *run.Run) bool { return !r.Op.Verified }, Describe: describeVerify, Do: verifyNew}
	delivered := Step{Name: "deliver", Doing: "Delivering the new secret", Due: undelivered, Describe: describeDeliver, Check: checkDestinations, Do: deliverAll}
	hook := Step{Name: "hook", Doing: "Running the hook", Due: func(r *run.Run) bool { return !r.Op.Hooked }, Describe: describeHook, Check: checkHook, Do: runHook}
	finished := Step{Name: "finish", Doing: "Checking that the old secret stopped working", Due: func(r *run.Run) bool { return r.Op.Reached != oplog.Done }, Describe: describeFinish, Do: finish}
	signer := Step{Name: "signer", Due: checksSigner, Do: checkSigner}
	switch {
	case op.Strategy == oplog.Deliver:
		verified.Doing, verified.Describe, verified.Do = "Verifying the secret", nil, verifyHeld
		return []Step{verified, delivered, hook, finished}
	case op.Aborting != "":
		return []Step{{Name: "abort", Doing: "Revoking the new credential", Describe: DescribeRevoke, Do: func(ctx context.Context, r *run.Run) error { return run.Abort(ctx, r, r.Op.Aborting, false) }}}
	case op.Strategy.InPlace(): // the old secret has stopped working, so the new credential is delivered first
		verified.Check = checkVerifiable
		signed := Step{Name: "sign", Due: signsInPlace, Do: signWithNew}
		return []Step{issued, secret, signed, delivered, signer, hook, verified, rights, finished}
	}
	return []Step{
		issued, signer, secret, rights, verified,
		{Name: "self", Doing: "Checking that credctl can use the new secret", Due: replacesSigner, Describe: describeSigner, Do: tryAsSigner},
		delivered, hook,
		{Name: "grace", Due: hasGrace, Do: waitGrace},
		{Name: "retire", Doing: "Deleting the old credential", Describe: describeRetire, Check: checkRetire, Do: retire},
		finished,
	}
}

// Due yields the steps that are due when their turn comes.
func Due(r *run.Run, steps []Step) iter.Seq[Step] {
	return func(yield func(Step) bool) {
		for _, s := range steps {
			if (s.Due == nil || s.Due(r)) && !yield(s) {
				return
			}
		}
	}
}

// errWaits ends a run that has nothing to do yet.
var errWaits = errors.New("waiting")

// Advance carries out the steps that are left, until one fails or has to wait.
func Advance(ctx context.Context, r *run.Run) error { return AdvanceTo(ctx, r, "") }

// AdvanceTo is Advance, except that it stops before the step of this name.
func AdvanceTo(ctx context.Context, r *run.Run, name string) error {
	for s := range Due(r, For(r.Op)) {
		if s.Name == name {
			return nil
		}
		if err := ctx.Err(); err != nil {
			why := fmt.Errorf("the rotation was interrupted (state: %s)", r.Op.Reached.Word())
			if errors.Is(err, context.DeadlineExceeded) {
				why = fmt.Errorf("the time limit (--timeout) was reached (state: %s)", r.Op.Reached.Word())
			}
			return provider.Hint(provider.WithClass(err, why), "run the same command again, or: credctl rotation resume %s", r.Op.ID)
		}
		r.Hit(s.Name)
		r.Report(run.Notice{Subject: r.Op.Subject, Text: s.Doing, Doing: true})
		err := s.Do(ctx, r)
		r.Report(run.Notice{Subject: r.Op.Subject, Doing: true})
		switch {
		case errors.Is(err, errWaits), err == nil && r.Op.Reached == oplog.Aborted:
			return nil
		case err != nil:
			return RecordFailure(ctx, r, s.Name, err)
		}
	}
	return nil
}

// RecordFailure records a failure in the journal, and returns it.
func RecordFailure(ctx context.Context, r *run.Run, at string, err error) error {
	if r.Op.Final() || ctx.Err() != nil || r.Op.Error == provider.Text(err) || errors.Is(err, journal.ErrKept) {
		return err
	}
	step := oplog.StepFailed
	switch {
	case errors.Is(err, provider.ErrUnknown):
		step = oplog.StepUnknown
	case errors.Is(err, provider.ErrPending), at == "verify" && errors.Is(err, provider.ErrUnavailable):
		step = oplog.StepPending
	}
	if aerr := r.Append(step, oplog.Event{At: at, Error: provider.Text(err)}); aerr != nil && aerr.Error() != err.Error() {
		err = errors.Join(err, aerr)
	}
	if r.Unreachable && errors.Is(err, provider.ErrPartial) { // the vendor did what it was asked for
		err = provider.Reclassify(provider.ErrUnavailable, err)
	}
	return err
}

// Describe returns what the steps that are due will do.
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

// Line returns one line of a description, or none where it does not apply.
func Line(applies bool, format string, args ...any) []string {
	if !applies {
		return nil
	}
	return []string{fmt.Sprintf(format, args...)}
}

// DescribeRevoke returns that the new credential will be revoked.
func DescribeRevoke(r *run.Run) []string { return Line(r.Op.Issued, "delete %s", r.Op.New.ID) }

func describeIssue(r *run.Run) []string {
	s := r.Op
	if s.ID == "" {
		return []string{map[oplog.Strategy]string{
			oplog.Replace:  fmt.Sprintf("create another %s named %q with the same permissions, and keep %s", setting.KindNoun(s.Subject.Kind), s.Name, s.Subject.ID),
			oplog.Rotate:   fmt.Sprintf("rotate %s with the vendor's own rotation", s.Subject.ID),
			oplog.Generate: "generate a new secret for " + s.Subject.ID,
		}[s.Strategy]}
	}
	return slices.Concat(
		Line(s.Orphan != "", "delete %s, which was created by a request whose answer was lost", s.Orphan),
		Line(s.Unclear(), "find out what the request of an earlier run did"),
		Line(s.Found == "", "create the new credential"),
		Line(s.Found != "", "rotate %s, whose secret was lost", s.Found),
	)
}

// checkRead reads the credential that an open operation is about now.
func checkRead(ctx context.Context, r *run.Run) []Check {
	if r.Op.ID == "" {
		return nil
	}
	id := r.Op.Subject.ID
	if r.Op.Issued {
		id = r.Op.New.ID
	}
	_, err := run.Get(ctx, r.Service, id)
	if r.Op.Unclear() && run.Gone(err) { // the request may have replaced it
		err = nil
	}
	return []Check{Checked("read "+id, err)}
}

func describeSecret(r *run.Run) []string {
	return Line(r.Op.Issued && run.TakesSupplied(r), "record the secret that was supplied")
}
