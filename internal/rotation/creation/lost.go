package creation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/ours"
	"github.com/credctl/credctl/internal/rotation/run"
)

const (
	// underWay is how long a request may have been under way whose run was killed.
	underWay = 15 * time.Minute
	// listLimit is how long the listing before a request may take.
	listLimit = 30 * time.Second
)

// namesakes returns the credentials that have the name which the request gives,
// wherever the token can see. Generate creates none.
func namesakes(ctx context.Context, c *creation) (all []provider.Credential, err error) {
	if c.Op.Strategy == oplog.Generate {
		return nil, nil
	}
	name := c.Op.Name
	if c.Op.Stamped {
		name = c.Op.Stamp()
	}
	for found, err := range provider.ListScope(ctx, c.Service, provider.Credential{}) {
		if err != nil {
			return nil, fmt.Errorf("could not list the existing credentials: %w", err)
		}
		if strings.EqualFold(strings.TrimSpace(found.Name), strings.TrimSpace(name)) {
			all = append(all, found)
		}
	}
	return all, nil
}

func ids(all []provider.Credential) (ids []string) {
	for _, c := range all {
		ids = append(ids, c.ID)
	}
	return ids
}

// snapshot returns the namesakes that exist before the request, except where what it creates
// carries a stamp. Where they cannot be listed, the request is sent nevertheless: if its
// answer is lost, credctl then cannot tell what it created.
func snapshot(ctx context.Context, c *creation) ([]provider.Credential, error) {
	if c.Op.Stamped {
		return nil, ctx.Err()
	}
	listing, cancel := context.WithTimeout(ctx, listLimit)
	defer cancel()
	before, err := namesakes(listing, c)
	c.Op.Unlisted = c.Op.Unlisted || err != nil
	return before, ctx.Err()
}

// reconcile finds out what became of a request whose answer is lost. What it created is
// used where its secret can be generated, and revoked otherwise. Where that cannot be
// told, the error is [provider.ErrUnknown] and nothing was changed.
func reconcile(ctx context.Context, c *creation) error {
	if c.Op.Strategy == oplog.Generate { // the same can be requested again: nobody has the secret
		return c.Append(oplog.StepClear, oplog.Event{How: "a second request replaces what the first one generated"})
	}
	if c.Op.Orphan != "" {
		if err := revoke(ctx, c, c.Op.Orphan); err != nil {
			return err
		}
	}
	fresh, err := newNamesakes(ctx, c)
	if err == nil && len(fresh) == 1 && !c.Op.Stamped && !c.Op.Unlisted {
		if why := created(ctx, c, fresh[0]); errors.Is(why, provider.ErrUnavailable) {
			return c.Again(why)
		} else if why != nil {
			return unclear(c, fresh)
		}
	}
	_, generates := c.Service.(provider.Generator)
	switch {
	case err != nil:
		return provider.Reclassify(provider.ErrUnknown, fmt.Errorf("cannot tell what an earlier request did: %w", err))
	case len(fresh) == 0:
		if err := ours.CanList(ctx, c.Service); err != nil { // a listing of another account does not show it
			return provider.Reclassify(provider.ErrUnknown, fmt.Errorf("cannot tell what an earlier request did: %w", err))
		}
		return c.Append(oplog.StepClear, oplog.Event{How: "the request created nothing"})
	case !c.Op.Stamped && (c.Op.Unlisted || len(fresh) > 1):
		return unclear(c, fresh)
	case generates && c.Op.Stamped:
		c.Remark("The answer to an earlier request was lost: the request created %s", fresh[0].ID)
		return errors.Join(c.keep(fresh[0]), revokeAll(ctx, c, fresh[1:]))
	}
	if err := revokeAll(ctx, c, fresh); err != nil {
		return err
	}
	return c.Append(oplog.StepClear, oplog.Event{How: "what the request created was revoked"})
}

// unclear leaves alone what somebody else may have created.
func unclear(c *creation, fresh []provider.Credential) error {
	err := fmt.Errorf("the answer to an earlier request was lost, and credctl cannot tell whether that request created %s; nothing was changed", strings.Join(ids(fresh), ", "))
	return provider.Hint(provider.WithClass(provider.ErrUnknown, err), "if you do not need it, delete it with `credctl %s delete %s`, then run the same command again; to create another one in any case, first: credctl rotation abort %s --force",
		c.Op.Subject.Provider, strings.Join(ids(fresh), " "), c.Op.ID)
}

