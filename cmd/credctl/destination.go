package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
)

// destination returns the destination that spec names. shape is that of the secrets
// that go there.
func (a *app) destination(spec string, shape provider.Shape, insecurePerms bool) (deliver.Destination, error) {
	if place, ok := strings.CutPrefix(spec, loginScheme); ok {
		return a.loginPlace(place, shape)
	}
	state, err := a.stateDir()
	if err != nil {
		return nil, err
	}
	return deliver.Parse(spec, deliver.Options{
		AllowInsecurePerms: insecurePerms,
		Shape:              shape,
		Keepers:            map[string]deliver.OpenKeeper{"losant": a.losantKeeper},
		LockDir:            filepath.Join(state, "locks"),
		Env:                a.environ(),
		Home:               a.home,
		Hide:               a.tokenVariables(),
	})
}

// losantKeeper opens the Losant application that the target APPLICATION/CREDENTIAL
// names, and returns the credential. An application's ID has no slash in it.
func (a *app) losantKeeper(ctx context.Context, target string) (keeper provider.SecretStore, credential string, err error) {
	application, credential, whole := strings.Cut(target, "/")
	if !whole || credential == "" {
		return nil, "", provider.Usage("losant:%s is not APPLICATION/CREDENTIAL", target)
	}
	p, err := a.vendor("losant")
	if err != nil {
		return nil, "", err
	}
	in := provider.NewInput(p.Settings...)
	if err := in.Value("application").Set(application); err != nil {
		return nil, "", provider.WithClass(provider.ErrUsage, err)
	}
	conn, err := a.connect(ctx, p, in, "")
	if err != nil {
		return nil, "", err
	}
	svc, err := p.Kinds[0].Open(conn)
	if err != nil {
		return nil, "", err
	}
	keeper, ok := svc.(provider.SecretStore)
	if !ok {
		return nil, "", provider.Usage("%s keeps no secrets of others", p.Title)
	}
	return keeper, credential, nil
}

// environ is the environment as a command gets it.
func (a *app) environ() []string {
	env := make([]string, 0, len(a.env))
	for k, v := range a.env {
		env = append(env, k+"="+v)
	}
	return env
}

// tokenVariables are the variables that hold tokens of credctl itself, which no
// hook and no destination gets.
func (a *app) tokenVariables() (names []string) {
	for _, p := range a.providers() {
		for _, param := range p.Settings {
			if i := param.Info(); i.From == provider.File {
				names = append(append(names, envName(p.Name, settingName(i))), i.Env...)
			}
		}
	}
	return names
}
