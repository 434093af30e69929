package creation

import (
	"context"
	"errors"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/arrival"
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
	if err := Refused(ctx, r); err != nil && !force {
		return err
	}
	return discard(ctx, c, "aborted by the user", force)
}

// Refused is the error of an abort without force: a destination has the secret, or may have it,
// by what it holds, and the vendor has the credential.
func Refused(ctx context.Context, r *run.Run) error {
	err := arrival.Holds(ctx, r)
	if err == nil {
		return nil
	}
	if gone, verr := vanished(ctx, &creation{Run: r}); gone || verr != nil { // no destination has a secret that works
		return verr
	}
	return provider.Hint(provider.WithClass(provider.ErrRefused, err),
		"to continue: credctl rotation resume %s; to delete %s in any case, pass --force", r.Op.ID, r.Op.New.ID)
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
