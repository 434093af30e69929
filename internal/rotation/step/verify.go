package step

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
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

func describeVerify(r *run.Run) []string { return []string{verification(r)} }

// verification says how the new secret is verified, if it is.
func verification(r *run.Run) string {
	const not = "go on without verifying the new secret"
	line, isExec := strings.CutPrefix(r.Op.Options.Verify, "exec:")
	if r.Op.Options.Verify == "none" || r.Force {
		return not
	}
	if isExec {
		return "verify the new secret with " + line
	}
	if _, able := r.Service.(provider.Verifier); !able {
		return not + ": " + noMeans
	}
	return "verify the new secret"
}

// checkVerify looks, before an operation begins, whether its secret can be verified.
// A replacement needs that to retire the old credential, and looks then.
func checkVerify(ctx context.Context, r *run.Run) []Check {
	if !r.Op.Strategy.InPlace() {
		return nil
	}
	return checkVerifiable(ctx, r)
}

func checkVerifiable(ctx context.Context, r *run.Run) []Check {
	if r.Op.ID != "" { // it was looked at when that began
		return nil
	}
	return []Check{Checked(verification(r), verifiable(ctx, r))}
}

// verifiable refuses a replacement that could never end, because nothing can tell
// whether the new one works.
func verifiable(ctx context.Context, r *run.Run) error {
	_, able := r.Service.(provider.Verifier)
	switch mode := r.Op.Options.Verify; mode {
	case "", "auto":
		if !able && r.Op.Strategy == oplog.Replace {
			return provider.Hint(provider.Usage("%s", noMeans), "give --verify exec:COMMAND, or --verify none")
		}
		return nil
	case "none":
		return nil
	default:
		line, isExec := strings.CutPrefix(mode, "exec:")
		if !isExec || strings.TrimSpace(line) == "" {
			return unknownMode(mode)
		}
		return command.Check(ctx, line, r.CommandEnv(r.Op.Old))
	}
}

func unknownMode(mode string) error {
	return provider.Usage("--verify is auto, none or exec:COMMAND, not %q", mode)
}

// verifyNew waits until the new secret works, several times in a row.
func verifyNew(ctx context.Context, r *run.Run) error {
	try, how, err := verifier(r)
	if err != nil {
		return err
	}
	if r.Force {
		try, how = nil, forced
	}
	if try == nil {
		if how != waived {
			r.Remark("%s: %s", r.Op.New.ID, how)
		}
		return r.Append(oplog.StepVerified, oplog.Event{How: how})
	}
	err = verify.Wait(ctx, try, verify.Options{
		Timeout: r.Op.Options.VerifyTimeout,
		Report:  func(what string) { r.Say("waiting until the new secret works: %s", what) },
	})
	if err != nil {
		return notVerified(ctx, r, err)
	}
	return r.Append(oplog.StepVerified, oplog.Event{How: how})
}

// notVerified says what it means that the new secret was not seen to work.
func notVerified(ctx context.Context, r *run.Run, err error) error {
	untouched := "the old one was not touched"
	if r.Op.Strategy.InPlace() {
		untouched = "the new secret was delivered, because the old one is dead"
	}
	again := "run the same command again, or: credctl rotation resume " + r.Op.ID
	if r.Op.Supplied {
		again += "; if the secret was mistyped: credctl rotation resume " + r.Op.ID + " --secret-file -"
	}
	switch {
	case ctx.Err() != nil:
		return err
	case errors.Is(err, provider.ErrUsage): // it needs something that only the user has
		return provider.Hint(provider.Reclassify(provider.ErrPending, fmt.Errorf("the new secret cannot be verified: %w; %s", err, untouched)), "%s; --verify none goes without", again)
	case errors.Is(err, provider.ErrPending):
		return provider.Hint(provider.Reclassify(provider.ErrUnavailable, fmt.Errorf("%w; %s", err, untouched)), "%s", again)
	case errors.Is(err, provider.ErrDenied), errors.Is(err, provider.ErrVerify):
		return provider.Hint(provider.Reclassify(provider.ErrVerify, fmt.Errorf("the new secret does not work: %w; %s", err, untouched)), "%s; or give it up: credctl rotation abort %s", again, r.Op.ID)
	}
	return provider.Reclassify(provider.ErrUnavailable, err)
}

// verifier returns what tries the new secret once; nil where nothing does, and then why.
func verifier(r *run.Run) (try func(context.Context) error, how string, err error) {
	mode := r.Op.Options.Verify
	line, isExec := strings.CutPrefix(mode, "exec:")
	v, able := r.Service.(provider.Verifier)
	c := r.Credential()
	switch {
	case mode == "none":
		return nil, waived, nil
	case isExec:
		return func(ctx context.Context) error { return verify.Exec(ctx, line, r.CommandEnv(c), c) }, byExec, nil
	case mode != "" && mode != "auto":
		return nil, "", unknownMode(mode)
	case able && !r.Secret.IsZero():
		return func(ctx context.Context) error { return v.Verify(ctx, c) }, byAPI, nil
	}
	return nil, noMeans, nil
}

// replacesSigner reports whether the new credential has yet to show that it can take
// the place of the one that credctl signs with.
func replacesSigner(r *run.Run) bool {
	return r.Op.Options.Self && !r.Op.Retired && len(r.Op.Delivered) == 0
}

func describeSigner(r *run.Run) []string {
	return Line(true, "make a request with the new secret, which must be allowed what credctl does with %s", r.Op.Subject.ID)
}

// tryAsSigner makes an administrative request that is signed by the new credential.
func tryAsSigner(ctx context.Context, r *run.Run) error {
	service, _, err := r.Open(ctx, r.Op.Subject, r.Secret)
	if err == nil {
		_, err = run.List(ctx, service)
	}
	switch {
	case errors.Is(err, provider.ErrDenied):
		return refuse(ctx, r, fmt.Errorf("the new one may not do what credctl does with the old one: %w", err))
	case err != nil:
		return provider.Reclassify(provider.ErrPartial, fmt.Errorf("whether the new one may do what the old one may could not be told: %w", err))
	}
	return nil
}

// retirer returns the service that deletes the old credential: signed by the new one,
// where credctl signs with the old one.
func retirer(ctx context.Context, r *run.Run) (provider.Service, error) {
	if !r.Op.Options.Self {
		return r.Service, nil
	}
	service, _, err := r.Open(ctx, r.Op.Subject, r.Secret)
	if err != nil {
		return nil, provider.Reclassify(provider.ErrPartial, err)
	}
	return service, nil
}
