package config

import (
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// Vendors returns the vendors that credctl knows. They are described when they
// are first asked for.
type Vendors func() []provider.Provider

// Names returns the names of the vendors.
func (v Vendors) Names() []string { return namesOf(v()) }

func namesOf(vendors []provider.Provider) []string {
	names := make([]string, len(vendors))
	for i, p := range vendors {
		names[i] = p.Name
	}
	return names
}

// Find returns the vendor with this name.
func (v Vendors) Find(name string) (provider.Provider, error) {
	for _, p := range v() {
		if p.Name == name {
			return p, nil
		}
	}
	err := provider.Usage("there is no vendor %q", name)
	if near := provider.Closest(name, v.Names()); near != "" {
		return provider.Provider{}, provider.Hint(err, "did you mean %s?", near)
	}
	return provider.Provider{}, provider.Hint(err, "there are %s", strings.Join(v.Names(), ", "))
}

// Kind returns the kind with this name of a vendor, the first when it is empty.
func (v Vendors) Kind(vendor, name string) (provider.Provider, provider.Kind, error) {
	p, err := v.Find(vendor)
	if err != nil {
		return p, provider.Kind{}, err
	}
	i := slices.IndexFunc(p.Kinds, func(k provider.Kind) bool { return name == "" || k.Name == name })
	if i < 0 {
		return p, provider.Kind{}, provider.Usage("%s has no kind %q", vendor, name)
	}
	return p, p.Kinds[i], nil
}

// TokenVariables returns the names of the variables that hold tokens of credctl
// itself, which no command of the user gets.
func (v Vendors) TokenVariables() (names []string) {
	for _, p := range v() {
		for _, param := range p.Settings {
			if i := param.Info(); i.From == provider.File {
				names = append(append(names, envName(p.Name, i.Setting())), i.Env...)
			}
		}
	}
	return names
}

// TokenParam returns the setting of p that may hold a secret of this shape: both
// then have the same variable.
func TokenParam(p provider.Provider, shape provider.Shape) (provider.ParamInfo, bool) {
	for _, param := range p.Settings {
		if i := param.Info(); shape.IsSingle() && slices.Contains(i.Env, shape.Variable()) {
			return i, true
		}
	}
	return provider.ParamInfo{}, false
}

// TokenLike returns the token among settings of p that may be a credential whose
// secret has this shape.
func TokenLike(p provider.Provider, shape provider.Shape, settings provider.Input) provider.Secret {
	i, ok := TokenParam(p, shape)
	if !ok {
		return provider.Secret{}
	}
	token, _ := provider.SecretOf(settings.Value(i.Name))
	return token
}

// SameSettings reports whether two sets of settings of p are alike, secret ones too.
func SameSettings(p provider.Provider, a, b provider.Input) bool {
	for _, param := range p.Settings {
		v, w := a.Value(param.Info().Name), b.Value(param.Info().Name)
		x, secret := provider.SecretOf(v)
		y, _ := provider.SecretOf(w)
		if v.IsSet() != w.IsSet() || !secret && v.String() != w.String() || secret && !x.Equal(y) {
			return false
		}
	}
	return true
}
