package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
)

// ownPlace returns the destination that the token like s comes from, or else in
// words where it comes from.
func (a *app) ownPlace(_ context.Context, s rotation.Subject) (spec, instead string, err error) {
	p, kind, err := a.kind(s.Provider, s.Kind)
	if err != nil {
		return "", "", err
	}
	param, ok := tokenParam(p, kind.Shape)
	if !ok {
		return "", "nowhere", nil
	}
	if path := a.secretFlags[param.Name]; path != "" {
		if path == "-" {
			return "", "standard input", nil
		}
		return "file:" + path, "", nil
	}
	other := a.at(s)
	file, err := other.loadConfig()
	if err != nil {
		return "", "", err
	}
	found, err := other.look(p, provider.NewInput(p.Settings...), "")
	if err != nil {
		return "", "", err
	}
	own := found.named(settingName(param))
	switch own.from {
	case fromFlag, fromEnvironment:
		return "", "the variable " + own.Source, nil
	case fromFile:
		if own.file != "" {
			return "file:" + own.file, "", nil
		}
		return "", fmt.Sprintf("%s, %s", file.path, own.Source), nil
	case fromStore, fromNowhere:
	}
	return loginScheme + strings.TrimPrefix(file.profile+"/"+p.Name, "/"), "", nil
}

// loginScheme is that of the destination which is what `credctl auth login` stored.
const loginScheme = "login:"

// A login is what `credctl auth login` stored for a vendor, as a destination.
type login struct {
	a               *app
	vendor, profile string
	setting         string
}

// loginPlace returns the destination VENDOR, or PROFILE/VENDOR, for a secret
// of this shape.
func (a *app) loginPlace(place string, shape provider.Shape) (login, error) {
	profile, vendor, found := strings.Cut(place, "/")
	if !found {
		profile, vendor = "", place
	}
	p, err := a.vendor(vendor)
	if err != nil {
		return login{}, provider.WithClass(provider.ErrUsage, err)
	}
	param, ok := tokenParam(p, shape)
	if !ok {
		return login{}, provider.Usage("%s%s takes no such secret: it is not what credctl signs with there", loginScheme, place)
	}
	return login{a, vendor, profile, settingName(param)}, nil
}

func (l login) String() string {
	return loginScheme + strings.TrimPrefix(l.profile+"/"+l.vendor, "/")
}

// Spec is the same place from everywhere.
func (l login) Spec() string { return l.String() }

// Check demands that something is stored, and can be replaced.
func (l login) Check(context.Context) error {
	s, where, err := l.a.recall(l.vendor, l.profile)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", l, err)
	case s.Secrets == nil:
		return provider.Hint(provider.Usage("%s: no token is stored", l), "credctl auth login %s", l.vendor)
	case where == inKeyring:
		return nil
	}
	return fsafe.Check(l.a.tokenPath(l.vendor, l.profile), fsafe.Options{})
}

func (l login) Write(_ context.Context, c provider.Credential) error {
	if c.Secret.IsZero() {
		return fmt.Errorf("%s: there is no secret to store", l)
	}
	s, where, err := l.a.recall(l.vendor, l.profile)
	if err == nil && s.Secrets == nil {
		err = errors.New("no token is stored any more")
	}
	if err == nil {
		s.Secrets[l.setting] = c.Secret.Reveal()
		err = l.a.restore(l.vendor, l.profile, s.Secrets, where)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", l, err)
	}
	return nil
}

func (l login) ReadBack(ctx context.Context, c provider.Credential) error {
	_, got, err := l.Current(ctx)
	if err == nil && !got.Equal(c.Secret) {
		err = errors.New("it does not hold the new secret")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", l, err)
	}
	return nil
}

func (l login) Current(context.Context) (string, provider.Secret, error) {
	s, _, err := l.a.recall(l.vendor, l.profile)
	return "", provider.NewSecret(s.Secrets[l.setting]), err
}

// tokenParam returns the setting of p that may hold a secret of this shape: both
// then have the same variable.
func tokenParam(p provider.Provider, shape provider.Shape) (provider.ParamInfo, bool) {
	for _, param := range p.Settings {
		if i := param.Info(); shape.IsSingle() && slices.Contains(i.Env, shape.Variable()) {
			return i, true
		}
	}
	return provider.ParamInfo{}, false
}
