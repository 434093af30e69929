package rotation

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/verify"
)

// How a new secret was verified.
const (
	waived  = "not verified, as was asked for"
	forced  = "not verified, by --force-unverified"
	byAPI   = "verified with the vendor"
	byExec  = "verified by the command"
	noMeans = "the vendor's API has no means to verify it"
)

// prove waits until the new secret works, several times in a row.
func (w *work) prove(ctx context.Context) error {
	if w.verified {
		return nil
	}
	try, how, err := w.trier(w.options.Verify)
	if err != nil {
		return err
	}
	if w.force {
		try, how = nil, forced
	}
	if try == nil {
		if how != waived {
			w.remark("%s: %s", w.new.ID, how)
		}
		return w.note(stepVerified, note{How: how})
	}
	c := w.credential()
	err = verify.Wait(ctx, func(ctx context.Context) error { return try(ctx, c) }, verify.Options{
		Timeout: w.options.VerifyTimeout,
		Report:  func(what string) { w.say("waiting until the new secret works: %s", what) },
	})
	if err != nil {
		return w.unproved(ctx, err)
	}
	return w.note(stepVerified, note{How: how})
}

// unproved says what it means that the new secret was not seen to work.
func (w *work) unproved(ctx context.Context, err error) error {
	untouched := "the old one was not touched"
	if w.inPlace() {
		untouched = "the new secret was delivered, because the old one is dead"
	}
	again := "run the same command again, or: credctl rotation resume " + w.op.ID
	if w.handed {
		again += "; if the secret was mistyped: credctl rotation resume " + w.op.ID + " --secret-file -"
	}
	switch {
	case ctx.Err() != nil:
		return err
	case errors.Is(err, provider.ErrUsage): // it needs something that only the user has
		return provider.Hint(as(provider.ErrPending, fmt.Errorf("the new secret cannot be verified: %w; %s", err, untouched)), "%s; --verify none goes without", again)
	case errors.Is(err, provider.ErrPending):
		return provider.Hint(as(provider.ErrUnavailable, fmt.Errorf("%w; %s", err, untouched)), "%s", again)
	case errors.Is(err, provider.ErrDenied), errors.Is(err, provider.ErrVerify):
		return provider.Hint(as(provider.ErrVerify, fmt.Errorf("the new secret does not work: %w; %s", err, untouched)), "%s; or give it up: credctl rotation abort %s", again, w.op.ID)
	}
	return as(provider.ErrUnavailable, err)
}

// trier returns what tries a secret once; nil where nothing does, and then why.
func (w *work) trier(mode string) (try func(context.Context, provider.Credential) error, how string, err error) {
	line, isExec := strings.CutPrefix(mode, "exec:")
	v, able := w.service.(provider.Verifier)
	switch {
	case mode == "none":
		return nil, waived, nil
	case isExec:
		return func(ctx context.Context, c provider.Credential) error {
			return verify.Exec(ctx, line, w.e.commandEnv(c), c)
		}, byExec, nil
	case mode != "" && mode != "auto":
		return nil, "", provider.Usage("--verify is auto, none or exec:COMMAND, not %q", mode)
	case able && !w.secret.IsZero():
		return v.Verify, byAPI, nil
	}
	return nil, noMeans, nil
}

// credential returns the new credential with its secret.
func (w *work) credential() provider.Credential {
	c := w.new
	c.Secret = w.secret
	return c
}
