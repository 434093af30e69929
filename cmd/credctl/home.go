package main

import (
	"path/filepath"
	"runtime"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// variables are those of an environment. On Windows a name is the same in any case.
func variables(env []string, system string) map[string]string {
	all := make(map[string]string, len(env))
	for _, kv := range env {
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

// home returns the home folder. Without one nothing is put or looked for where
// credctl happens to stand: that folder may be anybody's.
func (a *app) home() (string, error) {
	name := "HOME"
	if a.env[name] == "" && runtime.GOOS == "windows" {
		name = "USERPROFILE"
	}
	if dir := a.env[name]; filepath.IsAbs(dir) {
		return dir, nil
	}
	return "", provider.Hint(provider.Usage("the home folder is not known"), "set %s to its whole path", name)
}

// stateDir is where credctl keeps what must outlive a run.
func (a *app) stateDir() (string, error) { return a.xdg("XDG_STATE_HOME", ".local/state") }

// configDir is where the configuration is.
func (a *app) configDir() (string, error) { return a.xdg("XDG_CONFIG_HOME", ".config") }

func (a *app) xdg(variable, below string) (string, error) {
	if dir := a.env[variable]; filepath.IsAbs(dir) {
		return filepath.Join(dir, "credctl"), nil
	}
	home, err := a.home()
	if err != nil {
		return "", provider.AlsoHint(err, "or %s", variable)
	}
	return filepath.Join(home, filepath.FromSlash(below), "credctl"), nil
}

// expand makes a path of the configuration absolute: ~ is the home, and what is
// relative is relative to dir, where the file is.
func (a *app) expand(path, dir string) (string, error) {
	rest, ofHome := strings.CutPrefix(path, "~/")
	switch {
	case ofHome:
		home, err := a.home()
		return filepath.Join(home, rest), err
	case filepath.IsAbs(path):
		return path, nil
	}
	return filepath.Join(dir, path), nil
}
