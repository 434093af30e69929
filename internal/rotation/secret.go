package rotation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// needSecret sees to it that the secret of the new credential is there: the
// vendor told it, or can be asked to make one, or a person hands it in.
func (w *work) needSecret(ctx context.Context) error {
	if w.handsIn() {
		return w.takeSecret(ctx)
	}
	if !w.secret.IsZero() {
		return nil
	}
	if w.inPlace() && w.new.ID == w.subject.ID && len(w.options.To) == 0 {
		return nil // the secret is one that the caller gave, and has
	}
	if g, ok := w.service.(provider.Generator); ok && w.strategy == Replace {
		return w.generate(ctx, g)
	}
	err := as(provider.ErrPending, fmt.Errorf("%s was issued, but the vendor's answer holds no secret; the old one was not touched", w.new.ID))
	if h, ok := w.service.(provider.SecretHinter); ok {
		return provider.Hint(err, "%s; then: credctl rotation resume %s --secret-file -", h.SecretHint(w.new), w.op.ID)
	}
	return provider.Hint(err, "credctl rotation abort %s revokes it, and the same command then makes another; if you have its secret: credctl rotation resume %[1]s --secret-file -", w.op.ID)
}

// handsIn reports whether a person hands in a secret that is not known yet.
func (w *work) handsIn() bool {
	return !w.given.IsZero() && (!w.given.Equal(w.secret) || w.handed && w.key != "" && w.key != w.new.Key)
}

// mayTake refuses a secret where the vendor has told another one.
func (w *work) mayTake() error {
	if w.secret.IsZero() || w.handed {
		return nil
	}
	return provider.Hint(provider.Usage("the vendor has told the secret of %s, and another one was given", w.new.ID),
		"credctl rotation resume %s, without --secret-file, goes on", w.op.ID)
}

// takeSecret keeps what a person handed in, in place of what one handed in before
// and may have mistyped.
func (w *work) takeSecret(ctx context.Context) error {
	if err := w.mayTake(); err != nil {
		return err
	}
	key := w.key
	if key == "" {
		key = w.new.Key
	}
	if key == "" {
		c, err := get(ctx, w.service, w.new.ID)
		if err != nil {
			return as(provider.ErrPartial, fmt.Errorf("the access key ID that belongs to the secret cannot be read: %w", err))
		}
		key = c.Key
	}
	now := w.new
	now.Key = key
	err := w.note(stepSecret, note{New: bare(now)}, func(e *journal.Entry) {
		e.NewID, e.Secrets = now.ID, map[string]provider.Secret{journal.NewSecret: w.given}
	})
	if err == nil {
		w.secret, w.changed = w.given, true
	}
	return err
}

// generate makes a secret for a successor that has none yet. Doing so again is
// harmless, because nobody holds one that was made before.
func (w *work) generate(ctx context.Context, g provider.Generator) error {
	issuing, cancel := whole(ctx, patience)
	defer cancel()
	for try := 1; ; try++ {
		w.e.hit("generate.sending")
		c, err := g.Generate(issuing, w.new.ID, provider.Input{})
		w.e.hit("generate.answered")
		if c.Secret.IsZero() && errors.Is(err, provider.ErrUnknown) && try == 1 && ctx.Err() == nil {
			continue
		}
		if c.Secret.IsZero() && gone(err) && !w.fresh { // one that was just made may not be everywhere yet
			return w.abort(ctx, w.new.ID+" is gone, and had no secret yet")
		}
		if c.Secret.IsZero() {
			if err == nil {
				err = errors.New("the answer holds none")
			}
			class := provider.ErrPartial
			if errors.Is(err, provider.ErrPending) {
				class = provider.ErrPending
			}
			return provider.Hint(as(class, fmt.Errorf("%s was issued, but has no secret yet: %w", w.new.ID, err)),
				"run the same command again, or: credctl rotation resume %s", w.op.ID)
		}
		c.ID = w.new.ID
		return w.keep(ctx, c, err)
	}
}

// whole bounds what no interruption should end half way, such as a delivery, or a
// request whose answer cannot be had again. The deadline of the caller counts all
// the same: a run ends within its time.
func whole(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	until := time.Now().Add(most)
	if d, ok := ctx.Deadline(); ok && d.Before(until) {
		until = d
	}
	return context.WithDeadline(context.WithoutCancel(ctx), until)
}
