package step

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/arrival"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

func undelivered(r *run.Run) bool { return len(r.Op.Undelivered()) > 0 }

func describeDeliver(r *run.Run) (lines []string) {
	for _, to := range r.Op.Undelivered() {
		switch {
		case to == oplog.Shown:
			lines = append(lines, "show the new secret")
		case proofOf(r, to) == deliver.ByStamp:
			lines = append(lines, "deliver the "+r.Op.Strategy.Secret()+" to "+to+", which cannot be read back")
		default:
			lines = append(lines, "deliver the "+r.Op.Strategy.Secret()+" to "+to+", and read it back")
		}
	}
	return lines
}

// proofOf returns how it is known that a destination holds a secret; "" where it is only
// shown, or where it cannot be opened, which whoever writes to it reports.
func proofOf(r *run.Run, to string) deliver.Proof {
	d, err := r.Target(to)
	if to == oplog.Shown || err != nil {
		return ""
	}
	return d.Proof()
}

// checkDestinations checks that the destinations still hold the new secret, and that
// the remaining ones can be written.
func checkDestinations(ctx context.Context, r *run.Run) (checks []Check) {
	for _, to := range r.Op.Delivered {
		if to == oplog.Shown || r.Secret.IsZero() || r.Op.Strategy.InPlace() || r.Op.Strategy == oplog.Deliver || r.Force {
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

// Writable checks that a destination can be written, and, where this run adds it, may be.
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
	if r.Secret.IsZero() {
		err = d.Check(ctx)
	} else {
		err = deliver.CheckFor(ctx, d, r.Credential())
	}
	if err != nil {
		return err
	}
	return entry.Demand(d, deliver.Proof(r.Op.Options.Proof))
}

// Missing returns which of these destinations had received the new secret, and do not
// hold it any more.
func Missing(ctx context.Context, r *run.Run, to []string) (missing []string, err error) {
	for _, to := range to {
		if !slices.Contains(r.Op.Delivered, to) {
			continue
		}
		if _, err := r.Target(to); err != nil {
			return nil, err
		}
		err := r.ReadBack(ctx, to)
		if errors.Is(err, drift.ErrElsewhere) { // it may well hold it
			return nil, provider.Hint(provider.Reclassify(provider.ErrPartial, err), "%s", drift.Again(err, "", r.Op.ID))
		} else if err == nil {
			continue
		}
		if err := mayDeliver(r, to); err != nil {
			return nil, err
		}
		missing = append(missing, to)
	}
	return missing, nil
}

// mayDeliver refuses to deliver a credential that has been rotated since: it would
// overwrite a later one.
func mayDeliver(r *run.Run, to string) error {
	newer, err := oplog.Newer(r.Journal, r.Op)
	if err != nil || newer == "" {
		return err
	}
	return provider.Hint(provider.Usage("cannot deliver %s to %s: it has been rotated since", r.Op.New.ID, to),
		"to continue the later rotation: credctl rotation resume %s; to end this one: credctl rotation resume %s", newer, r.Op.ID)
}

// deliverAll delivers the new secret to every destination that does not have it, and
// reads it back. After one that fails it continues with the others.
func deliverAll(ctx context.Context, r *run.Run) error {
	if r.Secret.IsZero() && len(r.Op.Options.To) == 0 {
		return nil // the caller has it
	}
	var problems []error
	for _, to := range r.Op.Undelivered() {
		if err := ctx.Err(); err != nil {
			return err
		}
		step, ev, err := arrival.Deliver(ctx, r, to)
		unrecorded := r.Append(step, ev)
		r.Changed = r.Changed || err == nil
		if errors.Is(unrecorded, provider.ErrLocked) { // another run has continued: nothing more is written
			return drift.Overtaken(unrecorded, err, to, r.Op.CurrentID())
		}
		if err = errors.Join(err, unrecorded); err != nil {
			problems = append(problems, err)
		} else if to != oplog.Shown {
			r.Say("Delivered the %s to %s", r.Op.Strategy.Secret(), to)
		}
	}
	if problems == nil {
		return nil
	}
	if r.Force && len(r.Op.Delivered) > 0 && !r.Op.Strategy.InPlace() { // the secret is somewhere
		r.Remark("%s was not delivered everywhere, and the old credential is deleted, because of --force-unverified: %v", r.Op.New.ID, errors.Join(problems...))
		return nil
	}
	kept := ", and the old credential is kept"
	switch {
	case r.Op.Strategy.InPlace():
		kept = ", and the old secret has stopped working"
	case r.Op.Strategy == oplog.Deliver:
		kept = ""
	}
	err := provider.Reclassify(provider.ErrPartial, fmt.Errorf("%s was not delivered everywhere%s: %w", r.Op.New.ID, kept, errors.Join(problems...)))
	if hint := provider.HintOf(problems[0]); hint != "" && len(r.Op.Options.To) == 0 { // only showing it helps
		return provider.Hint(err, "%s", hint)
	}
	err = provider.Hint(err, "%s", drift.Again(errors.Join(problems...), "after fixing this, run the same command again, or", r.Op.ID))
	if len(problems) == 1 && errors.Is(problems[0], provider.ErrUsage) { // it may be unable to hold this secret
		return provider.AlsoHint(err, "to deliver it elsewhere: credctl rotation resume %s --to DESTINATION", r.Op.ID)
	}
	return err
}
