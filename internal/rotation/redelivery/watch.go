package redelivery

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// A Watcher compares destinations with what was delivered to them.
type Watcher struct {
	Deliverer

	Index     journal.Index // of the journal
	Redeliver bool          // to those that hold something else
	DryRun    bool          // change nothing
}

// Watch compares the destinations of q. Those that hold something else get the secret
// again, or are an error of class [provider.ErrPartial]. One that cannot be read is a
// note of the result. A delivery that has not ended is continued.
func (w Watcher) Watch(ctx context.Context, q Request) (result run.Result, err error) {
	if err := w.Resolve(ctx, &q.Subject, &q.Options); err != nil {
		return result, err
	}
	c := drift.Checker{Journal: w.Journal, Index: w.Index, Destination: w.Destination, Among: q.To}
	op, err := c.Delivered(q.Ref())
	if err != nil || op == nil {
		return result, err
	}
	s, err := oplog.Fold(op)
	if err != nil {
		return result, err
	}
	q.ID = s.New.ID
	if s.Strategy == oplog.Deliver && !s.Final() && !w.DryRun {
		q.To = s.Undelivered()
		return w.again(ctx, q)
	}
	status, unread := c.Check(ctx, op)
	lost := oplog.Drifted(status)
	switch {
	case lost == nil && unread == nil:
		return result, nil
	case lost != nil && w.Redeliver && !w.DryRun && held(status):
		q.To = lost
		return w.again(ctx, q)
	}
	result = run.Result{
		Operation: op.ID, Provider: q.Provider, Kind: q.Kind, ID: q.ID, Name: status.Name, OldID: s.Subject.ID, NewID: q.ID,
		State: status.State, Strategy: s.Strategy, Destinations: status.Destinations,
	}
	if unread != nil {
		result.Notes = append(result.Notes, provider.Text(unread))
	}
	if lost == nil {
		return result, nil
	}
	err = provider.WithClass(provider.ErrPartial, fmt.Errorf("no longer as delivered: %s", strings.Join(lost, ", ")))
	return result, provider.Hint(err, "%s", Repair(status))
}

// again delivers the secret of q again.
func (w Watcher) again(ctx context.Context, q Request) (run.Result, error) {
	result, err := w.Deliver(ctx, q)
	if err == nil && result.Changed {
		result.Reason, result.Message = oplog.ReasonRedelivered, "delivered again to "+strings.Join(q.To, ", ")
	}
	return result, err
}

// Repair says what to do about the destinations of these statuses that were found to hold
// something else: it ends with one command line for all of them.
func Repair(found ...oplog.Status) string {
	var lines []string
	what := "to deliver the secret again"
	for _, s := range found {
		to := oplog.Drifted(s)
		if len(to) == 0 {
			continue
		}
		words := []string{"credctl deliver", s.Provider, quote.Word(s.ID)}
		if !held(s) { // a new secret goes to all that have this one
			what, to = "credctl cannot read the secret anywhere; to replace it", nil
			words = []string{"credctl", s.Provider, "rotate", quote.Word(s.ID)}
			for _, d := range s.Destinations {
				if !d.LeftOut && d.HeldFor == "" {
					to = append(to, d.To)
				}
			}
		}
		for _, one := range to {
			words = append(words, "--to", quote.Word(one))
		}
		lines = append(lines, strings.Join(words, " "))
	}
	if len(lines) > 1 {
		what = "to put all of this right"
	}
	return what + ": " + strings.Join(lines, " && ")
}

// held reports whether something may still have the secret of a credential: the journal,
// until its rotation ends, or a destination that can be read and was not found to hold
// something else.
func held(s oplog.Status) bool {
	return s.State != oplog.Done || slices.ContainsFunc(s.Destinations, func(d oplog.DeliveryState) bool {
		return d.State == oplog.Delivered && d.Proof == string(deliver.ByValue) && (d.Drift == nil || !*d.Drift) && !d.LeftOut && d.HeldFor == ""
	})
}
