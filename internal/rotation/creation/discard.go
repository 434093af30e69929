package creation

import (
	"context"
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/ours"
	"github.com/credctl/credctl/internal/rotation/run"
)

// errUntold says that nobody can tell whether a credential was deleted.
var errUntold = errors.New("the token belongs to another account, or it was deleted")

// vanished reports whether what was created does not exist any more. That the vendor does
// not know its ID is no proof, because the token may belong to another account: a listing
// must show other credentials of the account, and not this one.
func vanished(ctx context.Context, c *creation) (bool, error) {
	id := c.Op.New.ID
	now, exists, err := run.Exists(ctx, c.Service, id)
	if err != nil || exists || now.Revoked {
		return now.Revoked, err
	}
	peers, err := ours.Peers(ctx, c.Service, c.Op.New)
	if err != nil {
		return false, err
	}
	for _, p := range peers {
		switch {
		case p.ID == id && p.Revoked:
			return true, nil
		case p.ID == id:
			return false, provider.WithClass(provider.ErrPartial, fmt.Errorf("the vendor answers that %s does not exist, but lists it", id))
		}
	}
	if len(peers) > 0 {
		return true, nil
	}
	return false, provider.Hint(provider.WithClass(provider.ErrUsage, fmt.Errorf("the vendor does not have %s: %w", id, errUntold)),
		"use a token of the account in which it was created; if it was deleted: credctl rotation abort %s --force", c.Op.ID)
}

// endObsolete ends an operation whose credential was deleted, or is to be, or rotated.
func endObsolete(ctx context.Context, c *creation) (settled bool, err error) {
	if !c.Op.Issued {
		return false, nil
	}
	if c.Op.Aborting != "" {
		return true, discard(ctx, c, c.Op.Aborting, false)
	}
	switch known, err := rotated(c.Run); {
	case err != nil:
		return false, err
	case known:
		if err := noneLate(ctx, c); err != nil {
			return false, err
		}
		c.Remark("%s was rotated since, so its first secret is not delivered", c.Op.New.ID)
		return true, c.End(journal.Done, oplog.Event{})
	}
	gone, err := vanished(ctx, c)
	if err == nil && gone {
		err = noneLate(ctx, c)
	}
	if err != nil || !gone {
		return false, err
	}
	c.Remark("%s, which an earlier run created, has been deleted since", c.Op.New.ID)
	return true, c.End(journal.Aborted, oplog.Event{Error: c.Op.New.ID + " was deleted"})
}

// rotated reports whether a rotation of what was created has issued another secret: the
// first one does not work any more, or soon will not.
func rotated(r *run.Run) (bool, error) {
	of := r.Op.Subject.Ref().With(r.Op.New.ID)
	index, err := r.Journal.Index()
	if err != nil || r.Op.Strategy != oplog.Create {
		return false, err
	}
	_, known, err := index.LastDone(of)
	return known || oplog.Replacing(index, of), err
}

// discard deletes what was created, and ends the operation. By force, it also ends where
// nobody can tell whether the credential still exists.
func discard(ctx context.Context, c *creation, why string, force bool) error {
	if !c.Op.Issued {
		return c.End(journal.Aborted, oplog.Event{Error: why})
	}
	id := c.Op.New.ID
	gone, err := vanished(ctx, c)
	untold := errors.Is(err, errUntold)
	if err != nil && (!untold || !force) {
		return err
	}
	if !gone && !untold {
		if err := run.NotSigner(ctx, c.Run, id, c.Service); err != nil {
			return err
		}
		if c.Op.Aborting == "" {
			if err := c.Append(oplog.StepAborting, oplog.Event{Error: why}); err != nil {
				return err
			}
		}
		if gone, err = erase(ctx, c, id, why); err != nil {
			return provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("could not delete %s: %w", id, err)),
				"to try again: credctl rotation abort %s", c.Op.ID)
		}
	}
	switch {
	case untold:
		c.Remark("%s was not deleted: %v", id, err)
	case gone:
		c.Remark("%s does not exist at the vendor: nothing to delete", id)
	default:
		c.Remark("Deleted %s: %s", id, why)
	}
	c.Changed = true
	if err := noneLate(ctx, c); err != nil && !force {
		return err
	} else if err != nil {
		c.Remark("%v", err)
	}
	return c.End(journal.Aborted, oplog.Event{Error: why})
}
