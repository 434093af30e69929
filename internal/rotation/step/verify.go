package step

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
	"github.com/credctl/credctl/internal/verify"
)

// A verifier is how a new secret is verified.
type verifier struct {
	says string                      // before
	how  string                      // after
	line string                      // the command of the user that does it
	try  func(context.Context) error // once; nil: nothing does
}

const (
	waived       = "not verified (--verify none)"
	noMeans      = "the vendor's API cannot verify it"
	unverifiable = "not verified: " + noMeans
)

// verifierOf returns how the new secret is verified.
func verifierOf(r *run.Run) (verifier, error) {
	return verifierFor(r, r.Credential(), !r.Secret.IsZero())
}

// verifierFor returns how the secret of c is verified, where it is known.
func verifierFor(r *run.Run, c provider.Credential, known bool) (verifier, error) {
	const not = "skip the verification of the new secret"
	mode := r.Op.Options.Verify
	line, isExec := strings.CutPrefix(mode, "exec:")
	api, able := r.Service.(provider.Verifier)
	v := verifier{says: "verify the new secret", how: "verified with the vendor"}
	switch {
	case r.Force:
		return verifier{says: not, how: "not verified (--force-unverified)"}, nil
	case mode == "none":
		return verifier{says: not, how: waived}, nil
	case isExec && strings.TrimSpace(line) != "":
		v.says, v.how, v.line = "verify the new secret with "+line, "verified with the command", line
		v.try = func(ctx context.Context) error { return verify.Exec(ctx, line, r.CommandEnv(c), c) }
		return v, nil
	case mode != "" && mode != "auto":
		return v, provider.Usage("--verify must be auto, none or exec:COMMAND, not %q", mode)
	case !able:
		return verifier{says: not + ": " + noMeans, how: unverifiable}, nil
	case !known:
		return verifier{says: v.says, how: unverifiable}, nil
	}
	v.try = func(ctx context.Context) error { return api.Verify(ctx, c) }
	return v, nil
}

func describeVerify(r *run.Run) []string {
	v, _ := verifierOf(r) // the check reports its error
	return []string{v.says}
}

// checkVerifiable refuses, before an operation begins, a replacement that could not be
// completed because nothing can verify the new secret.
func checkVerifiable(ctx context.Context, r *run.Run) []Check {
	if r.Op.ID != "" {
		return nil
	}
	v, err := verifierOf(r)
	_, able := r.Service.(provider.Verifier)
	checker, checks := r.Service.(provider.VerifyChecker)
	switch {
	case err != nil:
	case v.line != "":
		if err = command.Check(ctx, v.line, r.CommandEnv(r.Op.Old)); err == nil {
			return []Check{Checked("find the command that verifies: "+v.line, nil)}
		}
	case v.how == unverifiable && checks:
		if err = checker.CheckVerify(r.Op.Old); err != nil {
			err = provider.Hint(fmt.Errorf("the new secret could not be verified: %w", err), "%s, or pass --verify exec:COMMAND, or --verify none", provider.HintOf(err))
		}
	case v.how == unverifiable && !able && r.Op.Strategy == oplog.Replace:
		err = provider.Hint(provider.Usage("%s", noMeans), "pass --verify exec:COMMAND, or --verify none")
	}
	if err == nil {
		return nil // nothing was verified yet
	}
	return []Check{Checked(v.says, err)}
}

// verifyNew waits until the new secret has worked several times in a row.
func verifyNew(ctx context.Context, r *run.Run) error {
	v, err := verifierOf(r)
	switch {
	case err != nil:
		return err
	case r.Op.Old.Endpoint != "" && r.Op.New.Endpoint == "" && !r.Secret.IsZero():
		err = provider.WithClass(provider.ErrVerify, fmt.Errorf("the vendor does not name a valid S3 endpoint for %s; without an endpoint, programs would use the key at another service", r.Op.New.ID))
	case v.try != nil:
		doing, limit := "Verifying the new secret: ", cmp.Or(r.Op.Options.VerifyTimeout, verify.DefaultTimeout)
		if r.Op.Supplied {
			doing = "Verifying the supplied secret for up to " + duration.Format(limit) + "; if it is wrong, press ^C and supply it again: "
		}
		say := func(what string) { r.Report(run.Notice{Subject: r.Op.Subject, Text: doing + what, Doing: true}) }
		err = verify.Wait(ctx, v.try, verify.Options{Timeout: limit, Report: say})
	case v.how != waived:
		r.Remark("%s: %s", r.Op.New.ID, v.how)
	}
	if err != nil {
		return notVerified(ctx, r, err)
	}
	if err = r.Append(oplog.StepVerified, oplog.Event{How: v.how}); err == nil && v.try != nil {
		r.Say("Verified the new secret")
	}
	return err
}

// notVerified says what a failed verification means.
func notVerified(ctx context.Context, r *run.Run, err error) error {
	untouched := r.Op.Subject.ID + " is unchanged"
	if r.Op.Strategy.InPlace() {
		untouched = "the new secret was delivered, because the old secret has stopped working"
	}
	again := provider.HintOf(r.Again(err))
	if r.Op.Supplied {
		again += "; to supply the secret again: credctl rotation resume " + r.Op.ID + " --secret-file -"
	}
	switch {
	case ctx.Err() != nil:
		return provider.Hint(err, "%s", again)
	case errors.Is(err, provider.ErrUsage): // something is missing that only the user can provide
		return provider.Hint(provider.Reclassify(provider.ErrPending, fmt.Errorf("could not verify the new secret: %w; %s", err, untouched)), "%s; to skip the verification, add: --verify none", again)
	case errors.Is(err, provider.ErrPending):
		return provider.Hint(provider.Reclassify(provider.ErrUnavailable, fmt.Errorf("%w; %s", err, untouched)), "%s", again)
	case errors.Is(err, provider.ErrDenied):
		return provider.Hint(provider.Reclassify(provider.ErrVerify, fmt.Errorf("the new secret does not work: %w; %s", err, untouched)), "%s; to discard the new credential: credctl rotation abort %s", again, r.Op.ID)
	}
	// Nothing can be told until somebody changes something.
	if before := provider.HintOf(err); before != "" {
		again = before + "; then " + again
	}
	return provider.Hint(provider.Reclassify(provider.ErrVerify, fmt.Errorf("%w; %s", err, untouched)), "%s; to discard the new credential: credctl rotation abort %s", again, r.Op.ID)
}
