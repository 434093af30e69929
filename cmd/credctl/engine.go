package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/visible"
)

// engine returns what carries out rotations for this run.
func (a *app) engine() (*rotation.Engine, error) {
	store, err := a.journal()
	if err != nil {
		return nil, err
	}
	shared := &services{}
	return &rotation.Engine{
		Journal: store,
		Bind:    a.bindSubject,
		Open: func(ctx context.Context, s rotation.Subject, token provider.Secret) (provider.Service, provider.Input, error) {
			return a.openSubject(ctx, shared, s, token)
		},
		Destination: func(spec string, s rotation.Subject, insecurePerms bool) (deliver.Destination, error) {
			_, kind, err := a.kind(s.Provider, s.Kind)
			if err != nil {
				return nil, err
			}
			return a.at(s).destination(spec, kind.Shape, insecurePerms)
		},
		Kind: func(vendor, name string) (string, error) {
			_, kind, err := a.kind(vendor, name)
			return kind.Name, err
		},
		Token:    a.ownToken,
		OwnPlace: a.ownPlace,
		Keep:     a.keepCredential,
		Report:   a.reportRotation,
		Environ:  a.environ(),
		Hide:     a.tokenVariables(),
		Exit:     func(err error) int { _, exit := statusOf(err); return exit },
	}, nil
}

// reportRotation shows the steps to a person as they happen. Anybody else is
// told only what must be said.
func (a *app) reportRotation(e rotation.Event) {
	switch {
	case a.global.quiet && !e.Important:
	case e.Important && !a.stderrTTY:
		a.remark("%s: %s", e.Subject.Provider, visible.Text(e.Text))
	case a.stderrTTY:
		fmt.Fprintf(a.stderr, "%s%s: %s\n", eraseLine, e.Subject.Provider, visible.Text(e.Text)) // there may be a meter
	}
}

// kind returns the kind of that name.
func (a *app) kind(vendor, name string) (provider.Provider, provider.Kind, error) {
	p, err := a.vendor(vendor)
	if err != nil {
		return p, provider.Kind{}, err
	}
	i := slices.IndexFunc(p.Kinds, func(k provider.Kind) bool { return name == "" || k.Name == name })
	if i < 0 {
		return p, provider.Kind{}, provider.Usage("%s has no kind %q", vendor, name)
	}
	return p, p.Kinds[i], nil
}

// openSubject opens the kind of s as it is configured now, with the settings of
// s; as the holder of token, if there is one.
func (a *app) openSubject(ctx context.Context, shared *services, s rotation.Subject, token provider.Secret) (provider.Service, provider.Input, error) {
	p, kind, err := a.kind(s.Provider, s.Kind)
	if err != nil {
		return nil, provider.Input{}, err
	}
	settings := provider.NewInput(p.Settings...)
	if err := fill(settings, s.Settings); err != nil {
		return nil, provider.Input{}, err
	}
	if !token.IsZero() {
		if err := settings.Value(provider.Token.Info().Name).Set(token.Reveal()); err != nil {
			return nil, provider.Input{}, err
		}
	}
	conn, err := a.at(s).connect(ctx, p, settings, s.Settings[baseSetting])
	if err != nil {
		return nil, provider.Input{}, err
	}
	svc, err := shared.open(p, kind, conn)
	if err != nil {
		return nil, provider.Input{}, err
	}
	in := provider.NewInput(kind.Params[provider.Rotate]...)
	return svc, in, fill(in, s.Params)
}

// baseSetting is the base URL among the settings of a subject.
const baseSetting = "base-url"

// bindSubject returns s with all that says which account it is, as that is now.
// The token is no part of it: that comes from the profile, and changes.
func (a *app) bindSubject(ctx context.Context, s rotation.Subject) (rotation.Subject, error) {
	p, err := a.vendor(s.Provider)
	if err != nil {
		return s, err
	}
	p.Settings = slices.DeleteFunc(slices.Clone(p.Settings), func(param provider.AnyParam) bool { return param.Info().From != provider.Plain })
	in := provider.NewInput(p.Settings...)
	if err := fill(in, s.Settings); err != nil {
		return s, err
	}
	now := a.in(s.Profile)
	file, err := now.loadConfig()
	if err != nil {
		return s, err
	}
	found, err := now.settle(ctx, p, in, s.Settings[baseSetting])
	if err != nil {
		return s, err
	}
	s.Bound, s.Profile, s.Settings = true, file.profile, plain(in, p.Settings)
	s.Settings[baseSetting] = found.base
	return s, nil
}

// at returns a, with the profile of s.
func (a *app) at(s rotation.Subject) *app {
	if !s.Bound {
		return a.in(s.Profile)
	}
	other := *a
	other.profile = &s.Profile
	return &other
}

// in returns a, with the settings of a profile.
func (a *app) in(profile string) *app {
	if profile == "" || a.global.profile != "" {
		return a
	}
	other := *a
	other.global.profile = profile
	return &other
}

// ownToken is what credctl is configured to sign with, where that may be a
// credential like s.
func (a *app) ownToken(ctx context.Context, s rotation.Subject) (provider.Secret, error) {
	p, kind, err := a.kind(s.Provider, s.Kind)
	if err != nil {
		return provider.Secret{}, err
	}
	settings := provider.NewInput(p.Settings...)
	if err := fill(settings, s.Settings); err != nil {
		return provider.Secret{}, err
	}
	if _, err := a.at(s).settle(ctx, p, settings, s.Settings[baseSetting]); err != nil {
		return provider.Secret{}, err
	}
	return tokenLike(p, kind, settings), nil
}

// tokenLike returns the token among settings that may be a credential of kind.
func tokenLike(p provider.Provider, kind provider.Kind, settings provider.Input) provider.Secret {
	i, ok := tokenParam(p, kind.Shape)
	if !ok {
		return provider.Secret{}
	}
	token, _ := provider.SecretOf(settings.Value(i.Name))
	return token
}

// fill gives in the values of its parameters; what is none of them is left out.
func fill(in provider.Input, values map[string]string) error {
	for name, text := range values {
		if v := in.Value(name); v != nil {
			if err := v.Set(text); err != nil {
				return provider.WithClass(provider.ErrUsage, fmt.Errorf("%s: %w", name, err))
			}
		}
	}
	return nil
}

// plain returns the values of params that were given and are not secret.
func plain(in provider.Input, params []provider.AnyParam) map[string]string {
	values := map[string]string{}
	for _, p := range params {
		i := p.Info()
		if v := in.Value(i.Name); i.From == provider.Plain && v.IsSet() && v.Type() != "map[string]string" {
			values[i.Name] = v.String()
		}
	}
	return values
}

// days lets a duration be given in days, weeks and years too.
type days struct{ d *time.Duration }

func (d days) String() string {
	if d.d == nil || *d.d == 0 {
		return ""
	}
	return rotation.FormatDuration(*d.d)
}

func (d days) Set(s string) (err error) {
	*d.d, err = rotation.ParseDuration(s)
	return err
}

func (d days) Type() string { return "duration" }
