package policy

import (
	"context"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/policy/policyfile"
	"github.com/credctl/credctl/internal/rotation/redelivery"
)

// watched adds to the result of an item that is not rotated now whether its destinations
// hold what was delivered to them.
func (r *Result) watched(ctx context.Context, j *job, it item, q rotation.Request) {
	if r.Err != nil {
		return
	}
	w := redelivery.Watcher{Deliverer: rotation.Deliverer(j.engine), Index: j.index, Redeliver: it.OnDrift == policyfile.Redeliver, DryRun: j.DryRun}
	found, err := w.Watch(ctx, redelivery.Request{Subject: q.Subject, Options: q.Options, Service: q.Service, LockTimeout: q.LockTimeout})
	r.Err = err
	r.Notes = append(r.Notes, found.Notes...)
	if found.Destinations == nil {
		return
	}
	r.Operation, r.State, r.Destinations = found.Operation, found.State, found.Destinations
	if found.Changed {
		r.ID, r.NewID, r.Strategy, r.Changed, r.Reason, r.Message = found.ID, found.NewID, found.Strategy, true, found.Reason, found.Message
	}
}

// tellDeleted corrects when the old credential is deleted, where it is already.
func (r *Result) tellDeleted(trail drift.Trail) {
	if said := trail.OldDeleted(journal.Ref{Provider: r.Provider, Kind: r.Kind, ID: r.OldID}, r.Operation); said != "" {
		r.Retires, r.Message = time.Time{}, said
	}
}
