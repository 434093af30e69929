package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/credctl/credctl/internal/provider"
)

// A setting is one value that a vendor's requests need, and where it came from.
type setting struct {
	Vendor string `json:"provider,omitempty"` // none: it is credctl's own
	Name   string `json:"setting"`
	Value  string `json:"value,omitempty"` // [redacted] for a secret
	Source string `json:"source"`          // flag, the name of a variable, profile NAME, configuration, keyring, token file, default or unset

	info provider.ParamInfo
	from rank
	file string                                // that holds it alone, if one does
	read func(context.Context) (string, error) // nil: there is nothing to read
	dies time.Time                             // at the latest; zero: not known
}

// A rank is where a setting comes from: the lowest one wins.
type rank int

const (
	fromFlag rank = iota
	fromEnvironment
	fromFile
	fromStore
	fromNowhere
)

func (s setting) hidden() bool { return s.info.From == provider.File }

// settled are the settings of one vendor.
type settled struct {
	base    string
	all     []setting
	trouble error // why what `credctl auth login` stored could not be looked up
}

// named returns the setting with this name.
func (s settled) named(name string) setting {
	for _, found := range s.all {
		if found.Name == name {
			return found
		}
	}
	return setting{from: fromNowhere}
}

// settle fills in, which holds what the command line gives for p, with what the
// environment, the configuration and the keyring say. In this order the first
// one wins: flag, CREDCTL_<VENDOR>_<SETTING>, the vendor's own variable, the
// profile, what the file says for all profiles, keyring.
func (a *app) settle(ctx context.Context, p provider.Provider, in provider.Input, baseFlag string) (settled, error) {
	s, err := a.look(p, in, baseFlag)
	if err != nil {
		return s, err
	}
	for i := range s.all {
		if err := s.all[i].give(ctx, in); err != nil {
			return s, err
		}
		if file := s.all[i].file; file != "" && file != "-" {
			a.warnReadable(file)
		}
	}
	return s, nil
}

// look finds where the settings of p come from. It reads no file but the
// configuration and what `credctl auth login` stored, and runs nothing.
func (a *app) look(p provider.Provider, in provider.Input, baseFlag string) (settled, error) {
	file, err := a.loadConfig()
	if err != nil {
		return settled{}, err
	}
	s, err := a.outside(file, p, in, baseFlag)
	if err != nil {
		return s, err
	}
	var hidden []*setting
	for i := range s.all {
		if s.all[i].hidden() {
			hidden = append(hidden, &s.all[i])
		}
	}
	if !oneWay(hidden) {
		s.trouble = a.fromStore(p.Name, file.profile, hidden)
	}
	return s, nil
}

// outside finds the settings of p but for what is stored.
func (a *app) outside(file *config, p provider.Provider, in provider.Input, baseFlag string) (settled, error) {
	base, source := a.baseURL(p, file, baseFlag)
	url, err := p.Base(base)
	if err != nil {
		return settled{}, provider.WithClass(provider.ErrUsage, fmt.Errorf("%w (from %s)", err, source))
	}
	s := settled{base: url, all: []setting{{Vendor: p.Name, Name: baseKey, Value: url, Source: source}}}
	if source == "default" {
		s.all[0].from = fromNowhere
	}
	for _, param := range p.Settings {
		found := a.find(p, file, in, param.Info())
		found.Vendor, found.Name, found.info = p.Name, settingName(param.Info()), param.Info()
		s.all = append(s.all, found)
	}
	return s, nil
}

// oneWay leaves one way to authenticate: the token, or what a vendor takes in
// its place, whichever comes from a better place. It reports whether there is one.
func oneWay(hidden []*setting) bool {
	best := map[bool]rank{true: fromNowhere, false: fromNowhere}
	for _, s := range hidden {
		best[s.Name == tokenKey] = min(best[s.Name == tokenKey], s.from)
	}
	for _, s := range hidden {
		if token := s.Name == tokenKey; s.from < fromNowhere && best[!token] < best[token] {
			*s = setting{Vendor: s.Vendor, Name: s.Name, Source: s.Source + " (not used)", info: s.info, from: fromNowhere}
		}
	}
	return min(best[true], best[false]) < fromNowhere
}

// find finds what the command line, the environment or the configuration says.
func (a *app) find(p provider.Provider, file *config, in provider.Input, i provider.ParamInfo) setting {
	if v := in.Value(i.Name); v.IsSet() {
		return setting{Value: v.String(), Source: "flag", from: fromFlag, file: a.secretFlags[i.Name]}
	}
	name := settingName(i)
	for _, variable := range append([]string{envName(p.Name, name)}, i.Env...) {
		if v := a.env[variable]; v != "" {
			return setting{Source: variable, from: fromEnvironment, read: literally(v)}
		}
	}
	for _, s := range file.sections(p.Name) {
		if found := a.inSection(p, s, i); found.read != nil {
			found.from = fromFile
			return found
		}
	}
	return setting{Source: "unset", from: fromNowhere}
}

// inSection finds what a section of the configuration says: of a secret the name
// of its file, or the command that prints it, before the secret itself.
func (a *app) inSection(p provider.Provider, s section, i provider.ParamInfo) setting {
	name := settingName(i)
	if i.From == provider.File {
		if path := s.text(name + "_file"); path != "" {
			path, err := a.expand(path, filepath.Dir(s.file.path))
			return setting{Source: s.name + " (" + name + "_file)", file: path, read: func(context.Context) (string, error) {
				if err != nil {
					return "", err
				}
				return a.readTokenFile(path)
			}}
		}
		if command := s.get(commandKey); name == tokenKey && command != nil {
			return setting{Source: s.name + " (" + commandKey + ")", read: func(ctx context.Context) (string, error) {
				return a.tokenCommand(ctx, p.Name, command, filepath.Dir(s.file.path))
			}}
		}
	}
	if text := s.text(name); text != "" {
		return setting{Source: s.name, read: literally(text)}
	}
	return setting{}
}

func literally(text string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return text, nil }
}

// give reads s, unless the command line gave it, checks it, and puts it into in.
func (s *setting) give(ctx context.Context, in provider.Input) error {
	wrong := func(err error) error {
		return provider.WithClass(provider.ErrUsage, fmt.Errorf("%s %s, from %s: %w", s.Vendor, s.Name, s.Source, err))
	}
	v := in.Value(s.info.Name)
	if s.read != nil {
		text, err := s.read(ctx)
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
	s.Value = v.String()
	if strings.ContainsFunc(s.Value, unicode.IsControl) {
		return wrong(errControl)
	}
	if err := checkToken(v, s.info); err != nil {
		return wrong(err)
	}
	return nil
}

func (a *app) baseURL(p provider.Provider, file *config, flag string) (value, source string) {
	if flag != "" {
		return flag, "flag"
	}
	for _, name := range append([]string{envName(p.Name, baseKey)}, p.BaseEnv...) {
		if v := a.env[name]; v != "" {
			return v, name
		}
	}
	for _, s := range file.sections(p.Name) {
		if v := s.text(baseKey); v != "" {
			return v, s.name
		}
	}
	return "", "default"
}

// settingName is the name of a setting in the file and, in upper case, in the
// environment: token for --token-file, s3_endpoint for --s3-endpoint.
func settingName(i provider.ParamInfo) string {
	name := i.Name
	if i.From == provider.File {
		name = strings.TrimSuffix(name, "-file")
	}
	return strings.ReplaceAll(name, "-", "_")
}

// envName is credctl's own variable for a setting.
func envName(vendor, setting string) string {
	return strings.ToUpper("CREDCTL_" + vendor + "_" + setting)
}
