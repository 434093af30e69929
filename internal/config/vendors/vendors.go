// Package vendors finds the vendors that credctl supports.
package vendors

import (
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
)

// Vendors returns the vendors that credctl supports. They are described when they
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
	err := provider.Usage("unknown vendor %q", name)
	if near := provider.Closest(name, v.Names()); near != "" {
		return provider.Provider{}, provider.Hint(err, "did you mean %s?", near)
	}
	return provider.Provider{}, provider.Hint(err, "valid vendors: %s", strings.Join(v.Names(), ", "))
}

// Kind returns the kind of a vendor with this name, or its first kind if name is "".
func (v Vendors) Kind(vendor, name string) (provider.Provider, provider.Kind, error) {
	p, err := v.Find(vendor)
	if err != nil {
		return p, provider.Kind{}, err
	}
	i := slices.IndexFunc(p.Kinds, func(k provider.Kind) bool { return name == "" || k.Name == name })
	if i < 0 {
		return p, provider.Kind{}, provider.Usage("%s has no credentials of the kind %q", vendor, name)
	}
	return p, p.Kinds[i], nil
}

// TokenVariables returns the names of the variables with tokens of credctl itself.
// No command of the user gets them.
func (v Vendors) TokenVariables() (names []string) {
	for _, p := range v() {
		for _, param := range p.Settings {
			if i := param.Info(); i.From == provider.File {
				names = append(names, setting.Variables(p.Name, i)...)
			}
		}
	}
	return names
}
