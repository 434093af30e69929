package creation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// Resume continues an operation without the command that began it: it delivers what
// was issued. Where nothing was, it ends the operation; it creates nothing.
func Resume(ctx context.Context, r *run.Run) error {
	c := &creation{Run: r}
	if r.Show != nil {
		c.q.Show = func(issued provider.Credential) error {
			result := r.Result()
			result.Credential = issued
			return r.Show(ctx, result)
		}
	}
	if settled, err := endObsolete(ctx, c); settled || err != nil {
		return err
	}
	if !c.Op.Issued {
		if err := reconcile(ctx, c); err != nil {
			return c.failed("issue", err)
		}
	}
	if !c.Op.Issued {
		c.Remark("Nothing was created: run the create command again")
		return c.End(journal.Aborted, oplog.Event{Error: "nothing was created"})
	}
	return c.advance(ctx)
}

// Abort deletes what an operation has created, and ends it. It refuses where a
// destination has the secret, or where it cannot be told what was created, unless by
// force: then what was created and is not known stays.
func Abort(ctx context.Context, r *run.Run, force bool) error {
	c := &creation{Run: r}
	if c.Op.Unclear() {
		if err := reconcile(ctx, c); err != nil && (!force || !errors.Is(err, provider.ErrUnknown)) {
			return c.failed("abort", err)
		}
	}
	delivered := slices.DeleteFunc(slices.Clone(c.Op.Delivered), func(to string) bool { return to == oplog.Shown })
	if len(delivered) > 0 && !force {
		return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("%s already has the secret of %s", strings.Join(delivered, ", "), c.Op.New.ID)),
			"to deliver it to the other destinations: credctl rotation resume %s; to delete %s in any case, pass --force", c.Op.ID, c.Op.New.ID)
	}
	if may := mayHold(ctx, c); len(may) > 0 && !force {
		if gone, err := vanished(ctx, c); gone || err != nil { // no destination has a secret that works
			if err != nil {
				return err
			}
			return discard(ctx, c, "aborted by the user", force)
		}
		return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("%s may already have the secret of %s", strings.Join(may, ", "), c.Op.New.ID)),
			"to continue: credctl rotation resume %s; to delete %s in any case, pass --force", c.Op.ID, c.Op.New.ID)
	}
	return discard(ctx, c, "aborted by the user", force)
}

// mayHold returns the destinations that have the secret, or may, although the journal does
// not say so: a run may have been killed after it wrote to them.
func mayHold(ctx context.Context, c *creation) (may []string) {
	for _, to := range c.Op.Undelivered() {
		if to == oplog.Shown || c.Secret.IsZero() {
			continue
		}
		if err := c.ReadBack(ctx, to); err == nil || drift.Unread(err) {
			may = append(may, to)
		}
	}
	return may
}

// Describe says what Resume would do.
func Describe(r *run.Run) (steps []string) {
	switch {
	case r.Op.Aborting != "":
		return DescribeAbort(r)
	case !r.Op.Issued:
		return []string{"find out what the lost request created", "end the operation if it created nothing"}
	}
	if known, err := rotated(r); known && err == nil {
		return []string{"end the operation, because " + r.Op.New.ID + " was rotated since"}
	}
	if r.Secret.IsZero() && !r.Op.Options.NoSecret {
		steps = append(steps, "generate the secret of "+r.Op.New.ID)
	}
	for _, to := range r.Op.Undelivered() {
		if to == oplog.Shown {
			to = "you"
		}
		steps = append(steps, "deliver the secret to "+to)
	}
	return steps
}

// DescribeAbort says what Abort would do.
func DescribeAbort(r *run.Run) []string {
	if !r.Op.Issued {
		return []string{"find out what the lost request created, and delete it"}
	}
	return []string{"delete " + r.Op.New.ID}
}
