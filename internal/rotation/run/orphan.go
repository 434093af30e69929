package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/ours"
)

// revokeOrphans deletes what requests whose answers were lost have created, which the
// journal says already of one that an earlier run was killed before it could delete.
func revokeOrphans(ctx context.Context, r *Run, ids ...string) error {
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == "" })
	for _, id := range ids {
		kept, err := oplog.StayInUse(r.Journal, r.Op)
		if err != nil {
			return err
		}
		d := Removal{At: "revoke", ID: id, Keep: append([]string{r.Op.Subject.ID}, kept...)}
		if r.Op.Orphan != id {
			d.Intend = func() error { return r.Append(oplog.StepRevoking, oplog.Event{ID: id}) }
		}
		if err := revoke(ctx, r, d, "created by a request whose answer was lost"); err != nil {
			return r.Again(provider.Reclassify(provider.ErrPartial, fmt.Errorf("could not delete %s, which was created by a request whose answer was lost: %w", id, err)))
		}
		if err := r.Append(oplog.StepRevoked, oplog.Event{ID: id}); err != nil {
			return err
		}
	}
	return nil
}

// RevokeLate revokes what requests whose answers were lost have created since they were looked
// for: the vendor may have carried them out late.
func RevokeLate(ctx context.Context, r *Run) error {
	if !r.Op.Lost || r.Op.Strategy != oplog.Replace {
		return nil
	}
	err := revokeLate(ctx, r)
	if err == nil || errors.Is(err, provider.ErrLocked) {
		return err
	}
	return provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("could not look for what a request whose answer was lost has created: %w", err)),
		"to try again: credctl rotation resume %s; to end the rotation without that: credctl rotation abort %[1]s --force", r.Op.ID)
}

func revokeLate(ctx context.Context, r *Run) error {
	if err := revokeOrphans(ctx, r, r.Op.Orphan); err != nil {
		return err
	}
	x, err := search(r)
	if err != nil {
		return err
	}
	f, err := x.Late(ctx)
	if len(f.Unclear) > 0 {
		r.Remark("credctl cannot tell whether a request whose answer was lost created %s: delete it if nobody needs it", strings.Join(f.Unclear, ", "))
	}
	return cmp.Or(err, revokeOrphans(ctx, r, f.Ours...))
}

// Reconcile finds out what a request whose answer was lost has done, and revokes what
// it has created.
func Reconcile(ctx context.Context, r *Run) error {
	if r.Op.Strategy == oplog.Generate {
		if !r.WroteIntent && !r.Stated { // an earlier run sent it: somebody may have generated another secret since
			return ours.NotAgain(r.Op)
		}
		return r.Append(oplog.StepClear, oplog.Event{How: "a second request replaces what the first one generated"})
	}
	if err := revokeOrphans(ctx, r, r.Op.Orphan); err != nil {
		return err
	}
	orphans, oldRemains, err := FindOrphans(ctx, r)
	if d, ok := errors.AsType[ours.Doubt](err); ok {
		return cmp.Or(r.Append(oplog.StepUnknown, oplog.Event{Error: provider.Text(err), Unclear: d.IDs}), err)
	}
	switch {
	case err != nil:
		return err
	case oldRemains:
		return r.Append(oplog.StepClear, oplog.Event{How: "the old credential was not rotated"})
	case r.Op.Strategy == oplog.Rotate:
		return r.Append(oplog.StepFound, oplog.Event{ID: orphans[0]}, func(e *journal.Entry) { e.NewID = orphans[0] })
	case len(orphans) == 0:
		return r.Append(oplog.StepClear, oplog.Event{How: "the request created nothing"})
	}
	if err := revokeOrphans(ctx, r, orphans...); err != nil {
		return err
	}
	return r.Append(oplog.StepClear, oplog.Event{How: "what the request created was revoked"})
}

// FindOrphans returns what requests whose answers were lost have created. In place, it
// reports oldRemains where the old credential was not rotated, and returns exactly one
// where it was. It is [provider.ErrUnknown] where that cannot be told, and
// [provider.ErrUnavailable] where it cannot be told yet.
func FindOrphans(ctx context.Context, r *Run) (orphans []string, oldRemains bool, err error) {
	all, err := ours.Peers(ctx, r.Service, r.Op.Old)
	if err != nil {
		return nil, false, r.Again(provider.Reclassify(provider.ErrUnknown, fmt.Errorf("the answer was lost, and could not find out what the request did: %w", err)))
	}
	rotates, current := r.Op.Strategy == oplog.Rotate, cmp.Or(r.Op.Found, r.Op.Subject.ID)
	if rotates && slices.ContainsFunc(all, func(c provider.Credential) bool { return c.ID == current && !c.Revoked }) { // what is new is somebody else's
		return nil, true, nil
	}
	x, err := search(r)
	if err != nil {
		return nil, false, err
	}
	f, err := x.Among(ctx, all)
	switch {
	case err != nil:
		return nil, false, err
	case errors.Is(f.Why, provider.ErrUnavailable):
		return nil, false, provider.Hint(provider.Reclassify(provider.ErrUnavailable, fmt.Errorf("the answer was lost, and %w", f.Why)), "wait two minutes, then run the same command again, or: credctl rotation resume %s", r.Op.ID)
	case len(f.Unclear) > 0:
		return nil, false, f.Doubt(r.Op.ID)
	case rotates && len(f.Ours) == 0:
		return nil, false, provider.Hint(provider.Reclassify(provider.ErrUnknown, fmt.Errorf("the answer was lost: %s no longer works, and its replacement was not found", current)),
			"to look for it: credctl %s list; to end the rotation without changing anything: credctl rotation abort %s --force", r.Op.Subject.Provider, r.Op.ID)
	}
	return f.Ours, false, nil
}

// afterLoss says what it means that an answer was lost twice, or in place.
func afterLoss(r *Run, err error) error {
	switch {
	case r.Op.Found != "":
		return provider.Hint(provider.Reclassify(provider.ErrUnknown, fmt.Errorf("%s replaced %s, but the answer with the new secret did not arrive: %w", r.Op.Found, r.Op.Subject.ID, err)),
			"to rotate %s again: credctl rotation resume %s", r.Op.Found, r.Op.ID)
	case errors.Is(err, provider.ErrUnknown):
		return r.Again(err)
	}
	return abandon(r, err) // nothing was done
}
