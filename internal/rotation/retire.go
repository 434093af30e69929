package rotation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// waitGrace lets the old one live on for as long as was asked for.
func (w *work) waitGrace(_ context.Context) error {
	if w.options.Grace <= 0 || w.retiring {
		return nil
	}
	if w.reached != Grace { // or it is no more, because of a delivery meanwhile
		until := w.until
		if until.IsZero() {
			until = w.graceEnd()
		}
		if err := w.note(stepGrace, note{Until: until}); err != nil {
			return err
		}
		w.say("%s lives on until %s", w.subject.ID, w.until.Format(time.RFC3339))
	}
	if w.e.now().Before(w.until) {
		return errWaits
	}
	return nil
}

// graceEnd is when the grace ends that begins now.
func (w *work) graceEnd() time.Time {
	return w.e.now().Add(w.options.Grace).UTC().Truncate(time.Second)
}

// retire deletes the old one: after the journal says that the new one works, and
// is everywhere, and not before.
func (w *work) retire(ctx context.Context) error {
	if w.retired && !w.undead(ctx) {
		return nil
	}
	if !w.verified || len(w.undelivered()) > 0 && !w.force || !w.hooked { // the stages before have seen to it
		return as(provider.ErrRefused, errors.New("the old one is not deleted: the journal does not say that the new one was verified and delivered"))
	}
	if err := w.stillGood(ctx); err != nil {
		return err
	}
	service, err := w.retirer(ctx)
	if err != nil {
		return err
	}
	if !w.retiring {
		if err := w.note(stepRetiring, note{}); err != nil {
			return err
		}
	}
	w.e.hit("retire.sending")
	err = service.(provider.Deleter).Delete(ctx, w.subject.ID)
	w.e.hit("retire.answered")
	if gone(err) {
		if err := w.sameAccount(ctx, service, w.new.ID); err != nil {
			return err
		}
		err = w.reallyGone(ctx, service, err)
	} else {
		w.changed = true
	}
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return provider.Hint(as(provider.ErrPartial, fmt.Errorf("%s works and is delivered, but the old one, %s, could not be deleted: %w", w.new.ID, w.subject.ID, err)),
			"run the same command again, or: credctl rotation resume %s", w.op.ID)
	}
	return w.note(stepRetired, note{})
}

// undead reports whether the vendor, which told an earlier run that the old one
// was deleted, has it still.
func (w *work) undead(ctx context.Context) bool {
	c, err := get(ctx, w.service, w.subject.ID)
	return err == nil && !c.Revoked
}

// reallyGone looks whether what a deletion did not find is not there: some
// vendors answer so, too, when the token may not see it.
func (w *work) reallyGone(ctx context.Context, service provider.Service, err error) error {
	c, gerr := get(ctx, service, w.subject.ID)
	switch {
	case gone(gerr), gerr == nil && c.Revoked:
		w.changed = true
		return nil
	case gerr != nil:
		return errors.Join(err, gerr)
	}
	return err
}

// sameAccount makes sure, where a deletion did not find what it should delete,
// that this is the account where the rotation began: one of these credentials, or
// what came after them, must be there. At another one all are gone, and live on
// where they are.
func (w *work) sameAccount(ctx context.Context, service provider.Service, ids ...string) error {
	for _, id := range ids {
		if id == "" {
			continue
		}
		if _, err := get(ctx, service, id); !gone(err) {
			return err
		}
	}
	later, err := w.successors()
	if err != nil {
		return err
	}
	for _, id := range later {
		if _, err := get(ctx, service, id); !gone(err) {
			return err
		}
	}
	return provider.Hint(as(provider.ErrUsage, fmt.Errorf("this is not where the rotation began, or all of its credentials are gone: the vendor knows neither %s nor %s with this token", w.subject.ID, w.new.ID)),
		"give the token of that account; credctl rotation abort %s --force forgets the rotation", w.op.ID)
}

// stillGood looks, where an earlier run verified and delivered, whether that is
// still so: days may have passed.
func (w *work) stillGood(ctx context.Context) error {
	if !w.earlier || w.force {
		return nil
	}
	if over, err := w.superseded(); err != nil || over {
		return err
	}
	if try, _, err := w.trier(w.options.Verify); err == nil && try != nil {
		err := try(ctx, w.credential())
		if errors.Is(err, provider.ErrDenied) || errors.Is(err, provider.ErrPending) || errors.Is(err, provider.ErrVerify) {
			return provider.Hint(as(provider.ErrVerify, fmt.Errorf("the old one is kept, because the new one, %s, works no more: %w", w.new.ID, err)),
				"rotate %s again, or: credctl rotation resume %s --force-unverified", w.new.ID, w.op.ID)
		}
	}
	for _, to := range w.options.To {
		d, err := w.target(to)
		if err != nil {
			return as(provider.ErrPartial, err)
		}
		if err := d.ReadBack(ctx, w.credential()); err != nil && !errors.Is(err, deliver.ErrNoReadBack) {
			return provider.Hint(as(provider.ErrPartial, fmt.Errorf("the old one is kept, because %s does not hold the new one any more: %w", to, err)),
				"credctl rotation resume %s --to '%s' delivers it there again; --force-unverified deletes the old one all the same", w.op.ID, to)
		}
	}
	return nil
}

