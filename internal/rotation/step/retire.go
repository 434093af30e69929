package step

import (
	"cmp"
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

func describeRetire(r *run.Run) []string {
	s := r.Op
	end := "delete " + s.Subject.ID
	switch {
	case r.Time().Before(s.Until):
		end += " after " + s.Until.Format(time.RFC3339)
	case s.Until.IsZero() && s.Options.Grace > 0 && !s.Retiring:
		end += " after " + duration.Format(s.Options.Grace)
	}
	if r.Force && undelivered(r) {
		end += ", also where the new one is not delivered everywhere"
	}
	return line(!s.Retired, "%s", end)
}

// retire deletes the old credential: after the journal says that the new one works,
// and is everywhere, and not before.
func retire(ctx context.Context, r *run.Run) error {
	s := r.Op
	if s.Retired { // so an earlier run was told
		if _, exists, _ := run.Exists(ctx, r.Service, s.Subject.ID); !exists {
			return nil
		}
	}
	if !s.Verified || undelivered(r) && !r.Force || !s.Hooked { // the steps before have seen to it
		return provider.Reclassify(provider.ErrRefused, errors.New("the old one is not deleted: the journal does not say that the new one was verified and delivered"))
	}
	if err := checkAgain(ctx, r); err != nil {
		return err
	}
	service := r.Service
	if s.Options.Self { // the new one deletes what credctl signs with
		var err error
		if service, _, err = r.Open(ctx, s.Subject, r.Secret); err != nil {
			return provider.Reclassify(provider.ErrPartial, err)
		}
	}
	if !s.Retiring {
		if err := r.Append(oplog.StepRetiring, oplog.Event{}); err != nil {
			return err
		}
	}
	r.Hit("retire.sending")
	err := service.(provider.Deleter).Delete(ctx, s.Subject.ID)
	r.Hit("retire.answered")
	unseen := false
	if run.Gone(err) { // so some vendors answer, too, when the token may not see it
		if err := run.SameAccount(ctx, r, service, s.Subject.ID); err != nil {
			return err
		}
		_, exists, gerr := run.Exists(ctx, service, s.Subject.ID)
		if unseen = exists || gerr != nil; unseen {
			err = errors.Join(err, gerr)
		} else {
			err = nil
		}
	}
	r.Changed = r.Changed || !unseen
	switch {
	case err == nil:
		return r.Append(oplog.StepRetired, oplog.Event{})
	case ctx.Err() != nil:
		return err
	}
	return r.Again(provider.Reclassify(provider.ErrPartial, fmt.Errorf("%s works and is delivered, but the old one, %s, could not be deleted: %w", s.New.ID, s.Subject.ID, err)))
}

// checkAgain looks, where an earlier run verified and delivered, whether that is
// still so: days may have passed.
func checkAgain(ctx context.Context, r *run.Run) error {
	if !r.VerifiedBefore || r.Force {
		return nil
	}
	if newer, err := run.Newer(r); err != nil || newer != "" { // the new one has itself been rotated since
		return err
	}
	if v, err := verifierOf(r); err == nil && v.try != nil {
		err := v.try(ctx)
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
	return line(r.Op.Issued && r.Op.Orphan != "", "revoke %s, which a lost request made", r.Op.Orphan)
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
	retireEarlier(ctx, r)
	return r.End(journal.Done, oplog.Event{How: how})
}

// retireEarlier has destinations destroy the earlier values that they keep, where that
// was asked for. The old secret is revoked: what cannot be destroyed is of no use.
func retireEarlier(ctx context.Context, r *run.Run) {
	for _, to := range r.Op.Delivered {
		if to == oplog.Shown {
			continue
		}
		d, err := r.Target(to)
		if err != nil {
			continue // it was written under another configuration
		}
		if keeps, ok := d.(deliver.Retirer); ok {
			if err := keeps.Retire(ctx); err != nil {
				r.Remark("Could not destroy the earlier values of a destination: %v", err)
			}
		}
	}
}

// tryOld tries the old secret once.
func tryOld(ctx context.Context, r *run.Run) (string, error) {
	v, able := r.Service.(provider.Verifier)
	old := r.Op.Subject.ID
	how := "whether the old secret is dead was not tried: it is not known"
	if !r.OldSecret.IsZero() && able {
		r.Hit("old.trying")
		err := v.Verify(ctx, r.Former())
		if errors.Is(err, provider.ErrMetered) {
			err = nil
		}
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case err == nil && r.Op.Strategy.InPlace(): // there is nothing to try again
			how = "the old secret still works"
			return "", cmp.Or(r.End(journal.Done, oplog.Event{How: how}), provider.Reclassify(provider.ErrPartial, fmt.Errorf("%s was rotated, but %s", old, how)))
		case err == nil:
			return "", provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("the old one, %s, was deleted, but its secret still works", old)),
				"it may take the vendor some minutes: run the same command again, or: credctl rotation resume %s", r.Op.ID)
		case errors.Is(err, provider.ErrDenied), errors.Is(err, provider.ErrPending):
			return "what a destination held before was tried, and does not work", nil
		}
		how = "whether the old secret is dead could not be told: " + err.Error()
	}
	r.Remark("%s: %s", old, how)
	return how, nil
}
