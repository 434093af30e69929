package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// A setting is one value that a vendor's requests need, and where it came from.
type setting struct {
	Vendor string `json:"provider"`
	Name   string `json:"setting"`
	Value  string `json:"value,omitempty"` // [redacted] for a secret
	Source string `json:"source"`          // flag, the name of a variable, profile NAME, configuration, keyring, default or unset
}

// settle fills in, which holds what the command line gives for p, with what the
// environment, the configuration and the keyring say. In this order the first
// one wins: flag, CREDCTL_<VENDOR>_<SETTING>, the vendor's own variable, the
// profile, what the file says for all profiles, keyring.
func (a *app) settle(p provider.Provider, in provider.Input, baseFlag string) (base string, found []setting, err error) {
	file, err := a.loadConfig()
	if err != nil {
		return "", nil, err
	}
	base, source := a.baseURL(p, file, baseFlag)
	url, err := p.Base(base)
	if err != nil {
		return "", nil, provider.As(provider.ErrUsage, fmt.Errorf("%w (from %s)", err, source))
	}
	found = append(found, setting{p.Name, "base_url", url, source})
	hidden := false
	for _, param := range p.Settings {
		i := param.Info()
		s := setting{p.Name, settingName(i), "", "flag"}
		v := in.Value(i.Name)
		if !v.Given() {
			var value string
			if value, s.Source, err = a.lookup(p, file, i); err != nil {
				return url, found, err
			}
			if s.Source != "unset" {
				if err := v.Set(value); err != nil {
					return url, found, provider.As(provider.ErrUsage, fmt.Errorf("%s %s, from %s: %w", p.Name, s.Name, s.Source, err))
				}
			}
		}
		if v.Given() {
			s.Value = v.String()
			if i.From == provider.File {
				hidden = true
				if err := checkToken(v, i); err != nil {
					return url, found, provider.Usage("%s %s, from %s: %s", p.Name, s.Name, s.Source, err)
				}
			}
		}
		found = append(found, s)
	}
	if !hidden {
		a.fromKeyring(p, file.profile, in, found)
	}
	return url, found, nil
}

func (a *app) baseURL(p provider.Provider, file *config, flag string) (value, source string) {
	if flag != "" {
		return flag, "flag"
	}
	for _, name := range append([]string{envName(p.Name, "base_url")}, p.BaseEnv...) {
		if v := a.env[name]; v != "" {
			return v, name
		}
	}
	if v, where := file.get(p.Name, "base_url"); v != nil {
		return fmt.Sprint(v), where
	}
	return "", "default"
}

// lookup finds one setting in the environment and in the file.
func (a *app) lookup(p provider.Provider, file *config, i provider.ParamInfo) (value, source string, err error) {
	name := settingName(i)
	for _, variable := range append([]string{envName(p.Name, name)}, i.Env...) {
		if v := a.env[variable]; v != "" {
			return v, variable, nil
		}
	}
	if i.From == provider.File {
		if v, where := file.get(p.Name, name+"_file"); v != nil {
			path := a.expand(fmt.Sprint(v), filepath.Dir(file.path))
			value, err := a.readFile(path, name+"_file")
			if err != nil {
				return "", "", provider.As(provider.ErrUsage, fmt.Errorf("%s %s_file: %w", p.Name, name, err))
			}
			return value, where, nil
		}
		if name == "token" {
			if v, where := file.get(p.Name, "token_command"); v != nil {
				value, err := a.tokenCommand(p.Name, v)
				return value, where, err
			}
		}
	}
	if v, where := file.get(p.Name, name); v != nil {
		return fmt.Sprint(v), where, nil
	}
	return "", "unset", nil
}

// envName is credctl's own variable for a setting.
func envName(vendor, setting string) string {
	return strings.ToUpper("CREDCTL_" + vendor + "_" + setting)
}

// expand makes a path of the file absolute: ~ is the home, and what is relative
// is relative to the file.
func (a *app) expand(path, dir string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(a.env["HOME"], rest)
	}
	if filepath.IsAbs(path) || path == "-" {
		return path
	}
	return filepath.Join(dir, path)
}

// checkToken refuses what cannot be sent in a header, without showing it.
func checkToken(v provider.Value, i provider.ParamInfo) error {
	text, ok := provider.SecretOf(v)
	if !ok {
		return nil
	}
	for _, r := range text.Reveal() {
		if r <= ' ' || r > '~' {
			return fmt.Errorf("it holds a space or another character that no token has (--%s reads a file that holds the token alone)", i.Name)
		}
	}
	return nil
}

// needSettings finds what is missing of what every request to p needs.
func needSettings(p provider.Provider, in provider.Input) error {
	hidden, token := false, false
	var ways []string
	var missing error
	for _, param := range p.Settings {
		i := param.Info()
		given := in.Value(i.Name).Given()
		if i.From == provider.File {
			hidden, token = true, token || given
			ways = append(append(ways, "--"+i.Name, envName(p.Name, settingName(i))), i.Env...)
		} else if i.Required && !given && missing == nil {
			missing = provider.Hint(provider.Usage("%s needs --%s", p.Name, i.Name), "or set %s, or %s in a profile of the configuration",
				strings.Join(append([]string{envName(p.Name, settingName(i))}, i.Env...), " or "), settingName(i))
		}
	}
	if hidden && !token {
		return provider.Hint(provider.As(provider.ErrDenied, fmt.Errorf("there is no token for %s", p.Name)),
			"give one of %s; or token_file or token_command in the configuration; or run: credctl auth login %s", strings.Join(ways, ", "), p.Name)
	}
	return missing
}