// newNamesakes returns what may have come of lost requests: credentials of the same name that
// did not exist before them, and that no operation in the journal knows.
func newNamesakes(ctx context.Context, c *creation) ([]provider.Credential, error) {
	now, err := namesakes(ctx, c)
	if err != nil {
		return nil, err
	}
	index, err := c.Journal.Index()
	if err != nil {
		return nil, err
	}
	var fresh []provider.Credential
	for _, f := range now {
		known, err := index.Knows(c.Op.Subject.Ref().With(f.ID))
		if err != nil {
			return nil, err
		}
		if !known && !f.Revoked && !slices.Contains(c.Op.Snapshot, f.ID) && !slices.Contains(c.Op.Orphans, f.ID) {
			fresh = append(fresh, f)
		}
	}
	return fresh, nil
}

// created returns nil if a credential without a stamp, which did not exist before the
// lost request, is what that request created, and nobody uses it. Otherwise the error
// has a class as that of [ours.Search.SeenUnused].
func created(ctx context.Context, c *creation, f provider.Credential) error {
	if !c.q.TellsUse || !f.LastUsed.IsZero() || !c.Op.Contains(f.Created) {
		return provider.ErrUnknown
	}
	return ours.Search{Service: c.Service, Op: c.Op, Now: c.Time()}.SeenUnused(ctx, nil, f)
}

// noneLate is late before an operation ends whose credential nobody needs.
func noneLate(ctx context.Context, c *creation) error {
	err := late(ctx, c)
	if err == nil || errors.Is(err, provider.ErrLocked) {
		return err
	}
	return provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("could not look for what a request whose answer was lost has created: %w", err)),
		"to try again: credctl rotation abort %s; to end the creation without that: credctl rotation abort %[1]s --force", c.Op.ID)
}

// late looks again for what lost requests created: they may have been carried out since.
func late(ctx context.Context, c *creation) error {
	if !c.Op.Lost {
		return nil
	}
	fresh, err := newNamesakes(ctx, c)
	if err != nil || len(fresh) == 0 {
		return err
	}
	if c.Op.Stamped || !c.Op.Unlisted && len(fresh) == 1 && created(ctx, c, fresh[0]) == nil {
		return revokeAll(ctx, c, fresh)
	}
	c.Remark("An earlier request, whose answer was lost, may have created %s: delete it if you do not need it", strings.Join(ids(fresh), ", "))
	return nil
}

// revokeAll revokes what lost requests created.
func revokeAll(ctx context.Context, c *creation, found []provider.Credential) error {
	for _, f := range found {
		c.Remark("A request whose answer was lost created %s, which credctl revokes because its secret is lost", f.ID)
		if err := c.Append(oplog.StepRevoking, oplog.Event{ID: f.ID}); err != nil {
			return err
		}
		if err := revoke(ctx, c, f.ID); err != nil {
			return err
		}
	}
	return nil
}

// revoke deletes what a lost request created, as the journal says already.
func revoke(ctx context.Context, c *creation, id string) error {
	if _, err := erase(ctx, c, id, "created by a request whose answer was lost"); err != nil {
		return provider.Reclassify(provider.ErrPartial, fmt.Errorf("could not delete %s, which a lost request created: %w", id, err))
	}
	return c.Append(oplog.StepRevoked, oplog.Event{ID: id})
}

// erase deletes what the operation made, and adds that to the audit trail. Gone reports
// that the vendor did not have it.
func erase(ctx context.Context, c *creation, id, why string) (gone bool, err error) {
	d, ok := c.Service.(provider.Deleter)
	if !ok {
		return false, provider.Usage("%s cannot delete a %s", c.Op.Subject.Provider, c.Op.Subject.Kind)
	}
	ctx, cancel := run.Uninterrupted(ctx, underWay)
	defer cancel()
	c.Hit("create.deleting")
	err = d.Delete(ctx, id)
	c.Hit("create.deleted")
	if err == nil {
		return false, run.Revoked(c.Run, id, why)
	}
	if run.Gone(err) {
		return true, nil
	}
	return false, err
}
