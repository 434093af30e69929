// Package reopen opens an operation that has not ended again, and applies what a later
// run corrects.
package reopen

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
	"github.com/credctl/credctl/internal/rotation/step"
)

// An Asked is what a later run asks for.
type Asked struct {
	oplog.Subject // bound to the account that applies now
	oplog.Options

	Service provider.Service // nil: it is opened
	Input   provider.Input
	Show    func(context.Context, run.Result) error
	Unshown error // why there is no Show: nothing is issued then

	// Whole says that the run names everything that it wants, as the first one did:
	// what it leaves out, and is kept, must be said.
	Whole bool

	Abort  bool // the operation is opened to abort it
	Stated bool // a person or a policy asks for the whole again, with what it stops
}

// Continue opens an operation again. What q corrects is in the journal when it returns.
func Continue(ctx context.Context, r *run.Run, q Asked) error {
	c, err := open(ctx, r, q)
	if err != nil {
		return err
	}
	before := r.Op.Options
	kept := keptFlags(r.Op, q.Options, q.Params)
	if c.Changed {
		ev := oplog.Event{Options: &c.Options}
		if c.Adjusts {
			if ev.Endpoint, err = endpoint(ctx, r); err != nil {
				return err
			}
			s := r.Op.Subject
			s.Adjustable = c.Adjustable
			ev.Subject = &s
		}
		r.Op.Options, r.AddedTo = c.Options, c.Added
		for _, to := range r.AddedTo { // the others were checked before
			if err := step.Writable(ctx, r, to); err != nil {
				return err
			}
		}
		ev.Places = drift.Places(r.AddedTo, r.Target)
		r.Op.Options = before // until the journal says otherwise
		if err := r.Append(oplog.StepOptions, ev); err != nil {
			return err
		}
	}
	r.Op.Options.VerifyTimeout = q.VerifyTimeout // each run has its own
	if err := checkPlaces(ctx, r, q); err != nil {
		return err
	}
	look(ctx, r, q, c)
	say(r, q, c, kept)
	return nil
}

// checkPlaces checks the destinations again before anything is issued: an earlier run has
// checked them, perhaps on another host. The journal names those that cannot be written, so
// that others can replace them.
func checkPlaces(ctx context.Context, r *run.Run, q Asked) error {
	s := r.Op
	if q.Abort || s.Issued || s.Aborting != "" || s.Strategy == oplog.Create || s.Strategy == oplog.Deliver {
		return nil
	}
	var problems []error
	for _, to := range s.Options.To {
		err := step.Writable(ctx, r, to)
		if err == nil {
			continue
		}
		problems = append(problems, err)
		if aerr := r.Append(oplog.StepFailed, oplog.Event{At: "deliver", To: to, Error: provider.Text(err)}); aerr != nil {
			return errors.Join(append(problems, aerr)...)
		}
	}
	if problems == nil {
		return nil
	}
	err := errors.Join(problems...)
	hint := drift.Again(err, "after fixing this, run the same command again, or", s.ID)
	return provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("nothing was issued: %w", err)), "%s; to deliver elsewhere: credctl rotation resume %s --to DESTINATION", hint, s.ID)
}

// say tells what is resumed, and what is kept of the first run.
func say(r *run.Run, q Asked, c correction, kept []string) {
	switch {
	case q.Abort:
	case q.Whole && !c.Changed && step.Waits(r):
		sayWaits(r)
	default:
		r.Say("Resuming rotation %s (state: %s)", r.Op.ID, r.Op.State().Word())
	}
	for _, to := range c.Replaced {
		r.Remark("Replaced destination %s of rotation %s, which failed, with %s", to, r.Op.ID, strings.Join(c.Added, ", "))
	}
	kept = without(kept, c.Replaced)
	switch {
	case len(kept) == 0 || q.ID == "":
	case (q.Whole || c.Changed) && !step.Waits(r):
		r.Remark("Kept from the first run of rotation %s: %s", r.Op.ID, strings.Join(kept, ", "))
	default:
		r.Say("Kept from the first run: %s", strings.Join(kept, ", "))
	}
}

