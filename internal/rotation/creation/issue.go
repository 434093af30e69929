package creation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/ours"
	"github.com/credctl/credctl/internal/rotation/run"
)

// afterInterrupt is how long a request that is under way may go on after an interrupt.
const afterInterrupt = 10 * time.Second

// longestPause is how long a vendor may pause between two looks at what it sets up: with less
// time left, it does not look again.
const longestPause = 10 * time.Second

// advance carries the operation on until it ends, or something stops it. What is
// issued is delivered whatever else fails.
func (c *creation) advance(ctx context.Context) error {
	c.Hit("create.issue")
	err := c.issue(ctx)
	if !c.Op.Issued || errors.Is(err, journal.ErrKept) {
		return err
	}
	if errors.Is(err, provider.ErrLocked) { // another run has continued: nothing more is changed
		return setAside(c, err)
	}
	c.Hit("create.name")
	unnamed := rename(ctx, c)
	c.Hit("create.secret")
	if err == nil {
		err = c.obtain(ctx)
	}
	if until, limited := ctx.Deadline(); limited && generates(c) && errors.Is(err, provider.ErrPending) && time.Until(until) < longestPause {
		err = fmt.Errorf("%w; --timeout left no more time to wait", err)
	}
	err = errors.Join(err, unnamed)
	if c.Secret.IsZero() && err != nil {
		return c.failed("secret", err)
	}
	ctx = context.WithoutCancel(ctx) // a secret that has arrived is delivered, also when the time is up
	c.Hit("create.deliver")
	if derr := c.deliver(ctx); derr != nil {
		return c.failed("deliver", errors.Join(err, derr))
	}
	if unnamed != nil {
		return c.failed("name", err)
	}
	c.Hit("create.finish")
	return errors.Join(err, c.finish(ctx))
}

// issue sends the request, unless that was done.
func (c *creation) issue(ctx context.Context) error {
	if c.Op.Unclear() && !c.WroteIntent {
		if err := reconcile(ctx, c); err != nil {
			return c.failed("issue", err)
		}
	}
	if c.Op.Issued {
		return nil
	}
	if !c.Op.Asked {
		before, err := snapshot(ctx, c)
		if err != nil {
			return err
		}
		from, until := ours.Window(c.Service, c.Time(), c.Skew)
		if err := c.Append(oplog.StepIntent, oplog.Event{Unlisted: c.Op.Unlisted, From: from, Until: until}, func(e *journal.Entry) { e.Snapshot = ids(before) }); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return errors.Join(err, c.End(journal.Aborted, oplog.Event{Error: "interrupted before the request was sent"}))
	}
	got, err := c.send(ctx)
	switch {
	case c.Op.Issued && errors.Is(err, provider.ErrLocked):
		return err
	case c.made(got, err):
		return errors.Join(c.keep(got), err)
	case err == nil:
		err = provider.WithClass(provider.ErrUnknown, errors.New("the vendor's answer contains no credential"))
	}
	if !errors.Is(err, provider.ErrUnknown) {
		return errors.Join(err, c.End(journal.Aborted, oplog.Event{Error: provider.Text(err)}))
	}
	if lerr := c.Append(oplog.StepLost, oplog.Event{Error: provider.Text(err)}); lerr != nil {
		return errors.Join(err, lerr)
	}
	return c.failed("issue", err)
}

// made reports whether something was issued that can be named.
func (c *creation) made(got provider.Credential, err error) bool {
	if c.Op.Strategy == oplog.Generate { // the ID is that of the credential that was there before
		return err == nil || !got.Secret.IsZero() || got.Key != ""
	}
	return got.ID != ""
}

// send sends the request. The ID of what it creates is recorded as soon as an answer
// names it.
func (c *creation) send(ctx context.Context) (provider.Credential, error) {
	ctx, cancel := patient(ctx)
	defer cancel()
	c.Hit("create.sending")
	defer c.Hit("create.answered")
	if c.Op.Strategy == oplog.Generate {
		return c.Service.(provider.Generator).Generate(ctx, c.Op.Subject.ID, c.Input)
	}
	t := provider.Tracker{Record: c.record}
	if c.Op.Stamped {
		t.TemporaryName = c.Op.Stamp()
	}
	return c.Service.(provider.Creator).Create(ctx, c.Input.Track(t))
}

// patient returns a context for requests whose answers cannot be repeated: an interrupt
// leaves them the time that an answer takes.
func patient(ctx context.Context) (context.Context, context.CancelFunc) {
	issuing, cancel := run.Uninterrupted(pace.WithAsker(ctx), underWay)
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			time.AfterFunc(afterInterrupt, cancel)
		}
	})
	return issuing, func() {
		stop()
		cancel()
	}
}

// keep records what was issued, before anything else can fail.
func (c *creation) keep(got provider.Credential) error {
	err := c.record(got)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s was created, but could not be recorded: %w", c.Op.New.ID, err)
	if errors.Is(err, journal.ErrKept) || errors.Is(err, provider.ErrLocked) {
		return err
	}
	return provider.WithClass(provider.ErrPartial, err)
}

func (c *creation) record(got provider.Credential) error {
	got.Kind, got.Provider, got.Name = c.Op.Subject.Kind, c.Op.Subject.Provider, cmp.Or(got.Name, c.Op.Name)
	if got.Name == c.Op.Stamp() {
		got.Name = c.Op.Name // which it gets next
	}
	if c.Op.Strategy == oplog.Generate {
		got.ID = c.Op.Subject.ID
	}
	c.Changed, c.Secret = true, got.Secret
	err := c.Append(oplog.StepIssued, oplog.Event{New: oplog.Bare(got)}, func(e *journal.Entry) {
		e.NewID = got.ID
		if !got.Secret.IsZero() {
			e.Secrets = map[string]provider.Secret{journal.NewSecret: got.Secret}
		}
	})
	details := got.Details
	c.Op.New, c.Op.Issued = got, true // also where the journal could not be written
	c.Op.New.Secret, c.Op.New.Details = provider.Secret{}, details
	return err
}

// failed records what stopped the run, for those who look at the operation later, and
// returns it with how to continue.
func (c *creation) failed(at string, err error) error {
	if !c.Op.Final() && c.Op.Error != provider.Text(err) {
		step := oplog.StepFailed
		switch {
		case errors.Is(err, provider.ErrUnknown):
			step = oplog.StepUnknown
		case errors.Is(err, provider.ErrPending):
			step = oplog.StepPending
		}
		err = errors.Join(err, c.Append(step, oplog.Event{At: at, Error: provider.Text(err)}))
	}
	if !c.known() {
		return err
	}
	if c.Op.Strategy == oplog.Generate { // the credential existed before, and its earlier secret has stopped working
		return provider.AlsoHint(err, "run the same command again, or: credctl rotation resume %s", c.Op.ID)
	}
	if at == "secret" && !generates(c) && (errors.Is(err, provider.ErrPending) || !c.SuppliedSecret.IsZero()) { // only a person can supply it
		return provider.AlsoHint(err, "to discard the credential: credctl rotation abort %s", c.Op.ID)
	}
	return provider.AlsoHint(err, "to continue, run the same command again (it finds the new key and does not create a second one); to discard the credential: credctl rotation abort %s", c.Op.ID)
}

// generates reports whether the vendor can generate the secret later.
func generates(c *creation) bool {
	_, ok := c.Service.(provider.Generator)
	return ok
}

// Result is what the run came to, with the vendor's own record where this run has it.
func (c *creation) Result() run.Result {
	result := c.Run.Result()
	result.Credential = c.Credential()
	return result
}
