package session

import (
	"fmt"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
)

// baseSetting is the name of the base URL among the settings of a subject.
const baseSetting = "base-url"

// account returns the account of a subject, and its kind.
func (s *Session) account(subject rotation.Subject) (config.Account, provider.Kind, error) {
	p, kind, err := s.config.Vendors.Kind(subject.Provider, subject.Kind)
	if err != nil {
		return config.Account{}, kind, err
	}
	given := provider.NewInput(p.Settings...)
	for _, settings := range []map[string]string{subject.Settings, subject.Adjustable} {
		if err := fill(given, settings); err != nil {
			return config.Account{}, kind, err
		}
	}
	return config.Account{Vendor: p, Profile: s.profileOf(subject), Given: given, BaseURL: subject.Settings[baseSetting]}, kind, nil
}

// profileOf returns the profile of a subject; nil is that of the run.
func (s *Session) profileOf(subject rotation.Subject) *string {
	if !subject.Bound && (subject.Profile == "" || s.config.Flags.Profile != "") {
		return nil
	}
	return &subject.Profile
}

// Subject returns a credential of a kind in an account as the subject of a rotation
// with these parameters. Without an ID, it is to be created.
func (s *Session) Subject(a config.Account, kind provider.Kind, id string, in provider.Input) rotation.Subject {
	subject := rotation.Subject{
		Provider: a.Vendor.Name, Kind: kind.Name, ID: id, Profile: s.config.Flags.Profile,
		Created: id == "",
	}
	split(&subject, plain(a.Given, a.Vendor.Settings), a.Vendor.Settings)
	subject.Params = plain(in, paramsOf(kind, subject))
	if a.BaseURL != "" {
		subject.Settings[baseSetting] = a.BaseURL
	}
	return subject
}

// split sets the settings of a subject to these values: those that a later run may
// change are apart.
func split(subject *rotation.Subject, values map[string]string, params []provider.AnyParam) {
	subject.Settings, subject.Adjustable = values, nil
	for _, p := range params {
		i := p.Info()
		value, set := values[i.Name]
		if !i.Adjustable || !set {
			continue
		}
		if delete(values, i.Name); subject.Adjustable == nil {
			subject.Adjustable = map[string]string{}
		}
		subject.Adjustable[i.Name] = value
	}
}

// paramsOf returns the parameters that the values of a subject are of.
func paramsOf(kind provider.Kind, subject rotation.Subject) []provider.AnyParam {
	if subject.Created {
		return kind.Params[provider.Create]
	}
	return kind.Params[provider.Rotate]
}

// fill sets the parameters of in to these values. Other values are ignored.
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

// plain returns the given values of params that are not secret.
func plain(in provider.Input, params []provider.AnyParam) map[string]string {
	values := map[string]string{}
	for _, p := range params {
		i := p.Info()
		if v := in.Value(i.Name); v != nil && i.From == provider.Plain && v.IsSet() && v.Type() != "map[string]string" {
			values[i.Name] = v.String()
		}
	}
	return values
}