// superseded reports whether the new one has itself been rotated since.
func (w *work) superseded() (bool, error) {
	newer, err := w.newer()
	return newer != nil, err
}

// successors returns what has taken the place of the new one, as far as it was
// rotated since: the last of the chain, and what is about to follow that.
func (w *work) successors() (ids []string, err error) {
	index, err := w.e.Journal.Index()
	if err != nil || w.new.ID == "" {
		return nil, err
	}
	last := index.Current(w.subject.Ref().With(w.new.ID))
	if last.ID != w.new.ID {
		ids = append(ids, last.ID)
	}
	for _, o := range index.Of(last).Unfinished() {
		if o.Ref() == last && o.NewID() != "" && o.NewID() != last.ID {
			ids = append(ids, o.NewID())
		}
	}
	return ids, nil
}

// newer returns the operation that rotates the new one, or has, if there is one.
func (w *work) newer() (*journal.Operation, error) {
	if w.new.ID == "" || w.new.ID == w.subject.ID {
		return nil, nil //nolint:nilnil // there is none
	}
	index, err := w.e.Journal.Index()
	if err != nil {
		return nil, err
	}
	for _, o := range index {
		if o.Ref() == w.subject.Ref().With(w.new.ID) && len(o.Entries) > 0 && o.Last().Step != journal.Aborted {
			return o, nil
		}
	}
	return nil, nil //nolint:nilnil // there is none
}

// finish tries the old secret once, where it is known, and ends the operation.
func (w *work) finish(ctx context.Context) error {
	if w.reached == Done {
		return nil
	}
	how := ""
	if w.new.ID != w.subject.ID || !w.oldSecret.IsZero() {
		var err error
		if how, err = w.tryOld(ctx); err != nil {
			return err
		}
	}
	if w.lost && w.strategy == Replace { // a request that was given up for lost may have been carried out late
		if err := w.sweep(ctx); err != nil {
			return err
		}
	}
	return w.end(journal.Done, note{How: how})
}

// tryOld tries the old secret once.
func (w *work) tryOld(ctx context.Context) (string, error) {
	v, able := w.service.(provider.Verifier)
	if w.oldSecret.IsZero() || !able {
		how := "whether the old secret is dead was not tried: it is not known"
		w.remark("%s: %s", w.subject.ID, how)
		return how, nil
	}
	w.e.hit("old.trying")
	err := v.Verify(ctx, w.former())
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err == nil && w.inPlace(): // there is nothing to try again
		how := "the old secret still works"
		if err := w.end(journal.Done, note{How: how}); err != nil {
			return "", err
		}
		return "", as(provider.ErrPartial, fmt.Errorf("%s was rotated, but %s", w.subject.ID, how))
	case err == nil:
		return "", provider.Hint(as(provider.ErrPartial, fmt.Errorf("the old one, %s, was deleted, but its secret still works", w.subject.ID)),
			"it may take the vendor some minutes: run the same command again, or: credctl rotation resume %s", w.op.ID)
	case errors.Is(err, provider.ErrDenied), errors.Is(err, provider.ErrPending):
		return "what a destination held before was tried, and does not work", nil
	}
	how := "whether the old secret is dead could not be told: " + err.Error()
	w.remark("%s: %s", w.subject.ID, how)
	return how, nil
}

// sweep revokes what a lost request made after it was looked for.
func (w *work) sweep(ctx context.Context) error {
	all, err := beside(ctx, w.service, w.old)
	if err != nil {
		return as(provider.ErrPartial, err)
	}
	ours, sure, err := w.ours(all)
	if err != nil {
		return err
	}
	if !sure {
		w.remark("new credentials of the same name, which credctl does not know: %v", ours)
		return nil
	}
	for _, id := range ours {
		w.say("%s is what a lost request made in the end: it is revoked, because nobody has its secret", id)
		if err := w.note(stepRevoking, note{ID: id}); err != nil {
			return err
		}
		if err := w.revoke(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// end writes the last entry, and wipes the secrets.
func (w *work) end(step journal.Step, n note) error {
	if err := w.note(step, n); err != nil {
		return err
	}
	if err := w.op.Wipe(); err != nil {
		return err
	}
	w.e.hit("wiped")
	return nil
}
