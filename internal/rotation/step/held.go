package step

import (
	"context"
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

func verifyHeld(ctx context.Context, r *run.Run) error {
	how, err := TryHeld(ctx, r)
	if err != nil {
		return err
	}
	return r.Append(oplog.StepVerified, oplog.Event{How: how})
}

// TryHeld verifies the secret of a credential that exists, and returns how. It tries
// once: unlike a new secret, it works already.
func TryHeld(ctx context.Context, r *run.Run) (how string, err error) {
	v, err := verifierOf(r)
	switch {
	case err != nil:
		return "", err
	case v.try != nil:
		err = v.try(ctx)
	case v.how == unverifiable:
		return "", provider.Hint(provider.Usage("could not verify the secret of %s: %s", r.Op.New.ID, noMeans), "pass --verify exec:COMMAND, or --verify none")
	}
	switch {
	case err == nil, errors.Is(err, provider.ErrMetered):
		return v.how, nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, provider.ErrDenied), errors.Is(err, provider.ErrPending):
		return "", provider.Hint(provider.Reclassify(provider.ErrVerify, fmt.Errorf("the secret does not work for %s: %w", r.Op.New.ID, err)),
			"check that it is the secret of %s; if the secret is lost, rotate the credential", r.Op.New.ID)
	}
	return "", fmt.Errorf("could not verify the secret of %s: %w", r.Op.New.ID, err)
}

// TryOld verifies the old secret once, where anything can. In a plan no command of the user
// runs.
func TryOld(ctx context.Context, r *run.Run, plan bool) error {
	v, err := verifierFor(r, r.Former(), true)
	if err != nil || v.try == nil || plan && v.line != "" {
		return err
	}
	return v.try(ctx)
}
