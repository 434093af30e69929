package step

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/arrival"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rights"
	"github.com/credctl/credctl/internal/rotation/run"
)

// A RightsComparer sees more of rights than reading a credential tells.
type RightsComparer interface {
	// CompareRights says in which rights now differs from old, as far as their secrets
	// show it.
	CompareRights(ctx context.Context, old, now provider.Credential) (differ []string, err error)
}

func describeRights(r *run.Run) []string {
	if r.Op.ID == "" {
		return []string{"compare the permissions of the new and the old credential"}
	}
	return []string{"compare the permissions of the new credential with those of " + r.Op.Subject.ID}
}

// compareRights compares the permissions of the new credential with those of the old
// one. What an update can change is changed. Otherwise the new credential is revoked,
// where the old credential still exists, and the rotation fails.
func compareRights(ctx context.Context, r *run.Run) error {
	if r.Op.Old.ID == "" { // only a secret was generated: nothing is replaced
		return r.Append(oplog.StepRights, oplog.Event{New: oplog.Bare(r.Op.New)})
	}
	old, exists := r.Op.Old, true
	if r.Old.ID == r.Op.Subject.ID {
		old = r.Old
	} else if !r.Op.Strategy.InPlace() {
		c, there, err := run.Exists(ctx, r.Service, r.Op.Subject.ID)
		if err != nil {
			return r.Again(provider.Reclassify(provider.ErrPartial, fmt.Errorf("could not read the permissions of %s: %w", r.Op.Subject.ID, err)))
		}
		if exists = there; exists {
			old = c
		}
	}
	old.Name = r.Op.Name
	m, repairs := r.Service.(provider.RightsRepairer)
	now, differ, err := provider.Credential{}, []string{"its name is temporary"}, error(nil)
	if !repairs || r.Op.Strategy.InPlace() {
		if now, err = run.Get(ctx, r.Service, r.Op.New.ID); err != nil {
			return r.Again(provider.Reclassify(provider.ErrPartial, fmt.Errorf("could not read the permissions of %s: %w", r.Op.New.ID, err)))
		}
		differ = rights.Differences(r, old, now)
	}
	if repairs && len(differ) > 0 {
		r.Hit("repair.sending")
		repaired, merr := m.RepairRights(ctx, r.Op.New.ID, old)
		r.Hit("repair.answered")
		if merr != nil {
			return provider.Reclassify(provider.ErrPartial, fmt.Errorf("could not give %s its permissions (%s): %w", r.Op.New.ID, strings.Join(differ, "; "), merr))
		}
		r.Changed = true
		now, differ = repaired, rights.Differences(r, old, repaired)
	}
	if c, ok := r.Service.(RightsComparer); ok && exists && !r.Op.Strategy.InPlace() && len(differ) == 0 && !rights.Asked(r) {
		if differ, err = c.CompareRights(ctx, r.Former(), r.Credential()); err != nil {
			return r.Again(provider.Reclassify(provider.ErrPartial, fmt.Errorf("could not compare the permissions of %s with those of %s: %w", r.Op.New.ID, r.Op.Subject.ID, err)))
		}
	}
	if len(differ) > 0 && !r.Op.Options.AcceptDrift {
		why := fmt.Errorf("the permissions of %s differ from those of %s: %s", r.Op.New.ID, r.Op.Subject.ID, strings.Join(differ, "; "))
		if exists {
			return refuse(ctx, r, why)
		}
		r.Remark("%v; %s is kept, because %s no longer exists", why, r.Op.New.ID, r.Op.Subject.ID)
	}
	return r.Append(oplog.StepRights, oplog.Event{Drift: differ, New: completed(r, now)})
}

// completed returns the new credential with what its issuing did not tell, such as its
// access key ID.
func completed(r *run.Run, now provider.Credential) *provider.Credential {
	c := r.Op.New
	c.Key, c.Endpoint, c.Region = cmp.Or(c.Key, now.Key), cmp.Or(c.Endpoint, now.Endpoint), cmp.Or(c.Region, now.Region)
	c.Status, c.Scopes = cmp.Or(now.Status, c.Status), now.Scopes
	return oplog.Bare(c)
}

// refuse ends a rotation whose new credential cannot replace the old credential.
func refuse(ctx context.Context, r *run.Run, why error) error {
	if r.Op.Strategy.InPlace() { // the old secret has stopped working: only the new credential is left
		if err := r.Append(oplog.StepRights, oplog.Event{Drift: []string{provider.Text(why)}}); err != nil {
			return err
		}
		if err := finish(ctx, r); err != nil {
			return err
		}
		return provider.Hint(provider.Reclassify(provider.ErrVerify, why), "the new secret was delivered, because the old secret has stopped working: change the permissions of %s at the vendor", r.Op.New.ID)
	}
	if err := arrival.RevokeUnused(ctx, r, why); err != nil {
		return err
	}
	return provider.Hint(provider.Reclassify(provider.ErrVerify, fmt.Errorf("%w; it was revoked, and %s is unchanged", why, r.Op.Subject.ID)),
		"to accept these permissions, add --accept-drift to the same command")
}
