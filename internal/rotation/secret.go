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
	if !w.secret.IsZero() {
		return nil
	}
	if !w.given.IsZero() {
		return w.takeSecret(ctx)
	}
	if w.inPlace() && w.new.ID == w.subject.ID && len(w.options.To) == 0 {
		return nil // the secret is one that the caller gave, and has
	}
	if g, ok := w.service.(provider.Generator); ok && w.strategy == Replace {
		return w.generate(ctx, g)
	}
	hint := ""
	if h, ok := w.service.(provider.SecretHinter); ok {
		hint = h.SecretHint(w.new) + "; then: "
	}
	return provider.Hint(as(provider.ErrPending, fmt.Errorf("%s was issued, but the vendor's answer holds no secret; the old one was not touched", w.new.ID)),
		"%scredctl rotation resume %s --secret-file -", hint, w.op.ID)
}

// takeSecret keeps what a person handed in.
func (w *work) takeSecret(ctx context.Context) error {
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
	issuing, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	for try := 1; ; try++ {
		w.e.hit("generate.sending")
		c, err := g.Generate(issuing, w.new.ID, provider.Input{})
		w.e.hit("generate.answered")
		if c.Secret.IsZero() && errors.Is(err, provider.ErrUnknown) && try == 1 && ctx.Err() == nil {
			continue
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

// whole bounds what must not be interrupted half way, such as a delivery.
func whole(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), most)
}
