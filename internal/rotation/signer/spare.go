package signer

import (
	"context"
	"fmt"
	"iter"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// Print returns the fingerprint of what credctl authenticates with, where that may be a
// credential like s, or "".
func (f Finder) Print(ctx context.Context, s oplog.Subject) (string, error) {
	token, err := f.token(ctx, s)
	if err != nil || token.IsZero() {
		return "", err
	}
	return f.Journal.Print(token)
}

// Spare refuses the deletion of the credential with this ID, by a later run of an
// operation, if credctl authenticates with it, or may. The old credential was compared
// with the token with which the operation began; another one is compared again. service
// and all are those of [Finder.Signs].
func (f Finder) Spare(ctx context.Context, op *oplog.OpState, id string, service provider.Service, all iter.Seq2[provider.Credential, error]) error {
	old := id == op.Subject.ID
	if op.Options.Self && (old || op.Options.Own != "") { // the new key deletes it, or the old key was put back where the token is read
		return nil
	}
	print, err := f.Print(ctx, op.Subject)
	if err != nil || print == "" || old && print == op.Token {
		return err
	}
	s := op.Subject
	s.ID = id
	signs, known, err := f.Signs(ctx, s, service, all)
	refused := func(why, hint string) error {
		return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("did not delete %s: %s", id, why)), "%s", hint)
	}
	switch {
	case err != nil:
		return err
	case signs:
		return refused("it "+IsSigner, "use a token of another key, then run the same command again")
	case !known && (!old || !op.Options.NotSelf):
		return refused(Untold(IsSigner, id), fmt.Sprintf("use the token with which the rotation began; if credctl does not authenticate with it: credctl %s rotate %s --not-self %[2]s", s.Provider, id))
	}
	return nil
}
