package ours

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// Peers returns all credentials in the tenant or region of old, whatever is selected.
func Peers(ctx context.Context, service provider.Service, old provider.Credential) (all []provider.Credential, err error) {
	for c, err := range provider.ListScope(ctx, service, old) {
		if err != nil {
			return nil, fmt.Errorf("could not list the existing credentials: %w", err)
		}
		all = append(all, c)
	}
	return all, nil
}

// Made reports whether a known credential was issued. One without an ID counts as
// lost, because nothing can be done with it.
func Made(s oplog.Strategy, old string, c provider.Credential, err error) bool {
	switch s {
	case oplog.Generate:
		return err == nil || !c.Secret.IsZero()
	case oplog.Replace:
		return c.ID != "" && c.ID != old
	case oplog.Rotate, oplog.Create, oplog.Deliver:
	}
	return c.ID != "" && (err == nil || !c.Secret.IsZero() || c.ID != old || errors.Is(err, provider.ErrVerify) || errors.Is(err, provider.ErrPartial))
}

// Late is [Search.Among] of what the vendor has now.
func (x Search) Late(ctx context.Context) (Found, error) {
	all, err := Peers(ctx, x.Service, x.Op.Old)
	if err != nil {
		return Found{}, err
	}
	return x.Among(ctx, all)
}

// Unused returns nil where a credential that replaced the old credential exists, and nobody
// uses it. Otherwise somebody else may have its secret: the error is [provider.ErrUnknown]; or
// [provider.ErrUnavailable] where that cannot be told yet.
func (x Search) Unused(ctx context.Context, id string) error {
	all, err := Peers(ctx, x.Service, provider.Credential{})
	if err != nil {
		return provider.Reclassify(provider.ErrPartial, err)
	}
	old := x.Op.Subject.ID
	i := slices.IndexFunc(all, func(c provider.Credential) bool { return c.ID == id })
	switch {
	case i < 0 || all[i].Revoked:
		err = fmt.Errorf("%s, which replaced %s, no longer exists", id, old)
	case !all[i].LastUsed.IsZero():
		err = fmt.Errorf("%s, which replaced %s, is used by somebody else", id, old)
	default:
		if err = x.SeenUnused(ctx, all, all[i]); err == nil || errors.Is(err, provider.ErrUnavailable) {
			return err
		}
	}
	return provider.Hint(provider.Reclassify(provider.ErrUnknown, fmt.Errorf("did not continue the rotation: %w", err)),
		"to end this rotation without changing anything: credctl rotation abort %s --force; then rotate the credential that is in use", x.Op.ID)
}

// NotAgain refuses to generate a secret again where the answer to a request was lost: that
// would stop the secret that is in use now.
func NotAgain(s *oplog.OpState) error {
	id, command := s.Subject.ID, "rotate "+s.Subject.ID
	if s.Old.ID == "" {
		command = "generate " + id
	} else if s.Options.InPlace {
		command += " --in-place"
	}
	return provider.Hint(provider.WithClass(provider.ErrUnknown, fmt.Errorf("an earlier run may have generated a secret for %s, which was lost, and somebody else may have generated another one since: nothing was changed", id)),
		"if nobody uses its present secret: credctl %s %s; to end this and change nothing: credctl rotation abort %s --force", s.Subject.Provider, command, s.ID)
}

// CanList returns nil if the account of the settings can be listed.
func CanList(ctx context.Context, service provider.Service) error {
	l, ok := service.(provider.Lister)
	if !ok {
		return nil
	}
	for _, err := range l.List(ctx, provider.Input{}) {
		if err != nil {
			return fmt.Errorf("could not list the existing credentials: %w", err)
		}
	}
	return nil
}