// sayWaits tells whoever asks to rotate a credential whose rotation only waits how to rotate
// again, and how not to wait.
func sayWaits(r *run.Run) {
	s := r.Op
	again := fmt.Sprintf("credctl %s rotate %s", s.Subject.Provider, s.New.ID)
	if s.Options.Overlap { // without it, the old secret would stop working at once
		again += " --overlap"
	}
	if s.Options.Grace > 0 {
		again += " --grace " + duration.Format(s.Options.Grace)
	}
	words := []string{again}
	for _, to := range s.Options.To {
		if !slices.Contains(s.Copies, to) {
			words = append(words, "--to "+quote.Word(to))
		}
	}
	again = strings.Join(words, " ")
	_, old := drift.OldEnds(s, s.Until)
	end := "to delete " + s.Subject.ID + " now"
	if s.OldGone {
		end = "to end the rotation"
	}
	r.Remark("Nothing was changed: rotation %s is in its grace period. %s is in use, and %s. To rotate again now, run: %s; %s, run: credctl rotation resume %[1]s --grace 0",
		s.ID, s.New.ID, old, again, end)
}

// without leaves out the flags of destinations that were replaced.
func without(kept, replaced []string) (left []string) {
	gone := map[string]bool{}
	for _, to := range replaced {
		gone["--to "+to] = true
	}
	for _, flag := range kept {
		if !gone[flag] {
			left = append(left, flag)
		}
	}
	return left
}

// Foresee opens an operation as [Continue] does, for a plan: it changes r alone.
func Foresee(ctx context.Context, r *run.Run, q Asked) error {
	c, err := open(ctx, r, q)
	if err != nil {
		return err
	}
	r.AddedTo = c.Added
	c.Options.VerifyTimeout = q.VerifyTimeout
	r.Op.SetOptions(c.Options)
	look(ctx, r, q, c)
	if c.Adjusts {
		where, err := endpoint(ctx, r)
		if err != nil {
			return err
		}
		r.Op.Adjust(c.Adjustable, where)
	}
	return nil
}

// open opens the service of an operation, unless q has opened the same. A replacement
// gets the parameters that the operation began with, because it is looked for by them;
// no secret is in them.
func open(ctx context.Context, r *run.Run, q Asked) (correction, error) {
	s := r.Op
	c, err := correct(s, q.Options, q.Adjustable)
	if err == nil {
		err = cutsNobodyOff(ctx, r, c)
	}
	if err != nil {
		return c, err
	}
	if q.Grace > 0 && s.Strategy.InPlace() {
		return c, provider.Hint(provider.Usage("cannot keep the old secret of %s for a grace period: rotation %s is in place", s.Subject.ID, s.ID),
			"leave out --grace")
	}
	if q.Unshown != nil && !s.Issued && s.Aborting == "" && len(c.Options.To) == 0 {
		return c, q.Unshown
	}
	if c.Changed && !s.Verified && s.Strategy == oplog.Replace && q.Grace == 0 && !q.NoGrace {
		keepOld(ctx, r, &c)
	}
	r.Service, r.Input, r.Show, r.Stated = q.Service, q.Input, q.Show, q.Stated
	same := r.Service != nil && s.Subject.Reaches(q.Subject) && maps.Equal(c.Adjustable, q.Adjustable)
	other := r.Service == nil || s.Subject.ID != q.ID || s.Strategy == oplog.Replace && !s.Issued && !maps.Equal(s.Subject.Params, q.Params)
	if same && !other {
		return c, nil
	}
	subject := s.Subject
	subject.Adjustable = c.Adjustable
	service, in, err := r.Open(ctx, subject, provider.Secret{})
	if err != nil {
		return c, err
	}
	if other {
		r.Input = in
	}
	if !same {
		r.Service = service
	}
	return c, nil
}

// endpoint reads where the credential that exists now is used, by settings that have
// changed.
func endpoint(ctx context.Context, r *run.Run) (string, error) {
	c, err := run.Get(ctx, r.Service, r.Op.CurrentID())
	switch {
	case run.Gone(err): // whatever comes next says so
		return r.Op.New.Endpoint, nil
	case err != nil:
		return "", r.Again(provider.Reclassify(provider.ErrPartial, fmt.Errorf("could not read where %s is used: %w", r.Op.CurrentID(), err)))
	}
	return c.Endpoint, nil
}
