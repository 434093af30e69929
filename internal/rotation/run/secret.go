package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/ours"
)

// ObtainSecret makes sure that the secret of the new credential is known: the vendor
// returned it, or generates one, or a person supplies it.
func ObtainSecret(ctx context.Context, r *Run) error {
	if TakesSupplied(r) {
		return takeSupplied(ctx, r)
	}
	if !r.Secret.IsZero() {
		return nil
	}
	if r.Op.Strategy.InPlace() && r.Op.New.ID == r.Op.Subject.ID && len(r.Op.Options.To) == 0 || publicOnly(r) {
		return nil // the secret is one that the caller gave, and has, or one that stays at the vendor
	}
	if g, ok := r.Service.(provider.Generator); ok && r.Op.Strategy == oplog.Replace {
		return generate(ctx, r, g)
	}
	err := provider.Reclassify(provider.ErrPending, fmt.Errorf("%s was created, but the vendor's answer has no secret; %s is unchanged", r.Op.New.ID, r.Op.Subject.ID))
	if h, ok := r.Service.(provider.SecretHinter); ok {
		return provider.Hint(err, "%s; then run: credctl rotation resume %s --secret-file -", h.SecretHint(ours.AsShown(r.Service, r.Op)), r.Op.ID)
	}
	return provider.Hint(err, "to discard it: credctl rotation abort %s; to supply its secret: credctl rotation resume %[1]s --secret-file -", r.Op.ID)
}

// LacksSecret reports whether the secret of the new credential is not known, and only a
// person can supply it.
func LacksSecret(r *Run) bool {
	_, generates := r.Service.(provider.Generator)
	return r.Op.Issued && r.Secret.IsZero() && !TakesSupplied(r) && (!generates || r.Op.Strategy.InPlace())
}

// TakesSupplied reports whether a person supplies a secret that is not known yet.
func TakesSupplied(r *Run) bool {
	return !r.SuppliedSecret.IsZero() && (!r.SuppliedSecret.Equal(r.Secret) || r.Op.Supplied && r.SuppliedKey != "" && r.SuppliedKey != r.Op.New.Key)
}

// MayTakeSupplied refuses a supplied secret where the vendor returned another one.
func MayTakeSupplied(r *Run) error {
	if r.Secret.IsZero() || r.Op.Supplied {
		return nil
	}
	return provider.Hint(provider.Usage("the secret supplied for %s is not the one that the vendor returned", r.Op.New.ID),
		"run it without --secret-file: credctl rotation resume %s", r.Op.ID)
}

// takeSupplied records the secret that a person supplied; it replaces one that was
// supplied before.
func takeSupplied(ctx context.Context, r *Run) error {
	if err := MayTakeSupplied(r); err != nil {
		return err
	}
	key := cmp.Or(r.SuppliedKey, r.Op.New.Key)
	if key == "" {
		c, err := Get(ctx, r.Service, r.Op.New.ID)
		if err != nil {
			return provider.Reclassify(provider.ErrPartial, fmt.Errorf("could not read the access key ID that belongs to the secret: %w", err))
		}
		key = c.Key
	}
	now := r.Op.New
	now.Key = key
	if err := CanHold(r, now, r.SuppliedSecret); err != nil {
		return err
	}
	err := r.Append(oplog.StepSecret, oplog.Event{New: oplog.Bare(now)}, func(e *journal.Entry) {
		e.NewID, e.Secrets = now.ID, map[string]provider.Secret{journal.NewSecret: r.SuppliedSecret}
	})
	if err == nil {
		r.Secret, r.Changed = r.SuppliedSecret, true
	}
	return err
}

// generate has the vendor generate the secret of a new credential that has none yet. A
// second one does no harm, because nobody has received the first.
func generate(ctx context.Context, r *Run, g provider.Generator) error {
	issuing, cancel := Uninterrupted(pace.WithAsker(ctx), requestLimit)
	defer cancel()
	ask := func() (provider.Credential, error) {
		r.Hit("generate.sending")
		defer r.Hit("generate.answered")
		return g.Generate(issuing, r.Op.New.ID, provider.Input{})
	}
	c, err := ask()
	if c.Secret.IsZero() && errors.Is(err, provider.ErrUnknown) && ctx.Err() == nil {
		c, err = ask()
	}
	switch {
	case !c.Secret.IsZero():
		c.ID = r.Op.New.ID
		return keep(ctx, r, c, err)
	case Gone(err) && !r.WroteIntent: // a new one may not be known everywhere yet
		return Abort(ctx, r, r.Op.New.ID+" was deleted before it had a secret", false)
	case err == nil:
		err = errors.New("the vendor's answer has no secret")
	}
	class := provider.ErrPartial
	if errors.Is(err, provider.ErrPending) {
		class = provider.ErrPending
	}
	return r.Again(provider.Reclassify(class, fmt.Errorf("%s was created, but has no secret yet: %w", r.Op.New.ID, err)))
}
