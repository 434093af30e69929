package step

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/arrival"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/ours"
	"github.com/credctl/credctl/internal/rotation/run"
)

// replacesSigner reports whether the new credential has yet to be tried as the one that
// credctl authenticates with.
func replacesSigner(r *run.Run) bool {
	return r.Op.Options.Self && !r.Op.Retired && len(r.Op.Delivered) == 0
}

func describeSigner(r *run.Run) []string {
	return Line(true, "check that the new secret permits what credctl does with %s", r.Op.Subject.ID)
}

// tryAsSigner sends an administrative request that is signed by the new credential.
func tryAsSigner(ctx context.Context, r *run.Run) error {
	service, _, err := r.Open(ctx, r.Op.Subject, r.Secret)
	if err == nil {
		err = ours.CanList(ctx, service)
	}
	switch {
	case errors.Is(err, provider.ErrDenied):
		err = refuse(ctx, r, fmt.Errorf("%s does not permit what credctl does with %s: %w", r.Op.New.ID, r.Op.Subject.ID, err))
		if r.Op.Reached != oplog.Aborted {
			return err
		}
		return provider.Hint(err, "rotate it again with parameters that give the new key the permissions of the old key, such as --role NAME")
	case err != nil:
		return provider.Reclassify(provider.ErrPartial, fmt.Errorf("could not check that %s permits what credctl does: %w", r.Op.New.ID, err))
	}
	return nil
}

// signsInPlace reports whether the vendor's own route has replaced the credential that
// credctl authenticates with.
func signsInPlace(r *run.Run) bool { return r.Op.Options.Self && r.Op.Issued && !r.Secret.IsZero() }

// signWithNew makes the new credential sign what follows: the old secret does not work
// any more.
func signWithNew(ctx context.Context, r *run.Run) error {
	service, _, err := r.Open(ctx, r.Op.Subject, r.Secret)
	if err != nil {
		return provider.Reclassify(provider.ErrPartial, err)
	}
	r.Service = service
	return nil
}

// A signerTeller tells which credential signed the request that made another one; "":
// the vendor does not tell.
type signerTeller interface {
	SignerOf(ctx context.Context, made string) (id string, err error)
}

// checksSigner reports whether the user stated that credctl does not authenticate with
// the old credential, so that what the vendor says counts for more.
func checksSigner(r *run.Run) bool {
	return r.Op.Options.NotSelf && r.Op.Issued && !r.Op.Hooked && !r.Op.Retired
}

// checkSigner finds out from the vendor which credential signed the request that made
// the new credential, and remembers that. If it is the old credential, the new credential
// is revoked, unless it may be in use.
func checkSigner(ctx context.Context, r *run.Run) error {
	t, ok := r.Service.(signerTeller)
	if !ok {
		return nil
	}
	old := r.Op.Subject.ID
	id, err := t.SignerOf(ctx, r.Op.New.ID)
	signs := strings.EqualFold(id, old)
	switch {
	case err != nil || id == "": // the statement of the user counts
		return ctx.Err()
	case signs && r.Op.Strategy.InPlace():
		r.Remark("according to the vendor's audit log, credctl authenticated with %s: give credctl the new secret", old)
		return nil
	case r.Signed != nil:
		err = r.Signed(ctx, r.Op.Subject, map[bool]string{true: old, false: id}[signs])
	}
	if err != nil || !signs {
		return err
	}
	why := fmt.Errorf("credctl authenticates with %s, according to the vendor's audit log", old)
	if err := arrival.RevokeUnused(ctx, r, why); err != nil {
		return err
	}
	return provider.Hint(provider.Reclassify(provider.ErrRefused, fmt.Errorf("%w; the new key was revoked", why)), "pass --self in place of --not-self")
}
