package rotation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// A work is one run's part in an operation. It holds the lock.
type work struct {
	e *Engine
	*record

	service provider.Service
	input   provider.Input
	show    func(context.Context, Result) error
	given   provider.Secret // by a person, for a vendor that does not tell
	key     string          // that belongs to it
	force   bool            // retire what was not verified

	secret    provider.Secret // the new one
	oldSecret provider.Secret
	read      provider.Credential // the old one, as the vendor has it now, with its details
	targets   map[string]deliver.Destination
	changed   bool // by this run
	fresh     bool // this run wrote the intent
	earlier   bool // an earlier run verified it
	notes     []string
}

// note makes a step durable, and then true.
func (w *work) note(step journal.Step, n note, with ...func(*journal.Entry)) error {
	data, err := n.encode()
	if err != nil {
		return fmt.Errorf("the journal: %w", err)
	}
	e := journal.Entry{Time: w.e.now(), Step: step, Data: data}
	for _, f := range with {
		f(&e)
	}
	w.e.hit(string(step) + ".noting")
	if err := w.op.Append(e); err != nil {
		return err
	}
	w.e.hit(string(step) + ".noted")
	return w.apply(w.op.Last())
}

// A stage carries an operation on by one step, or finds that this was done.
type stage struct {
	name string
	do   func(context.Context) error
}

// errWaits ends a run for which there is nothing to do yet.
var errWaits = errors.New("it waits")

func (w *work) stages() []stage {
	first := []stage{{"issue", w.issueNew}, {"secret", w.needSecret}}
	if w.inPlace() { // the old secret is dead: the new one is wanted first of all
		return append(first, stage{"deliver", w.deliverAll}, stage{"hook", w.runHook}, stage{"verify", w.prove}, stage{"rights", w.compare}, stage{"finish", w.finish})
	}
	return append(first, stage{"rights", w.compare}, stage{"verify", w.prove}, stage{"self", w.proveSelf}, stage{"deliver", w.deliverAll}, stage{"hook", w.runHook},
		stage{"grace", w.waitGrace}, stage{"retire", w.retire}, stage{"finish", w.finish})
}

// advance carries the operation on until it ends, or something stops it.
func (w *work) advance(ctx context.Context) error {
	if w.aborting != "" {
		if err := w.abort(ctx, w.aborting); err != nil {
			return w.halt(ctx, "abort", err)
		}
		return nil
	}
	for _, s := range w.stages() {
		if err := ctx.Err(); err != nil {
			return provider.Hint(fmt.Errorf("interrupted before the step %q: %w", s.name, err), "run the same command again, or credctl rotation resume %s", w.op.ID)
		}
		w.e.hit(s.name)
		err := s.do(ctx)
		if errors.Is(err, errWaits) {
			return nil
		}
		if err != nil {
			return w.halt(ctx, s.name, err)
		}
		if w.reached == Aborted {
			return nil
		}
	}
	return nil
}

// halt makes a failure durable, for those who ask later, and returns it.
func (w *work) halt(ctx context.Context, at string, err error) error {
	if w.reached == Aborted || w.reached == Done || ctx.Err() != nil || w.trouble == err.Error() {
		return err
	}
	step := stepFailed
	switch {
	case errors.Is(err, provider.ErrUnknown):
		step = stepUnknown
	case errors.Is(err, provider.ErrPending), at == "verify" && errors.Is(err, provider.ErrUnavailable):
		step = stepPending
	}
	if nerr := w.note(step, note{At: at, Error: err.Error()}); nerr != nil {
		return errors.Join(err, nerr)
	}
	return err
}

// say tells the user something about the operation.
func (w *work) say(format string, args ...any) {
	w.e.report(Event{Operation: w.op.ID, Subject: w.subject, Text: fmt.Sprintf(format, args...)})
}

// remark tells something that the result must hold too.
func (w *work) remark(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.notes = append(w.notes, text)
	w.e.report(Event{Operation: w.op.ID, Subject: w.subject, Text: text, Important: true})
}

// result is what the run came to.
func (w *work) result() Result {
	c := w.new
	c.Secret = w.secret
	r := Result{
		Operation: w.op.ID, Provider: w.subject.Provider, Kind: w.subject.Kind, OldID: w.subject.ID, NewID: w.new.ID,
		State: w.state(), Strategy: w.strategy, Changed: w.changed, Destinations: w.destinations(), Notes: w.notes, Credential: c,
	}
	if r.State == Aborted {
		r.NewID = ""
	}
	if r.State == Grace {
		r.grace(w.until)
	}
	return r
}

// toShow is the result of a run as it will be when the new secret has been shown.
func (w *work) toShow() Result {
	r := w.result()
	r.State, r.Changed = Delivered, true
	if w.options.Grace > 0 && !w.inPlace() {
		r.grace(w.graceEnd())
	}
	return r
}

// grace says that the old one lives on until then.
func (r *Result) grace(until time.Time) {
	r.State, r.Retires, r.Reason = Grace, until, "the old one goes at "+until.UTC().Format(time.RFC3339)
}
