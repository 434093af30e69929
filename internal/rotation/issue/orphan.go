package issue

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// skew is how far the clocks of a vendor and of this machine may be apart.
const skew = 15 * time.Minute

// orphanCandidates returns the new credentials that only the lost request can have
// made, as far as that can be told: they were not there before, no other operation
// knows them, they are called what we would have called them, and nobody uses them.
// That is not sure when there are several, when the vendor says that one was made
// before we asked (by somebody else, unless the clocks differ), or when one has a key
// already, for which we would have had to ask once more.
func orphanCandidates(r *run.Run, peers []provider.Credential) (ids []string, sure bool, err error) {
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

// revokeOrphan deletes what a lost request made.
func revokeOrphan(ctx context.Context, r *run.Run, id string) error {
	r.Hit("revoke.sending")
	err := r.Service.(provider.Deleter).Delete(ctx, id)
	r.Hit("revoke.answered")
	if run.Gone(err) {
		if err := run.SameAccount(ctx, r, r.Service, r.Op.Subject.ID, r.Op.New.ID); err != nil {
			return err
		}
	}
	if err != nil && !run.Gone(err) {
		return provider.Reclassify(provider.ErrPartial, provider.Hint(fmt.Errorf("%s, which a lost request made, could not be revoked: %w", id, err),
			"run the same command again, or: credctl rotation resume %s", r.Op.ID))
	}
	r.Changed = true
	return r.Append(oplog.StepRevoked, oplog.Event{ID: id})
}

// RevokeOrphans revokes what a lost request made after it was looked for.
func RevokeOrphans(ctx context.Context, r *run.Run) error {
	if r.Op.Orphan != "" { // an earlier run was killed before it could
		if err := revokeOrphan(ctx, r, r.Op.Orphan); err != nil {
			return err
		}
	}
	peers, err := run.ListPeers(ctx, r.Service, r.Op.Old)
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
		if err := r.Append(oplog.StepRevoking, oplog.Event{ID: id}); err != nil {
			return err
		}
		if err := revokeOrphan(ctx, r, id); err != nil {
			return err
		}
	}
	return nil
}
