package step

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

func hasGrace(r *run.Run) bool { return r.Op.Options.Grace > 0 && !r.Op.Retiring }

// waitGrace keeps the old credential for as long as was asked for.
func waitGrace(_ context.Context, r *run.Run) error {
	if r.Op.Reached != oplog.Grace { // or it is no more, because of a delivery meanwhile
		until := r.Op.Until
		if until.IsZero() {
			until = r.GraceEnd()
		}
		if err := r.Append(oplog.StepGrace, oplog.Event{Until: until}); err != nil {
			return err
		}
		r.Say("%s lives on until %s", r.Op.Subject.ID, r.Op.Until.Format(time.RFC3339))
	}
	if r.Now().Before(r.Op.Until) {
		return errWaits
	}
	return nil
}

// Waits reports whether there is nothing to do but to wait for the end of the grace period.
func Waits(r *run.Run) bool {
	return r.Op.Reached == oplog.Grace && r.Now().Before(r.Op.Until) && r.Op.Hooked && !undelivered(r)
}

func describeRetire(r *run.Run) []string {
	s := r.Op
	end := "delete " + s.Subject.ID
	switch {
	case r.Now().Before(s.Until):
		end += " after " + s.Until.Format(time.RFC3339)
	case s.Until.IsZero() && s.Options.Grace > 0 && !s.Retiring:
		end += " after " + duration.Format(s.Options.Grace)
	}
	if r.Force && undelivered(r) {
		end += ", also where the new one is not delivered everywhere"
	}
	return Line(!s.Retired, "%s", end)
}

// retire deletes the old credential: after the journal says that the new one works,
// and is everywhere, and not before.
func retire(ctx context.Context, r *run.Run) error {
	s := r.Op
	if s.Retired && !stillExists(ctx, r) {
		return nil
	}
	if !s.Verified || undelivered(r) && !r.Force || !s.Hooked { // the steps before have seen to it
		return provider.Reclassify(provider.ErrRefused, errors.New("the old one is not deleted: the journal does not say that the new one was verified and delivered"))
	}
	if err := checkAgain(ctx, r); err != nil {
		return err
	}
	service, err := retirer(ctx, r)
	if err != nil {
		return err
	}
	if !s.Retiring {
		if err := r.Append(oplog.StepRetiring, oplog.Event{}); err != nil {
			return err
		}
	}
	r.Hit("retire.sending")
	err = service.(provider.Deleter).Delete(ctx, s.Subject.ID)
	r.Hit("retire.answered")
	if run.Gone(err) {
		if err := run.SameAccount(ctx, r, service, s.New.ID); err != nil {
			return err
		}
		err = reallyGone(ctx, r, service, err)
	} else {
		r.Changed = true
	}
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("%s works and is delivered, but the old one, %s, could not be deleted: %w", s.New.ID, s.Subject.ID, err)),
			"run the same command again, or: credctl rotation resume %s", s.ID)
	}
	return r.Append(oplog.StepRetired, oplog.Event{})
}

// stillExists reports whether the vendor, which told an earlier run that the old
// credential was deleted, has it still.
func stillExists(ctx context.Context, r *run.Run) bool {
	c, err := run.Get(ctx, r.Service, r.Op.Subject.ID)
	return err == nil && !c.Revoked
}

// reallyGone looks whether what a deletion did not find is not there: some
// vendors answer so, too, when the token may not see it.
func reallyGone(ctx context.Context, r *run.Run, service provider.Service, err error) error {
	c, gerr := run.Get(ctx, service, r.Op.Subject.ID)
	switch {
	case run.Gone(gerr), gerr == nil && c.Revoked:
		r.Changed = true
		return nil
	case gerr != nil:
		return errors.Join(err, gerr)
	}
	return err
}

// checkAgain looks, where an earlier run verified and delivered, whether that is
// still so: days may have passed.
func checkAgain(ctx context.Context, r *run.Run) error {
	if !r.VerifiedBefore || r.Force {
		return nil
	}
	if newer, err := run.Newer(r); err != nil || newer != nil { // the new one has itself been rotated since
		return err
	}
	if try, _, err := verifier(r); err == nil && try != nil {
		err := try(ctx)
		if errors.Is(err, provider.ErrDenied) || errors.Is(err, provider.ErrPending) || errors.Is(err, provider.ErrVerify) {
			return provider.Hint(provider.Reclassify(provider.ErrVerify, fmt.Errorf("the old one is kept, because the new one, %s, works no more: %w", r.Op.New.ID, err)),
				"rotate %s again, or: credctl rotation resume %s --force-unverified", r.Op.New.ID, r.Op.ID)
		}
	}
	for _, to := range r.Op.Options.To {
		if err := r.ReadBack(ctx, to); err != nil && !errors.Is(err, deliver.ErrNoReadBack) {
			return provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("the old one is kept, because %s does not hold the new one any more: %w", to, err)),
				"credctl rotation resume %s --to '%s' delivers it there again; --force-unverified deletes the old one all the same", r.Op.ID, to)
		}
	}
	return nil
}

func describeFinish(r *run.Run) []string {
	return Line(r.Op.Issued && r.Op.Orphan != "", "revoke %s, which a lost request made", r.Op.Orphan)
}

// finish tries the old secret once, where it is known, and ends the operation.
func finish(ctx context.Context, r *run.Run) error {
	how := ""
	if r.Op.New.ID != r.Op.Subject.ID || !r.OldSecret.IsZero() {
		var err error
		if how, err = tryOld(ctx, r); err != nil {
			return err
		}
	}
	if r.Op.Lost && r.Op.Strategy == oplog.Replace { // a request that was given up for lost may have been carried out late
		if err := run.RevokeOrphans(ctx, r); err != nil {
			return err
		}
	}
	return r.End(journal.Done, oplog.Event{How: how})
}

// tryOld tries the old secret once.
func tryOld(ctx context.Context, r *run.Run) (string, error) {
	v, able := r.Service.(provider.Verifier)
	old := r.Op.Subject.ID
	if r.OldSecret.IsZero() || !able {
		how := "whether the old secret is dead was not tried: it is not known"
		r.Remark("%s: %s", old, how)
		return how, nil
	}
	r.Hit("old.trying")
	err := v.Verify(ctx, r.Former())
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err == nil && r.Op.Strategy.InPlace(): // there is nothing to try again
		how := "the old secret still works"
		if err := r.End(journal.Done, oplog.Event{How: how}); err != nil {
			return "", err
		}
		return "", provider.Reclassify(provider.ErrPartial, fmt.Errorf("%s was rotated, but %s", old, how))
	case err == nil:
		return "", provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("the old one, %s, was deleted, but its secret still works", old)),
			"it may take the vendor some minutes: run the same command again, or: credctl rotation resume %s", r.Op.ID)
	case errors.Is(err, provider.ErrDenied), errors.Is(err, provider.ErrPending):
		return "what a destination held before was tried, and does not work", nil
	}
	how := "whether the old secret is dead could not be told: " + err.Error()
	r.Remark("%s: %s", old, how)
	return how, nil
}
