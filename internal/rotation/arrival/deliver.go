// Package arrival takes the secret of an operation to its destinations, and finds out which of
// them have it.
package arrival

import (
	"context"
	"errors"
	"slices"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// Deliver delivers the secret of an operation to a destination, and returns the step that
// records what came of it.
func Deliver(ctx context.Context, r *run.Run, to string) (step journal.Step, ev oplog.Event, err error) {
	first, err := begin(r, to)
	if err == nil {
		err = r.Deliver(ctx, to)
	}
	if err != nil {
		return oplog.StepFailed, oplog.Event{At: "deliver", To: to, Error: provider.Text(err), Untouched: first && errors.Is(err, command.ErrNotStarted)}, err
	}
	ev = oplog.Event{To: to}
	if d, err := r.Target(to); to != oplog.Shown && err == nil {
		ev.Proof, ev.Stamp = string(d.Proof()), drift.StampOf(ctx, d)
	}
	return oplog.StepDelivered, ev, nil
}

// begin records that a destination will be written, if a kill could hide what it has then: a
// file that is overwritten in place, a command, or one that an abort has restored. The next
// abort then looks at it. First is that nothing can have been written to it before.
func begin(r *run.Run, to string) (first bool, err error) {
	s := r.Op
	if to == oplog.Shown || s.Strategy.InPlace() || slices.Contains(s.Delivering, to) {
		return false, nil
	}
	d, err := r.Target(to)
	if _, restored := s.Restores[to]; err != nil || !restored && !drift.Overwrites(d) {
		return false, nil //nolint:nilerr // whoever writes to it reports that
	}
	first = s.ProvedAt[to].IsZero() && (!slices.Contains(s.FailedTo, to) || slices.Contains(s.Untouched, to))
	return first, r.Append(oplog.StepDelivering, oplog.Event{To: to})
}
