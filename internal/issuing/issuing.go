// Package issuing carries out a request that makes a secret, and gets the secret to
// where it should go.
package issuing

import (
	"context"
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/results"
	"github.com/credctl/credctl/internal/session"
	"github.com/credctl/credctl/internal/term"
)

// Options say where a new secret goes beside what the flags about results say.
type Options struct {
	To            []string // destinations
	InsecurePerms bool     // they may be files that others can read
	RequireSecret bool     // that there is no secret is an error
}

// An Issuer issues one credential of a kind of a vendor.
type Issuer struct {
	Options

	Provider provider.Provider
	Kind     provider.Kind
	Secret   bool // it makes a secret
	DryRun   bool // nothing is sent
	Env      config.Env
	Session  *session.Session
	Results  *results.Writer
	Streams  *term.Streams
}

// Issue carries out the request. The places are opened before it; what was issued
// is shown or kept whatever fails after it.
func (i Issuer) Issue(ctx context.Context, svc provider.Service, request func(context.Context) (provider.Credential, error)) error {
	out, err := i.open(ctx)
	if err != nil {
		return err
	}
	got, err := request(ctx)
	switch {
	case i.DryRun:
		return err
	case got.ID == "" && got.Secret.IsZero():
		out.discard()
		return err
	case i.Secret && got.Secret.IsZero() && err == nil:
		err = i.noSecret(svc, got)
	}
	return exit.About{ID: got.ID}.Wrap(errors.Join(err, out.take(context.WithoutCancel(ctx), got)))
}

// noSecret says that the vendor returned no secret. It is an error only for
// those who asked for one.
func (i Issuer) noSecret(svc provider.Service, got provider.Credential) error {
	hint := "look for it at the vendor"
	if h, ok := svc.(provider.SecretHinter); ok {
		hint = h.SecretHint(got)
	}
	if i.RequireSecret {
		return provider.Hint(provider.WithClass(provider.ErrPartial, fmt.Errorf("%s was created, but the vendor returned no secret", got.ID)), "%s", hint)
	}
	i.Streams.Remark("credctl: %s was created, but the vendor returned no secret\nhint: %s", got.ID, hint)
	return nil
}
