package rotation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// patience bounds a request that issues, beside the deadline of the caller.
const patience = 15 * time.Minute

// issueNew sends the request that issues, unless that was done. When its answer
// is lost it looks what became of it, and asks once more where nothing did.
func (w *work) issueNew(ctx context.Context) error {
	if w.issued {
		return nil
	}
	if err := w.readOld(ctx); err != nil {
		return err
	}
	// By a run that was killed or interrupted; or given up for lost, and carried out since.
	earlier := w.unclear() && !w.fresh
	for try := 1; ; try++ {
		if earlier {
			if err := w.look(ctx); err != nil {
				return err
			}
			earlier = false
		}
		if !w.asked {
			if err := w.intendAgain(ctx); err != nil {
				return err
			}
		}
		c, err := w.ask(ctx)
		if made(w.strategy, w.subject.ID, c, err) {
			return w.keep(ctx, c, err)
		}
		if err == nil {
			err = provider.WithClass(provider.ErrUnknown, errors.New("the vendor's answer names no credential"))
		}
		if definite(err) {
			if w.options.Self {
				err = fmt.Errorf("a successor of the key that credctl signs with cannot be made, and in place the new one could not be tried first: %w", err)
			}
			return w.giveUp(err)
		}
		if nerr := w.note(stepLost, note{Error: err.Error()}); nerr != nil {
			return errors.Join(err, nerr)
		}
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), err)
		}
		if lerr := w.look(ctx); lerr != nil {
			return lerr
		}
		if try == 2 || w.found != "" || !errors.Is(err, provider.ErrUnknown) {
			return w.afterLoss(err)
		}
		w.say("the answer was lost, and nothing is left of the request: asking once more")
	}
}

// made reports whether something was issued, and it is known what. A new one
// without an ID counts as lost: it is looked for, and nothing could be done with it.
func made(s Strategy, old string, c provider.Credential, err error) bool {
	switch s {
	case Generate:
		return err == nil || !c.Secret.IsZero()
	case Replace:
		return c.ID != "" && c.ID != old
	case Rotate:
	}
	return c.ID != "" && (err == nil || !c.Secret.IsZero() || c.ID != old || errors.Is(err, provider.ErrVerify) || errors.Is(err, provider.ErrPartial))
}

// readOld reads the old credential as it is now, for those who need all of it.
func (w *work) readOld(ctx context.Context) error {
	if w.read.ID != "" || w.found != "" {
		return nil
	}
	c, err := get(ctx, w.service, w.subject.ID)
	if gone(err) && w.asked && w.inPlace() {
		return nil // its own rotation may have taken it away
	}
	if err != nil {
		return fmt.Errorf("the credential that is to be rotated cannot be read: %w", err)
	}
	w.read = c
	return nil
}

// intendAgain writes down, before another request is sent, what there is now.
func (w *work) intendAgain(ctx context.Context) error {
	ids, err := w.e.snapshot(ctx, w.service, w.old, w.strategy)
	if err != nil {
		return err
	}
	return w.note(stepIntent, note{}, func(e *journal.Entry) { e.Snapshot = ids })
}

// ask sends the request. An interruption does not stop it, because its answer
// cannot be had again.
func (w *work) ask(ctx context.Context) (provider.Credential, error) {
	ctx, cancel := whole(ctx, patience)
	defer cancel()
	w.e.hit("issue.sending")
	defer w.e.hit("issue.answered")
	switch w.strategy { // choose has seen that the service can do it
	case Replace:
		return w.service.(provider.Replacer).Replace(ctx, w.read, w.input)
	case Rotate:
		return w.service.(provider.Rotator).Rotate(ctx, cmp.Or(w.found, w.subject.ID), w.input)
	case Generate:
		return w.service.(provider.Generator).Generate(ctx, w.subject.ID, provider.Input{}) // it has none of rotate's parameters
	}
	return provider.Credential{}, provider.Usage("the strategy %q is not one of this version of credctl", w.strategy)
}

// keep writes down what was issued, before anything else can fail.
func (w *work) keep(ctx context.Context, c provider.Credential, issuing error) error {
	if w.strategy == Generate {
		c.ID = w.subject.ID
	}
	c.Name, c.Kind, c.Provider = cmp.Or(c.Name, w.name), w.subject.Kind, w.subject.Provider
	w.changed = true
	n := note{New: bare(c)}
	if issuing != nil {
		n.Error = issuing.Error()
	}
	err := w.note(stepIssued, n, func(e *journal.Entry) {
		e.NewID = c.ID
		if !c.Secret.IsZero() {
			e.Secrets = map[string]provider.Secret{journal.NewSecret: c.Secret}
		}
	})
	w.secret = c.Secret
	if err != nil {
		return w.unkept(ctx, c, err)
	}
	w.say("%s was issued", c.ID)
	if issuing == nil && w.strategy == Rotate && c.ID != w.subject.ID && c.Secret.IsZero() {
		issuing = fmt.Errorf("%s was issued in place of %s, but the vendor's answer holds no secret", c.ID, w.subject.ID)
	}
	if issuing == nil || w.strategy == Replace && c.Secret.IsZero() && errors.Is(issuing, provider.ErrUnknown) {
		return nil // a secret that was lost on the way can be generated again
	}
	return w.halfIssued(issuing)
}

// halfIssued says what an error means that came with a credential.
func (w *work) halfIssued(err error) error {
	switch {
	case w.strategy == Replace:
		return as(provider.ErrPartial, err)
	case w.new.ID == w.subject.ID && w.secret.IsZero(): // done, but not as it should; a further run is a rotation of its own
		if nerr := w.end(journal.Done, note{Error: err.Error()}); nerr != nil {
			return errors.Join(err, nerr)
		}
		return err
	case w.secret.IsZero():
		if nerr := w.note(stepFound, note{ID: w.new.ID}); nerr != nil {
			return errors.Join(err, nerr)
		}
		return as(provider.ErrPartial, provider.Hint(err, "the old one is dead, and nobody has the secret of %s: credctl rotation resume %s rotates that one", w.new.ID, w.op.ID))
	}
	return as(provider.ErrPartial, err)
}

// giveUp ends an operation in which nothing was issued.
func (w *work) giveUp(err error) error {
	if w.found != "" || w.inPlace() && w.lost { // the old one may be dead: there is something to go back to
		return err
	}
	if nerr := w.end(journal.Aborted, note{Error: err.Error()}); nerr != nil {
		return errors.Join(err, nerr)
	}
	return err
}

// afterLoss says what an answer that was lost for good means.
func (w *work) afterLoss(err error) error {
	switch {
	case w.found != "":
		return provider.Hint(as(provider.ErrUnknown, fmt.Errorf("the answer was lost (%w); %s is dead, and %s has taken its place, but nobody has the secret of that", err, w.subject.ID, w.found)),
			"credctl rotation resume %s rotates %s, whose secret is then known; or: credctl %s rotate %[2]s", w.op.ID, w.found, w.subject.Provider)
	case errors.Is(err, provider.ErrUnknown):
		return provider.Hint(err, "run the same command again, or: credctl rotation resume %s", w.op.ID)
	}
	return w.giveUp(err) // it was looked for, and nothing was done
}
