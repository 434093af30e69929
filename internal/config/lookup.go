package config

import (
	"context"
	"os"
	"path/filepath"

	"github.com/credctl/credctl/internal/config/configfile"
	"github.com/credctl/credctl/internal/config/userfile"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
)

// A lookup finds where the settings of a vendor come from.
type lookup struct {
	config   *Config
	vendor   provider.Provider
	sections []configfile.Section // of the configuration; the first takes precedence
	given    provider.Input       // by flags
}

// find finds a setting on the command line, in the environment or in the configuration.
func (l lookup) find(i provider.ParamInfo) Setting {
	if v := l.given.Value(i.Name); v.IsSet() {
		return Setting{Value: v.String(), Source: "flag", Rank: FromFlag, File: l.config.Flags.Secrets[i.Name]}
	}
	name := i.Setting()
	for _, variable := range append([]string{setting.EnvName(l.vendor.Name, name)}, i.Env...) {
		if v := l.config.Env[variable]; v != "" {
			return Setting{Source: variable, Rank: FromEnvironment, read: literally(v)}
		}
	}
	for _, s := range l.sections {
		if found := l.inSection(s, i); found.read != nil {
			found.Rank = FromFile
			return found
		}
	}
	return Setting{Source: "unset", Rank: Unset}
}

// inSection finds a setting in a section of the configuration. For a secret, the name
// of its file and the command that prints it come before the secret itself.
func (l lookup) inSection(s configfile.Section, i provider.ParamInfo) Setting {
	name := i.Setting()
	file, _, _ := l.config.FilePath()
	dir := filepath.Dir(file)
	if i.From == provider.File {
		if path := s.Text(name + "_file"); path != "" {
			path, err := l.config.Env.Expand(path, dir)
			return Setting{Source: s.Name + " (" + name + "_file)", File: path, read: func(ctx context.Context) (string, error) {
				if err != nil {
					return "", err
				}
				if info, serr := os.Stat(path); serr == nil && info.Mode().IsRegular() { // a rotation may have replaced the token
					return l.readTokenFile(path)
				}
				return l.config.texts.Get(ctx, l.vendor.Name, path, func() (string, error) { return l.readTokenFile(path) })
			}}
		}
		if command := s.Get(configfile.TokenCommand); name == configfile.Token && command != nil {
			source := s.Name + " (" + configfile.TokenCommand + ")"
			return Setting{Source: source, read: func(ctx context.Context) (string, error) {
				return l.config.texts.Get(ctx, l.vendor.Name, source, func() (string, error) { return l.tokenCommand(ctx, command, dir) })
			}}
		}
	}
	if text := s.Text(name); text != "" {
		return Setting{Source: s.Name, read: literally(text)}
	}
	return Setting{}
}

func literally(text string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return text, nil }
}

// baseURL finds the URL of the API; flag is that of the command line.
func (l lookup) baseURL(flag string) Setting {
	if flag != "" {
		return Setting{Value: flag, Source: "flag", Rank: FromFlag}
	}
	for _, name := range append([]string{setting.EnvName(l.vendor.Name, configfile.BaseURL)}, l.vendor.BaseEnv...) {
		if v := l.config.Env[name]; v != "" {
			return Setting{Value: v, Source: name, Rank: FromEnvironment}
		}
	}
	for _, s := range l.sections {
		if v := s.Text(configfile.BaseURL); v != "" {
			return Setting{Value: v, Source: s.Name, Rank: FromFile}
		}
	}
	return Setting{Source: userfile.Default, Rank: Unset}
}
