package step

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

func undelivered(r *run.Run) bool { return len(r.Op.Undelivered()) > 0 }

func describeDeliver(r *run.Run) (lines []string) {
	for _, to := range r.Op.Undelivered() {
		switch {
		case to == oplog.Shown:
			lines = append(lines, "show it to you")
		case proofOf(r, to) == deliver.ByStamp:
			lines = append(lines, "deliver it to "+to+", which accepts it but does not return it")
		default:
			lines = append(lines, "deliver it to "+to+", and read it back")
		}
	}
	return lines
}

// proofOf returns how it is known that a destination holds a secret; "" where there is
// no destination.
func proofOf(r *run.Run, to string) deliver.Proof {
	if to == oplog.Shown {
		return ""
	}
	d, err := r.Target(to)
	if err != nil { // whoever writes it is told
		return ""
	}
	return d.Proof()
}

// checkDestinations looks whether the destinations still hold the new secret, and
// whether those can be written that have yet to get it.
func checkDestinations(ctx context.Context, r *run.Run) (checks []Check) {
	for _, to := range r.Op.Delivered {
		if to == oplog.Shown || r.Secret.IsZero() || r.Op.Strategy.InPlace() || r.Force {
			continue
		}
		if err := r.ReadBack(ctx, to); !errors.Is(err, deliver.ErrNoReadBack) {
			checks = append(checks, Checked("read back "+to, provider.Reclassify(provider.ErrPartial, err)))
		}
	}
	for _, to := range r.Op.Undelivered() {
		if to != oplog.Shown {
			checks = append(checks, Checked("write "+to, Writable(ctx, r, to)))
		}
	}
	return checks
}

// Writable checks that the new secret can be taken to a destination, and, where this
// run adds that, may be.
func Writable(ctx context.Context, r *run.Run, to string) error {
	if slices.Contains(r.AddedTo, to) {
		if err := mayDeliver(r, to); err != nil {
			return err
		}
	}
	d, err := r.Target(to)
	if err != nil {
		return err
	}
	if err := d.Check(ctx); err != nil {
		return err
	}
	return deliver.Demand(d, deliver.Proof(r.Op.Options.Proof))
}

// Missing returns which of these destinations had got the new secret, and do not hold
// it any more.
func Missing(ctx context.Context, r *run.Run, to []string) (missing []string, err error) {
	for _, to := range to {
		if !slices.Contains(r.Op.Delivered, to) {
			continue
		}
		if _, err := r.Target(to); err != nil {
			return nil, err
		}
		if r.ReadBack(ctx, to) == nil {
			continue
		}
		if err := mayDeliver(r, to); err != nil {
			return nil, err
		}
		missing = append(missing, to)
	}
	return missing, nil
}

// mayDeliver refuses to take to a destination what has itself been rotated since: it
// would take the place of something newer.
func mayDeliver(r *run.Run, to string) error {
	newer, err := run.Newer(r)
	if err != nil || newer == "" {
		return err
	}
	return provider.Hint(provider.Usage("%s has been rotated since, so that it is not taken to %s any more", r.Op.New.ID, to),
		"credctl rotation resume %s goes on with the newer rotation; credctl rotation resume %s, without --to, ends this one", newer, r.Op.ID)
}

// deliverAll takes the new secret to every destination that does not have it,
// and reads it back. One that fails does not keep the others from it.
func deliverAll(ctx context.Context, r *run.Run) error {
	if r.Secret.IsZero() && len(r.Op.Options.To) == 0 {
		return nil // the caller has it
	}
	var problems []error
	for _, to := range r.Op.Undelivered() {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := r.Deliver(ctx, to)
		if err == nil {
			err = r.Append(oplog.StepDelivered, oplog.Event{To: to, Proof: string(proofOf(r, to))})
			r.Changed = true
		} else if aerr := r.Append(oplog.StepFailed, oplog.Event{At: "deliver", To: to, Error: err.Error()}); aerr != nil {
			err = errors.Join(err, aerr)
		}
		if err != nil {
			problems = append(problems, err)
		}
	}
	if problems == nil {
		return nil
	}
	if r.Force && len(r.Op.Delivered) > 0 && !r.Op.Strategy.InPlace() { // it is somewhere: its secret is not lost
		r.Remark("%s was not delivered everywhere, and the old one is not kept all the same: %v", r.Op.New.ID, errors.Join(problems...))
		return nil
	}
	kept := "the old one is kept"
	if r.Op.Strategy.InPlace() {
		kept = "the old secret is dead"
	}
	return provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("%s was not delivered everywhere, and %s: %w", r.Op.New.ID, kept, errors.Join(problems...))),
		"when that is mended, run the same command again, or: credctl rotation resume %s", r.Op.ID)
}
