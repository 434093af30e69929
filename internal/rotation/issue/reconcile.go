package issue

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
	"github.com/credctl/credctl/internal/rotation/run"
)

// Reconcile finds out what became of a request whose answer was lost, and leaves
// nothing of it behind that nobody knows.
func Reconcile(ctx context.Context, r *run.Run) error {
	if r.Op.Strategy == oplog.Generate { // the same can be asked again: nobody holds the first answer
		return r.Append(oplog.StepClear, oplog.Event{How: "a second request replaces what the first one made"})
	}
	if r.Op.Orphan != "" {
		if err := revokeOrphan(ctx, r, r.Op.Orphan); err != nil {
			return err
		}
	}
	orphan, oldRemains, err := FindOrphan(ctx, r)
	switch {
	case err != nil:
		return err
	case oldRemains:
		return r.Append(oplog.StepClear, oplog.Event{How: "the old one lives"})
	case r.Op.Strategy == oplog.Rotate:
		return r.Append(oplog.StepFound, oplog.Event{ID: orphan}, func(e *journal.Entry) { e.NewID = orphan })
	case orphan == "":
		return r.Append(oplog.StepClear, oplog.Event{How: "nothing new was found"})
	}
	r.Say("the answer was lost, and %s is what the request made: it is revoked, because nobody has its secret", orphan)
	if err := r.Append(oplog.StepRevoking, oplog.Event{ID: orphan}); err != nil {
		return err
	}
	if err := revokeOrphan(ctx, r, orphan); err != nil {
		return err
	}
	return r.Append(oplog.StepClear, oplog.Event{How: "what was made was revoked"})
}

// FindOrphan returns what a request made whose answer was lost, if anything. In
// place, where the old credential was not rotated, it reports oldRemains instead. It
// is [provider.ErrUnknown] where that cannot be told.
func FindOrphan(ctx context.Context, r *run.Run) (orphan string, oldRemains bool, err error) {
	unknown := func(cause error, hint string, args ...any) error {
		return provider.Reclassify(provider.ErrUnknown, provider.Hint(cause, hint, args...))
	}
	peers, err := run.ListPeers(ctx, r.Service, r.Op.Old)
	if err != nil {
		return "", false, unknown(fmt.Errorf("the answer was lost, and what became of the request is not known: %w", err),
			"run the same command again, or: credctl rotation resume %s", r.Op.ID)
	}
	candidates, sure, err := orphanCandidates(r, peers)
	rotates := r.Op.Strategy == oplog.Rotate
	switch {
	case err != nil:
		return "", false, err
	case rotates && exists(peers, cmp.Or(r.Op.Found, r.Op.Subject.ID)): // what is new is somebody else's
		return "", true, nil
	case !sure:
		return "", false, unknown(fmt.Errorf("the answer was lost, and it cannot be told which of these came of it, if any: %s; nothing was deleted, and the old one was not touched", strings.Join(candidates, ", ")),
			"delete those that are not yours to keep, then run the same command again; where all are to stay, first: credctl rotation abort %s --force", r.Op.ID)
	case rotates && len(candidates) == 0:
		return "", false, unknown(fmt.Errorf("the answer was lost; %s is dead, and what has taken its place was not found", r.Op.Subject.ID),
			"look with credctl %s list; then create another with credctl %[1]s create, and end this with credctl rotation abort %s --force", r.Op.Subject.Provider, r.Op.ID)
	case len(candidates) == 0:
		return "", false, nil
	}
	return candidates[0], false, nil
}

// exists reports whether the credential with this ID is there and not revoked.
func exists(all []provider.Credential, id string) bool {
	return slices.ContainsFunc(all, func(c provider.Credential) bool { return c.ID == id && !c.Revoked })
}

// afterLoss says what an answer that was lost for good means.
func afterLoss(r *run.Run, err error) error {
	switch {
	case r.Op.Found != "":
		return provider.Hint(provider.Reclassify(provider.ErrUnknown, fmt.Errorf("the answer was lost (%w); %s is dead, and %s has taken its place, but nobody has the secret of that", err, r.Op.Subject.ID, r.Op.Found)),
			"credctl rotation resume %s rotates %s, whose secret is then known; or: credctl %s rotate %[2]s", r.Op.ID, r.Op.Found, r.Op.Subject.Provider)
	case errors.Is(err, provider.ErrUnknown):
		return provider.Hint(err, "run the same command again, or: credctl rotation resume %s", r.Op.ID)
	}
	return abandon(r, err) // it was looked for, and nothing was done
}
