package entry

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/deliver"
	specs "github.com/credctl/credctl/internal/deliver/spec"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// A Target is a destination as it was given.
type Target struct {
	deliver.Options

	Given  string            // all of it
	Place  string            // between the scheme and the options
	Params map[string]string // the options
	Server string            // the URL of the server, where that is known

	scheme deliver.Scheme
	query  string // the options as they were given
}

// Scheme completes s: what it names is opened with open, once it is used.
func Scheme(s deliver.Scheme, parse func(Target) (deliver.Destination, error)) deliver.Scheme {
	var known []string
	for _, p := range s.Params {
		known = append(known, p.Name)
	}
	s.New = func(spec, place string, o deliver.Options) (deliver.Destination, error) {
		t := Target{Options: o, Given: spec, scheme: s}
		t.Place, t.query = specs.Split(place)
		var err error
		if t.Params, err = specs.Query(spec, t.query, known...); err != nil {
			return nil, err
		}
		return parse(t)
	}
	return s
}

// Usage returns an error about t itself.
func (t Target) Usage(format string, args ...any) error {
	return provider.Usage("the destination %q is not valid: %w", t.Given, fmt.Errorf(format, args...))
}

// Flag returns an option that is 1 or 0, and whether it was given.
func (t Target) Flag(name string) (on, given bool, err error) {
	value, given := t.Params[name]
	if given && value != "1" && value != "0" {
		return false, true, t.Usage("invalid value %q of %s (valid: 0, 1)", value, name)
	}
	return value == "1", given, nil
}

// Spec returns t so that it is found again wherever the environment points: with
// this place, and options for what the environment has added.
func (t Target) Spec(place string, resolved map[string]string) string {
	readable := strings.NewReplacer("%3A", ":", "%2F", "/") // neither needs to be escaped there
	var options []string
	if t.query != "" {
		options = append(options, t.query)
	}
	for _, name := range slices.Sorted(maps.Keys(resolved)) {
		if _, given := t.Params[name]; !given && resolved[name] != "" {
			options = append(options, name+"="+readable.Replace(url.QueryEscape(resolved[name])))
		}
	}
	spec := t.scheme.Name + ":" + specs.Escape(place)
	if options == nil {
		return spec
	}
	return spec + "?" + strings.Join(options, "&")
}

// Environ returns the environment of a program that belongs to a server, such as
// its own command line: with the tokens of destinations and the settings of the profile,
// without the tokens of vendors.
func (t Target) Environ() []string {
	tokens := TokenVariables(t.Schemes)
	hide := slices.DeleteFunc(slices.Clone(t.Hide), func(name string) bool { return slices.Contains(tokens, name) })
	env := command.Environ(t.Env, hide, provider.Credential{})
	for _, s := range t.scheme.Settings {
		if value, from := t.Setting(s.Name); from == inProfile+s.Name {
			env = append(env, s.Env[0]+"="+value)
		}
	}
	return env
}

// TokenVariables returns the environment variables in which schemes expect
// tokens. No hook and no command gets them.
func TokenVariables(schemes []deliver.Scheme) (names []string) {
	for _, s := range schemes {
		for _, setting := range s.Settings {
			if setting.Secret {
				names = append(names, setting.Env...)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// WithoutTokens returns the environment of a program that is asked for the token that it
// has itself: without all others, and without the settings of the profile.
func (t Target) WithoutTokens() []string {
	hide := slices.Concat(t.Hide, TokenVariables(t.Schemes), TokenVariables([]deliver.Scheme{t.scheme}))
	return command.Environ(t.Env, hide, provider.Credential{})
}

// URL is the option that names the server.
func URL() deliver.Param {
	return deliver.Param{Name: "url", Value: "URL", Usage: "URL of the API (default: from the environment)"}
}

// Setting returns a setting, from the environment or else the profile, and the
// name of the place where it was found; "" is nowhere.
func (t Target) Setting(name string) (value, from string) {
	s := t.declared(name)
	if value, from = t.fromEnv(s); value != "" {
		return value, from
	}
	if v := t.Settings[name]; v != "" && (!s.Secret && !s.Own || !t.elsewhere()) {
		return v, inProfile + name
	}
	return "", ""
}

// inProfile is how the keys of settings begin in a profile.
const inProfile = "destinations."

func (t Target) fromEnv(s deliver.Setting) (value, variable string) {
	for _, variable := range s.Env {
		if v, _ := t.LookupEnv(variable); v != "" {
			return v, variable
		}
	}
	return "", ""
}

// elsewhere reports whether the environment leads to another server than the profile, which
// does not say who credctl is there.
func (t Target) elsewhere() bool {
	servers := slices.DeleteFunc(slices.Clone(t.scheme.Settings), func(s deliver.Setting) bool { return !s.Server })
	named := slices.ContainsFunc(servers, func(s deliver.Setting) bool { return t.Settings[s.Name] != "" })
	for _, s := range servers {
		own := t.Settings[s.Name]
		if !named {
			own = s.Default
		}
		switch v, _ := t.fromEnv(s); {
		case v != "":
			return (named || own != "") && !sameServer(v, own)
		case named && own != "":
			return false
		}
	}
	return false
}

// sameServer reports whether two settings name one server, which is https where they do not
// say how it is reached.
func sameServer(a, b string) bool {
	plain := func(s string) string {
		return strings.TrimRight(strings.TrimPrefix(strings.ToLower(s), "https://"), "/")
	}
	return plain(a) == plain(b)
}

// Secret returns a setting that is secret.
func (t Target) Secret(name string) provider.Secret {
	value, _ := t.Setting(name)
	return provider.NewSecret(value)
}

// NoToken returns the error that none of the settings is there.
func (t Target) NoToken(service, advice string, names ...string) error {
	var looked []string
	unused := ""
	for _, name := range names {
		looked = append(looked, t.declared(name).Env...)
		if t.Settings[name] != "" && t.elsewhere() {
			unused = "; the token of the profile is for another server"
		}
	}
	return provider.Hint(provider.WithClass(provider.ErrDenied, fmt.Errorf("no %s token found (checked %s%s)", service, strings.Join(looked, ", "), unused)),
		"set %s%s", looked[0], advice)
}

func (t Target) declared(name string) deliver.Setting {
	i := slices.IndexFunc(t.scheme.Settings, func(s deliver.Setting) bool { return s.Name == name })
	return t.scheme.Settings[i] // one that the scheme does not declare is a mistake of ours
}

// Address returns s as the address of an API, with a prefix where it has no path.
// Without TLS only this machine is reached. Where names the setting in errors.
func Address(s, prefix, where string) (string, error) {
	base, err := provider.Provider{BaseURL: "https://server.example.com", Prefix: prefix}.Base(s)
	if err != nil {
		return "", fmt.Errorf("%s: %w", where, err)
	}
	return base, nil
}

// Client returns a client for the server at base. Transport is nil where the
// usual connections do.
func (t Target) Client(base string, transport http.RoundTripper, d rest.Dialect) (*rest.Client, error) {
	conn := t.Conn
	conn.BaseURL, conn.DryRun = base, nil
	if transport != nil || conn.HTTP == nil {
		if transport == nil {
			transport = rest.NewTransport()
		}
		conn.HTTP = &http.Client{Transport: transport}
	}
	return rest.New(conn, d)
}
