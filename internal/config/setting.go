package config

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/credctl/credctl/internal/provider"
)

// A Setting is one value that the requests to a vendor need, and where it comes from.
type Setting struct {
	Vendor string `json:"provider,omitempty"` // "" for a setting of credctl itself
	Name   string `json:"setting"`
	Value  string `json:"value,omitempty"` // [redacted] for a secret
	Source string `json:"source"`          // flag, the name of a variable, profile NAME, configuration, keyring, token file, default or unset

	Rank Rank   `json:"-"`
	File string `json:"-"` // that contains only the value, if there is one
	ID   string `json:"-"` // of the credential whose secret the value is, where the store knows it

	info    provider.ParamInfo
	read    func(context.Context) (string, error) // nil: nothing to read
	expires time.Time                             // at the latest; zero: unknown
}

// A Rank says where a setting comes from: the lowest takes precedence.
type Rank int

// The ranks.
const (
	FromFlag Rank = iota
	FromEnvironment
	FromFile
	FromStore
	Unset
)

func (s Setting) secret() bool { return s.info.From == provider.File }

// Settings are the settings of one account.
type Settings struct {
	Profile  Profile
	BaseURL  string
	Input    provider.Input // the loaded values
	All      []Setting
	StoreErr error // why the stored token could not be looked up

	vendor provider.Provider
}

// Named returns the setting with this name.
func (s Settings) Named(name string) Setting {
	for _, found := range s.All {
		if found.Name == name {
			return found
		}
	}
	return Setting{Rank: Unset}
}

// HasToken reports whether there is a source of a token, even if it provides none.
// A vendor that takes none needs none.
func (s Settings) HasToken() bool {
	return s.has(Setting.secret) || !slices.ContainsFunc(s.All, Setting.secret)
}

// HasAccount reports whether there is a setting that is not secret: the user has an
// account in mind.
func (s Settings) HasAccount() bool { return s.has(func(one Setting) bool { return !one.secret() }) }

func (s Settings) has(which func(Setting) bool) bool {
	return slices.ContainsFunc(s.All, func(one Setting) bool { return one.Rank < Unset && which(one) })
}

// load reads a setting, unless it was given, checks it and puts it into s.Input.
func (s Settings) load(ctx context.Context, one *Setting) error {
	wrong := func(err error) error {
		return provider.WithClass(provider.ErrUsage, fmt.Errorf("%s %s, from %s: %w", one.Vendor, one.Name, one.Source, err))
	}
	v := s.Input.Value(one.info.Name)
	if one.read != nil {
		text, err := one.read(ctx)
		if err != nil {
			return err
		}
		if err := v.Set(text); err != nil {
			return wrong(err)
		}
	}
	if v == nil || !v.IsSet() {
		return nil
	}
	one.Value = v.String()
	if strings.ContainsFunc(one.Value, unicode.IsControl) {
		return wrong(errControl)
	}
	if err := checkToken(v, one.info); err != nil {
		return wrong(err)
	}
	return nil
}
