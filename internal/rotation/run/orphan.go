package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// skew is how far the clocks of a vendor and of this machine may be apart.
const skew = 15 * time.Minute

// orphanCandidates returns the new credentials that only the lost request can have
// made, as far as that can be told: they were not there before, no other operation
// knows them, they are called what we would have called them, and nobody uses them.
// That is not sure when there are several, when the vendor says that one was made
// before we asked (by somebody else, unless the clocks differ), or when one has a key
// already, for which we would have had to ask once more.
func orphanCandidates(r *Run, peers []provider.Credential) (ids []string, sure bool, err error) {
	index, err := r.Journal.Index()
	if err != nil {
		return nil, false, err
	}
	s := r.Op
	_, generates := r.Service.(provider.Generator)
	keyless := generates && !s.Killed && (s.LastLost || s.Issued) // no secret was asked for
	sure = true
	for _, c := range peers {
		known := slices.Contains(s.Snapshot, c.ID) || slices.Contains(s.Orphans, c.ID) || c.ID == s.Subject.ID || c.ID == s.Found || c.Revoked || !c.LastUsed.IsZero() ||
			len(index.Of(s.Subject.Ref().With(c.ID))) > 0
		alike := strings.EqualFold(strings.TrimSpace(c.Name), strings.TrimSpace(s.Name)) &&
			(c.Region == "" || s.Old.Region == "" || c.Region == s.Old.Region)
		if !known && alike {
			ids = append(ids, c.ID)
			sure = sure && (c.Created.IsZero() || !c.Created.Before(s.Began.Add(-skew))) && (!keyless || c.Key == "")
		}
	}
	return ids, sure && len(ids) < 2, nil
}

// revokeOrphan deletes what a request whose answer was lost has created, which the
// journal says already when an earlier run was killed before it could.
func revokeOrphan(ctx context.Context, r *Run, id string) error {
	kept, err := Kept(r)
	if err != nil {
		return err
	}
	d := Removal{At: "revoke", ID: id, Keep: append([]string{r.Op.Subject.ID}, kept...)}
	if r.Op.Orphan != id {
		d.Intend = func() error { return r.Append(oplog.StepRevoking, oplog.Event{ID: id}) }
	}
	if err := revoke(ctx, r, d, "created by a request whose answer was lost"); err != nil {
		return r.Again(provider.Reclassify(provider.ErrPartial, fmt.Errorf("could not revoke %s, which a request whose answer was lost created: %w", id, err)))
	}
	return r.Append(oplog.StepRevoked, oplog.Event{ID: id})
}

// RevokeOrphans revokes what a lost request made after it was looked for.
func RevokeOrphans(ctx context.Context, r *Run) error {
	if r.Op.Orphan != "" {
		if err := revokeOrphan(ctx, r, r.Op.Orphan); err != nil {
			return err
		}
	}
	peers, err := ListPeers(ctx, r.Service, r.Op.Old)
	if err != nil {
		return provider.Reclassify(provider.ErrPartial, err)
	}
	orphans, sure, err := orphanCandidates(r, peers)
	if err != nil {
		return err
	}
	if !sure {
		r.Remark("new credentials of the same name, which credctl does not know: %v", orphans)
		return nil
	}
	for _, id := range orphans {
		r.Say("%s is what a lost request made in the end: it is revoked, because nobody has its secret", id)
		if err := revokeOrphan(ctx, r, id); err != nil {
			return err
		}
	}
	return nil
}

// Reconcile finds out what became of a request whose answer was lost, and leaves
// nothing of it behind that nobody knows.
func Reconcile(ctx context.Context, r *Run) error {
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
	if err := revokeOrphan(ctx, r, orphan); err != nil {
		return err
	}
	return r.Append(oplog.StepClear, oplog.Event{How: "what was made was revoked"})
}

// FindOrphan returns what a request made whose answer was lost, if anything. In
// place, where the old credential was not rotated, it reports oldRemains instead. It
// is [provider.ErrUnknown] where that cannot be told.
func FindOrphan(ctx context.Context, r *Run) (orphan string, oldRemains bool, err error) {
	unknown := func(cause error, hint string, args ...any) error {
		return provider.Reclassify(provider.ErrUnknown, provider.Hint(cause, hint, args...))
	}
	peers, err := ListPeers(ctx, r.Service, r.Op.Old)
	if err != nil {
		return "", false, r.Again(provider.Reclassify(provider.ErrUnknown, fmt.Errorf("the answer was lost, and what became of the request is not known: %w", err)))
	}
	candidates, sure, err := orphanCandidates(r, peers)
	rotates, current := r.Op.Strategy == oplog.Rotate, cmp.Or(r.Op.Found, r.Op.Subject.ID)
	switch {
	case err != nil:
		return "", false, err
	case rotates && slices.ContainsFunc(peers, func(c provider.Credential) bool { return c.ID == current && !c.Revoked }): // what is new is somebody else's
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

// afterLoss says what an answer that was lost for good means.
func afterLoss(r *Run, err error) error {
	switch {
	case r.Op.Found != "":
		return provider.Hint(provider.Reclassify(provider.ErrUnknown, fmt.Errorf("the answer was lost (%w); %s is dead, and %s has taken its place, but nobody has the secret of that", err, r.Op.Subject.ID, r.Op.Found)),
			"credctl rotation resume %s rotates %s, whose secret is then known; or: credctl %s rotate %[2]s", r.Op.ID, r.Op.Found, r.Op.Subject.Provider)
	case errors.Is(err, provider.ErrUnknown):
		return r.Again(err)
	}
	return abandon(r, err) // it was looked for, and nothing was done
}
