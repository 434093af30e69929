package step

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/drift"
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
		end += ", even if a destination does not have the new secret"
	}
	return Line(!s.Retired, "%s", end)
}

func checkRetire(ctx context.Context, r *run.Run) []Check {
	if r.Op.ID == "" {
		return checkVerifiable(ctx, r)
	}
	if err := run.NotSigner(ctx, r, r.Op.Subject.ID, r.Service); err != nil {
		return []Check{Checked("compare with the key that credctl authenticates with", err)}
	}
	return nil
}

// retire deletes the old credential, once the journal says that the new credential was
// verified and delivered, and the vendor that it is there now.
func retire(ctx context.Context, r *run.Run) error {
	s := r.Op
	if s.Retired { // an earlier run was told so, and the old secret still worked
		if _, exists, _ := run.Exists(ctx, r.Service, s.Subject.ID); !exists {
			return nil
		}
	}
	if !s.Verified || undelivered(r) && !r.Force || !s.Hooked { // the steps before have made sure of it
		return provider.Reclassify(provider.ErrRefused, fmt.Errorf("did not delete %s: the journal does not say that %s was verified and delivered", s.Subject.ID, s.New.ID))
	}
	if err := checkAgain(ctx, r); err != nil {
		return err
	}
	if err := run.NotSigner(ctx, r, s.Subject.ID, r.Service); err != nil {
		return err
	}
	service := r.Service
	if s.Options.Self { // the new key deletes the one that credctl authenticates with
		var err error
		if service, _, err = r.Open(ctx, s.Subject, r.Secret); err != nil {
			return provider.Reclassify(provider.ErrPartial, err)
		}
	}
	kept, err := oplog.StayInUse(r.Journal, r.Op)
	if err != nil {
		return err
	}
	d := run.Removal{Service: service, At: "retire", ID: s.Subject.ID, Keep: kept}
	sentBefore := s.Retiring
	if !sentBefore {
		d.Intend = func() error {
			if hasGrace(r) && r.Before(s.Until) { // the vendor has answered by now, and its clock differs
				return errWaits
			}
			return r.Append(oplog.StepRetiring, oplog.Event{})
		}
	}
	gone, err := run.Remove(ctx, r, d)
	switch {
	case err == nil && gone && !sentBefore:
		return r.Append(oplog.StepRetired, oplog.Event{How: oplog.GoneBefore})
	case err == nil:
		r.Say("Deleted the old credential %s", s.Subject.ID)
		return r.Append(oplog.StepRetired, oplog.Event{})
	case ctx.Err() != nil, errors.Is(err, provider.ErrLocked), errors.Is(err, errWaits):
		return err
	case run.NothingKept(err):
		return notKept(ctx, r, service, err)
	}
	return r.Again(provider.Reclassify(provider.ErrPartial, fmt.Errorf("%s is verified and delivered, but credctl could not delete the old credential %s: %w", s.New.ID, s.Subject.ID, err)))
}

// notKept says what it means that the vendor does not have the new credential: the old
// one is the last that works, or this is another account.
func notKept(ctx context.Context, r *run.Run, service provider.Service, err error) error {
	id := r.Op.Subject.ID
	_, exists, readErr := run.Exists(ctx, service, id)
	switch {
	case readErr != nil:
		return r.Again(provider.Reclassify(provider.ErrPartial, errors.Join(err, readErr)))
	case exists:
		return provider.Hint(provider.Reclassify(provider.ErrVerify, err), "to end the rotation and keep %[2]s: credctl rotation abort %[1]s; then rotate %[2]s again", r.Op.ID, id)
	}
	return provider.Hint(provider.Reclassify(provider.ErrUsage, fmt.Errorf("the token belongs to another account, or both credentials were deleted: the vendor has neither %s nor %s", id, r.Op.New.ID)),
		"use a token of the account in which the rotation began; if both were deleted: credctl rotation abort %s --force", r.Op.ID)
}

// checkAgain verifies again what an earlier run verified, because days may have passed, and
// reads the destinations again: a hook may have written to them, too.
func checkAgain(ctx context.Context, r *run.Run) error {
	if r.Force {
		return nil
	}
	if r.VerifiedBefore {
		if newer, err := oplog.Newer(r.Journal, r.Op); err != nil || newer != "" { // the new credential has been rotated since
			return err
		}
		v, err := verifierOf(r)
		if err == nil && v.try != nil {
			err = tryAgain(ctx, r, v)
		}
		if err != nil {
			return err
		}
	}
	s := r.Op
	for _, to := range s.Options.To {
		d, err := r.Target(to)
		if err == nil {
			err = drift.Holds(ctx, d, r.Credential(), s.Stamps[to])
		}
		switch {
		case err == nil:
		case errors.Is(err, drift.ErrUntold):
			r.Remark("%s was not read again before %s is deleted: %v", to, s.Subject.ID, err)
		case drift.Unread(err):
			return provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("did not delete %s: could not read back %w", s.Subject.ID, err)),
				"%s; to keep %s: credctl rotation abort %s", drift.Again(err, "to try again", s.ID), s.Subject.ID, s.ID)
		default:
			return provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("did not delete %s: %s does not hold the new secret any more: %w", s.Subject.ID, to, err)),
				"deliver it again: credctl rotation resume %s --to '%s'; or keep %s: credctl rotation abort %[1]s", s.ID, to, s.Subject.ID)
		}
	}
	return nil
}

// tryAgain verifies the new secret once. What cannot be told keeps the old credential.
func tryAgain(ctx context.Context, r *run.Run, v verifier) error {
	s := r.Op
	err := v.try(ctx)
	is := func(class error) bool { return errors.Is(err, class) }
	untold := fmt.Errorf("did not delete %s: could not verify again that %s works: %w", s.Subject.ID, s.New.ID, err)
	switch {
	case err == nil, is(provider.ErrMetered):
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case is(provider.ErrDenied), is(provider.ErrPending):
		if _, exists, rerr := run.Exists(ctx, r.Service, s.New.ID); rerr == nil && !exists { // it will never work again
			return notKept(ctx, r, r.Service, fmt.Errorf("did not delete %s: its replacement %s is not at the vendor", s.Subject.ID, s.New.ID))
		}
		return provider.Hint(provider.Reclassify(provider.ErrVerify, fmt.Errorf("did not delete %s: its replacement %s no longer works: %w", s.Subject.ID, s.New.ID, err)),
			"to verify it again: credctl rotation resume %s; to delete %s and keep %s: credctl rotation abort %[1]s", s.ID, s.New.ID, s.Subject.ID)
	case is(provider.ErrUnreachable):
	case is(provider.ErrUnavailable), is(provider.ErrRateLimited):
		return r.Again(provider.Reclassify(provider.ErrUnavailable, untold))
	}
	return provider.AlsoHint(provider.Reclassify(provider.ErrVerify, untold), "then: credctl rotation resume %s; to keep %s: credctl rotation abort %[1]s", s.ID, s.Subject.ID)
}
