package cli

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/cli/help"
	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
)

// checkVariables refuses variables that look like ones of credctl and have no effect:
// those that are misspelled, and those that are named like a flag. Any other variable may
// be of another program. The variables of vendors are checked with their settings.
func checkVariables(env config.Env, flags *pflag.FlagSet) error {
	const prefix = "CREDCTL_"
	own, given := help.OwnVariables(prefix), command.Variables()
	for _, name := range slices.Sorted(maps.Keys(env)) {
		rest, found := strings.CutPrefix(name, prefix)
		if !found || env[name] == "" || slices.Contains(own, rest) || slices.Contains(given, name) {
			continue
		}
		if flag := strings.ToLower(strings.ReplaceAll(rest, "_", "-")); flags.Lookup(flag) != nil {
			return provider.Hint(provider.Usage("credctl does not read the variable %s", name), "unset it, and pass --%s", flag)
		}
		if near := provider.Closest(rest, own); near != "" {
			return provider.Hint(provider.Usage("unknown variable %s", name), "did you mean %s?", prefix+near)
		}
	}
	return nil
}
