// Package environment has the environment variables of a run, and decides in which
// folders credctl's own files are.
package environment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// Env is the environment of a run.
type Env map[string]string

// Sandbox is the variable that names the folder of the sandbox that a run is in.
const Sandbox = "CREDCTL_SANDBOX"

// New returns the environment with variables of the form NAME=VALUE.
func New(variables []string) Env { return newEnv(variables, runtime.GOOS) }

// newEnv is [New] on a system. Names on Windows are not case-sensitive.
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

// Variables returns the environment for a command.
func (e Env) Variables() []string {
	all := make([]string, 0, len(e))
	for k, v := range e {
		all = append(all, k+"="+v)
	}
	return all
}

// SourceDate returns the time that SOURCE_DATE_EPOCH sets in place of the clock, so that
// the same input has the same output, and whether it is set.
func (e Env) SourceDate() (at time.Time, set bool, err error) {
	text := e["SOURCE_DATE_EPOCH"]
	if text == "" {
		return time.Time{}, false, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, false, provider.WithClass(provider.ErrUsage, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err))
	}
	return time.Unix(seconds, 0), true, nil
}

// Home returns the home folder; in a sandbox, that is the sandbox's folder. Without
// a home folder, nothing is read from or written to the current folder instead:
// that may belong to anybody.
func (e Env) Home() (string, error) {
	name := "HOME"
	if e[name] == "" && runtime.GOOS == "windows" {
		name = "USERPROFILE"
	}
	if e[Sandbox] != "" {
		name = Sandbox
	}
	dir := e[name]
	if !filepath.IsAbs(dir) {
		return "", provider.Hint(provider.Usage("the home folder is not known: %s is %s", name, orUnset(dir)), "set %s to the absolute path of your home folder", name)
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return "", provider.Hint(provider.Usage("%s is %s, which is not a folder", name, dir), "set %s to the absolute path of your home folder", name)
	}
	return dir, nil
}

func orUnset(value string) string {
	if value == "" {
		return "not set"
	}
	return fmt.Sprintf("%q", value)
}

// StateDir returns the folder for what later runs need. It is not in the home
// folder of another user.
func (e Env) StateDir() (string, error) { return e.writable("XDG_STATE_HOME", ".local/state") }

// ConfigDir returns the folder of the configuration.
func (e Env) ConfigDir() (string, error) {
	dir, _, err := e.xdg("XDG_CONFIG_HOME", ".config")
	return dir, err
}

// WritableConfigDir is [Env.ConfigDir] for files that credctl writes: it is not in
// the home folder of another user.
func (e Env) WritableConfigDir() (string, error) { return e.writable("XDG_CONFIG_HOME", ".config") }

// writable returns a folder in which credctl may create folders and files. Those
// that root creates in the home folder of a user would lock the user out.
func (e Env) writable(variable, below string) (string, error) {
	dir, home, err := e.xdg(variable, below)
	if err != nil || home == "" {
		return dir, err
	}
	if _, err := os.Stat(home); errors.Is(err, fs.ErrNotExist) { // as that of a user of a service
		return "", provider.Hint(provider.Usage("the home folder %s does not exist", home), "set %s to a folder that you own, such as a volume, or HOME to your home folder", variable)
	}
	if owner, other := otherOwner(home); other {
		err := provider.Usage("the home folder %s belongs to another user (uid %d), and credctl (uid %d) creates no files there", home, owner, os.Geteuid())
		if os.Geteuid() == 0 {
			return "", provider.Hint(err, "run: sudo -H credctl …, or set %s to a folder that root owns", variable)
		}
		return "", provider.Hint(err, "set HOME to your own home folder, or %s to a folder that you own", variable)
	}
	return dir, nil
}

// xdg returns credctl's folder below the one that a variable names, or else below
// the home folder, which it then returns too.
func (e Env) xdg(variable, below string) (dir, home string, err error) {
	switch dir := e[variable]; {
	case filepath.IsAbs(dir):
		return filepath.Join(dir, "credctl"), "", nil
	case dir != "":
		return "", "", provider.Hint(provider.Usage("%s is %q, which is not an absolute path", variable, dir), "set %s to an absolute path, or unset it", variable)
	}
	home, err = e.Home()
	if err != nil {
		return "", "", provider.AlsoHint(err, "or set %s", variable)
	}
	return filepath.Join(home, filepath.FromSlash(below), "credctl"), home, nil
}

// Expand makes a path of the configuration absolute: ~/ is the home folder, and a
// relative path starts at dir, where the file is.
func (e Env) Expand(path, dir string) (string, error) {
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
