package creation

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/arrival"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// obtain sees to it that the secret is there, where one is wanted: the vendor returned
// it, or generates one for what exists, or a person supplies it.
func (c *creation) obtain(ctx context.Context) error {
	if c.Op.Options.NoSecret || !c.Secret.IsZero() {
		return nil
	}
	id := c.Op.New.ID
	if !c.SuppliedSecret.IsZero() {
		err := supply(ctx, c)
		if err != nil {
			err = provider.AlsoHint(err, "to supply the secret again: credctl rotation resume %s --secret-file -; to skip the verification, add: --verify none", c.Op.ID)
		}
		return err
	}
	if g, ok := c.Service.(provider.Generator); ok && !c.WroteIntent { // the run that created it ended before
		issuing, cancel := patient(ctx)
		defer cancel()
		c.Hit("create.generating")
		got, err := g.Generate(issuing, id, provider.Input{})
		c.Hit("create.generated")
		if got.Secret.IsZero() {
			if err == nil {
				err = errors.New("the vendor's answer contains no secret")
			}
			return provider.Reclassify(provider.ErrPartial, fmt.Errorf("%s exists, but has no secret yet: %w", id, err))
		}
		got.ID = id
		return errors.Join(c.keep(got), err)
	}
	if len(c.Op.Options.To) == 0 && !c.q.NeedsSecret {
		return nil
	}
	err := provider.WithClass(provider.ErrPending, fmt.Errorf("%s was created, but the vendor returned no secret", id))
	if h, ok := c.Service.(provider.SecretHinter); ok {
		return provider.Hint(err, "%s; then: credctl rotation resume %s --secret-file -", h.SecretHint(c.Op.New), c.Op.ID)
	}
	return provider.Hint(err, "if you have its secret: credctl rotation resume %s --secret-file -", c.Op.ID)
}

// supply records the secret that a person has, and the key that belongs to it.
func supply(ctx context.Context, c *creation) error {
	got := c.Op.New
	if got.Key = cmp.Or(c.SuppliedKey, got.Key); got.Key == "" {
		now, err := run.Get(ctx, c.Service, got.ID)
		if err != nil {
			return provider.Reclassify(provider.ErrPartial, fmt.Errorf("could not read the access key ID that belongs to the secret: %w", err))
		}
		got.Key = now.Key
	}
	if err := run.CanHold(c.Run, got, c.SuppliedSecret); err != nil {
		return err
	}
	got.Secret = c.SuppliedSecret
	if err := proved(ctx, c, got); err != nil {
		return err
	}
	return c.keep(got)
}

// proved refuses a supplied secret that the vendor does not accept: it may be mistyped.
// Where nothing can be told, that is said.
func proved(ctx context.Context, c *creation, got provider.Credential) error {
	v, able := c.Service.(provider.Verifier)
	if !able || c.Op.Options.Verify == "none" {
		return nil
	}
	err := v.Verify(ctx, got)
	switch {
	case err == nil, errors.Is(err, provider.ErrMetered):
		return nil
	case errors.Is(err, provider.ErrDenied):
		err = provider.Reclassify(provider.ErrVerify, err)
	case errors.Is(err, provider.ErrPending), errors.Is(err, provider.ErrVerify):
	default:
		c.Remark("%s: the supplied secret was not verified: %v", got.ID, err)
		return ctx.Err()
	}
	return fmt.Errorf("could not verify the supplied secret of %s: %w", got.ID, err)
}

// deliver takes the secret to every destination that does not have it, and reads it
// back; without a destination it is shown to the user. A destination that fails does
// not keep the others from it.
func (c *creation) deliver(ctx context.Context) error {
	if c.Secret.IsZero() {
		return nil
	}
	var problems []error
	arrived, missed := false, false
	for _, to := range c.Op.Undelivered() {
		step, ev, err := c.deliverTo(ctx, to)
		arrived, missed = arrived || err == nil, missed || err != nil
		var unrecorded error
		if err == nil || to != oplog.Shown {
			unrecorded = c.Append(step, ev)
		}
		if errors.Is(unrecorded, provider.ErrLocked) { // another run has continued
			return drift.Overtaken(unrecorded, err, to, c.Op.New.ID)
		}
		if err = errors.Join(err, unrecorded); err != nil {
			problems = append(problems, err)
		}
	}
	if problems == nil {
		return nil
	}
	err := errors.Join(problems...)
	if !missed {
		err = fmt.Errorf("the secret of %s was delivered, but that could not be recorded: %w", c.Op.New.ID, err)
		if c.Unreachable {
			return provider.Reclassify(provider.ErrUnavailable, err)
		}
		return provider.Reclassify(provider.ErrPartial, err)
	}
	if c.Op.Strategy == oplog.Generate {
		return save(c, arrived, fmt.Errorf("a new secret of %s was generated, but not delivered: %w", c.Op.New.ID, err))
	}
	return save(c, arrived, fmt.Errorf("%s was created, but its secret was not delivered: %w", c.Op.New.ID, err))
}

