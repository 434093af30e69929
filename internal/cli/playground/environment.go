package playground

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/config/environment"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

// ownPaths returns the variables that put every path that credctl writes by default
// into the folder of a sandbox.
func ownPaths(dir string) []string {
	return []string{
		environment.Sandbox + "=" + dir,
		"CREDCTL_KEYRING=off",
		"XDG_CONFIG_HOME=" + dir,
		"XDG_STATE_HOME=" + dir,
		"XDG_DATA_HOME=" + dir,
		"XDG_CACHE_HOME=" + dir,
		"AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(dir, "aws", "credentials"),
		"AWS_CONFIG_FILE=" + filepath.Join(dir, "aws", "config"),
	}
}

// leadingOut returns a function that reports whether a variable could lead credctl
// out of a sandbox: to another account, server or file.
func leadingOut(c *config.Config) func(name string) bool {
	names := c.Vendors.TokenVariables()
	for _, p := range c.Vendors() {
		names = append(names, p.BaseEnv...)
		for _, param := range p.Settings {
			names = append(names, param.Info().Env...)
		}
	}
	for _, s := range c.Destinations() {
		names = append(names, s.Env...)
	}
	return func(name string) bool {
		return slices.Contains(names, name) || slices.ContainsFunc(prefixes(c.Vendors()), func(p string) bool { return strings.HasPrefix(name, p) })
	}
}

// prefixes returns how the variables of services begin that credctl, and the tools
// that it runs, read.
func prefixes(vendors []provider.Provider) []string {
	all := []string{"CREDCTL_", "AWS_", "VAULT_", "BAO_", "GH_", "GITLAB_", "GLAB_", "SOPS_", "KUBERNETES_"}
	for _, p := range vendors {
		all = append(all, strings.ToUpper(p.Name)+"_")
	}
	return all
}

// exports returns the shell commands that lead a shell into a sandbox.
func exports(c *config.Config, own []string) []string {
	out := leadingOut(c)
	var others []string
	known := append(c.Vendors.TokenVariables(), "CREDCTL_CONFIG", "CREDCTL_PROFILE", "CREDCTL_STATE", "CREDCTL_STATE_LEASE", "CREDCTL_STATE_IDENTITY_FILE", "CREDCTL_STATE_IDENTITY_COMMAND")
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		if out(name) {
			known = append(known, name)
		}
	}
	ours := namesOf(own)
	for _, name := range known {
		if !slices.Contains(ours, name) && !slices.Contains(others, name) {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	lines := append(saves(c.Env, append(ours, others...)), unset(others))
	for _, kv := range own {
		k, v, _ := strings.Cut(kv, "=")
		lines = append(lines, "export "+k+"="+quote.Shell(v))
	}
	return lines
}

// restore is the shell function that gives a shell back what it had before the sandbox.
const restore = "credctl_restore"

// saves returns the shell commands that keep variables which are set, and define restore.
// What they keep is neither printed nor exported, so that no program of the sandbox has it.
func saves(env map[string]string, names []string) []string {
	if env[environment.Sandbox] != "" { // the variables are those of a sandbox
		return nil
	}
	var keep, restores []string
	for _, name := range slices.Sorted(slices.Values(names)) {
		if _, set := env[name]; set {
			keep = append(keep, "credctl_"+name+"=$"+name)
			restores = append(restores, "export "+name+"=\"$credctl_"+name+"\"; unset credctl_"+name)
		}
	}
	if keep == nil {
		return nil
	}
	return []string{strings.Join(keep, "; "), restore + "() { " + strings.Join(restores, "; ") + "; unset -f " + restore + "; }"}
}

// leave returns the shell commands that lead a shell out of a sandbox.
func leave(own []string) string {
	return unset(own) + "\nif command -v " + restore + " >/dev/null; then " + restore + "; fi"
}

func unset(names []string) string { return "unset " + strings.Join(names, " ") }

// namesOf returns the names of variables.
func namesOf(variables []string) (names []string) {
	for _, kv := range variables {
		name, _, _ := strings.Cut(kv, "=")
		names = append(names, name)
	}
	return names
}
