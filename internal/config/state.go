package config

import (
	"maps"
	"path/filepath"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/config/statesetting"
	"github.com/credctl/credctl/internal/journal/postgres/dsn"
	"github.com/credctl/credctl/internal/provider"
)

// The variables that say where the state of rotations is, and how long a lock in a
// database lasts.
const (
	stateVariable = "CREDCTL_STATE"
	leaseVariable = "CREDCTL_STATE_LEASE"
)

// A State is where the state of rotations is.
type State struct {
	URL    string // of a database; "": it is a folder
	Dir    string // the folder of this machine, where recovery files and the identity are in any case
	Source string // where the setting comes from; "default": nowhere
	Lease  time.Duration
}

// StateOf returns where the state of rotations is. A variable takes precedence over the
// configuration.
func StateOf(c *Config) (State, error) {
	dir, err := c.Env.StateDir()
	if err != nil {
		return State{}, err
	}
	s := State{Dir: dir, Source: "default", Lease: statesetting.DefaultLease}
	f, err := c.Load()
	if err != nil {
		return State{}, err
	}
	text, lease, source := f.State(), f.StateLease(), "configuration"
	if v := c.Env[stateVariable]; v != "" {
		text, source = v, stateVariable
		if err := statesetting.Check(stateVariable, v); err != nil {
			return State{}, err
		}
	}
	if lease != "" {
		if s.Lease, err = statesetting.Lease("state_lease", lease); err != nil {
			return State{}, err
		}
	}
	if v := c.Env[leaseVariable]; v != "" {
		if s.Lease, err = statesetting.Lease(leaseVariable, v); err != nil {
			return State{}, err
		}
	}
	if text == "" {
		return s, nil
	}
	s.Source = source
	if dsn.Is(text) {
		s.URL = text
		return s, nil
	}
	s.Dir, err = stateFolder(c, strings.TrimPrefix(text, statesetting.InFolder), source)
	return s, err
}

// CommandVariables returns the environment of the user's commands. Where the state is in a
// database, its password is not in it: a command that runs credctl uses ~/.pgpass.
func CommandVariables(c *Config) []string {
	env := maps.Clone(c.Env)
	if s, err := StateOf(c); err == nil && s.URL == "" {
		return env.Variables()
	}
	delete(env, "PGPASSWORD")
	delete(env, "PGSSLPASSWORD")
	if url := env[stateVariable]; dsn.Is(url) {
		env[stateVariable] = dsn.Redact(url)
	}
	return env.Variables()
}

// stateFolder returns the absolute path of the folder that a setting names.
func stateFolder(c *Config, path, source string) (string, error) {
	if source == stateVariable {
		if rest, ofHome := strings.CutPrefix(path, "~/"); ofHome {
			home, err := c.Env.Home()
			return filepath.Join(home, rest), err
		}
		if !filepath.IsAbs(path) {
			return "", provider.Hint(provider.Usage("%s names the folder %q, which is not an absolute path", stateVariable, path), "set it to dir: and the absolute path of the folder")
		}
		return path, nil
	}
	file, _, err := c.FilePath()
	if err == nil {
		file, err = filepath.Abs(file)
	}
	if err != nil {
		return "", err
	}
	return c.Env.Expand(path, filepath.Dir(file))
}

// viewState returns the settings of the state that are set.
func viewState(c *Config) (all []Setting) {
	f, err := c.Load()
	if err != nil {
		return nil
	}
	add := func(name, inFile, variable string) {
		value, source := inFile, "configuration"
		if v := c.Env[variable]; v != "" {
			value, source = v, variable
		}
		if dsn.Is(value) {
			value = dsn.Redact(value)
		}
		if value != "" {
			all = append(all, Setting{Name: name, Value: value, Source: source})
		}
	}
	add("state", f.State(), stateVariable)
	add("state_identity", f.StateIdentity(), "")
	add("state_lease", f.StateLease(), leaseVariable)
	return all
}