func (c *creation) deliverTo(ctx context.Context, to string) (journal.Step, oplog.Event, error) {
	if to == oplog.Shown {
		return oplog.StepDelivered, oplog.Event{To: to}, c.show()
	}
	c.Changed = true
	return arrival.Deliver(ctx, c.Run, to)
}

// show gives the credential to the user, where there is no destination.
func (c *creation) show() error {
	switch {
	case len(c.Op.Options.To) > 0:
		return nil
	case c.q.Show == nil:
		return provider.Hint(provider.WithClass(provider.ErrPending, errors.New("the secret was not shown")),
			"to print it: credctl rotation resume %s -o json; to deliver it: credctl rotation resume %[1]s --to file:PATH", c.Op.ID)
	}
	c.Hit("create.showing")
	defer c.Hit("create.shown")
	got := c.Credential()
	if c.q.Await != nil && c.recorded() {
		got = c.q.Await(got)
	}
	return c.q.Show(got)
}

// save says where a secret is that could not be delivered: in the journal, and, where
// it could not be shown or recorded, in a file of its own. What has arrived somewhere is
// not lost.
func save(c *creation, arrived bool, err error) error {
	kept := c.recorded()
	if kept && (len(c.Op.Options.To) > 0 || c.q.Show == nil) {
		if errors.Is(err, provider.ErrUsage) { // a destination may be unable to hold this secret
			err = provider.AlsoHint(err, "to deliver it elsewhere: credctl rotation resume %s --to DESTINATION", c.Op.ID)
		}
		return provider.Reclassify(provider.ErrPartial, err)
	}
	err = provider.Reclassify(provider.ErrPartial, err)
	if c.Keep != nil {
		path, kerr := c.Keep(c.Credential())
		if kerr == nil {
			return provider.AlsoHint(err, "its secret is in %s, which only you can read", path)
		}
		if !kept {
			err = provider.Reclassify(provider.ErrPartial, errors.Join(err, kerr))
		}
	}
	switch {
	case kept, arrived && c.known():
		return err
	case arrived:
		return provider.Hint(err, "delete it with `credctl %s delete %s`, then run the same command again", c.Op.Subject.Provider, c.Op.New.ID)
	}
	return provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("%w\nthe secret of %s is lost", err, c.Op.New.ID)),
		"delete the key, whose secret is lost, with `credctl %s delete %s --yes`, then run the same command again", c.Op.Subject.Provider, c.Op.New.ID)
}

// setAside saves a secret that another run, which has continued, does not have.
func setAside(c *creation, err error) error {
	err = provider.Reclassify(provider.ErrLocked, err)
	if c.Secret.IsZero() || c.Keep == nil || c.recorded() {
		return err
	}
	path, kerr := c.Keep(c.Credential())
	if kerr != nil {
		return provider.Reclassify(provider.ErrLocked, errors.Join(err, kerr))
	}
	return provider.Hint(err, "its secret is in %s, which only you can read", path)
}

// known reports whether a later run finds the operation in the journal, or may.
func (c *creation) known() bool {
	_, err := c.Journal.Load(c.Op.ID)
	return !errors.Is(err, provider.ErrNotFound)
}

// recorded reports whether the journal has the secret.
func (c *creation) recorded() bool {
	op, err := c.Journal.Load(c.Op.ID)
	if err != nil {
		return false
	}
	secrets, err := op.Secrets()
	return err == nil && secrets[journal.NewSecret].Equal(c.Secret)
}

// finish ends the operation.
func (c *creation) finish(ctx context.Context) error {
	err := provider.Reclassify(provider.ErrPartial, late(ctx, c))
	return errors.Join(err, c.End(journal.Done, oplog.Event{}))
}
