package config

import (
	"path/filepath"
	"runtime"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// Env is the environment of a run.
type Env map[string]string

// NewEnv returns the environment that variables of the form NAME=VALUE make.
func NewEnv(variables []string) Env { return newEnv(variables, runtime.GOOS) }

// newEnv is [NewEnv] on a system. On Windows a name is the same in any case.
func newEnv(variables []string, system string) Env {
	all := make(Env, len(variables))
	for _, kv := range variables {
		k, v, ok := strings.Cut(kv, "=")
		if system == "windows" {
			k = strings.ToUpper(k)
		}
		if ok {
			all[k] = v
		}
	}
	return all
}

// Variables returns the environment as a command gets it.
func (e Env) Variables() []string {
	all := make([]string, 0, len(e))
	for k, v := range e {
		all = append(all, k+"="+v)
	}
	return all
}

// Home returns the home folder. Without one nothing is put or looked for where
// credctl happens to stand: that folder may be anybody's.
func (e Env) Home() (string, error) {
	name := "HOME"
	if e[name] == "" && runtime.GOOS == "windows" {
		name = "USERPROFILE"
	}
	if dir := e[name]; filepath.IsAbs(dir) {
		return dir, nil
	}
	return "", provider.Hint(provider.Usage("the home folder is not known"), "set %s to its whole path", name)
}

// StateDir returns the folder of what credctl needs in later runs.
func (e Env) StateDir() (string, error) { return e.xdg("XDG_STATE_HOME", ".local/state") }

// configDir is the folder of the configuration.
func (e Env) configDir() (string, error) { return e.xdg("XDG_CONFIG_HOME", ".config") }

func (e Env) xdg(variable, below string) (string, error) {
	if dir := e[variable]; filepath.IsAbs(dir) {
		return filepath.Join(dir, "credctl"), nil
	}
	home, err := e.Home()
	if err != nil {
		return "", provider.AlsoHint(err, "or %s", variable)
	}
	return filepath.Join(home, filepath.FromSlash(below), "credctl"), nil
}

// expand makes a path of the configuration absolute: ~ is the home, and what is
// relative is relative to dir, where the file is.
func (e Env) expand(path, dir string) (string, error) {
	rest, ofHome := strings.CutPrefix(path, "~/")
	switch {
	case ofHome:
		home, err := e.Home()
		return filepath.Join(home, rest), err
	case filepath.IsAbs(path):
		return path, nil
	}
	return filepath.Join(dir, path), nil
}
