package syntax

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/provider"
)

// Missing returns the flags of the parameters that must be given and are not.
func Missing(in provider.Input, params []provider.AnyParam) (flags []string) {
	for _, p := range params {
		i := p.Info()
		if v := in.Value(i.Name); i.Required && !v.IsSet() {
			flags = append(flags, "--"+i.Name)
		}
	}
	return flags
}

// MissingFlags is the error of a command line of cmd that lacks these flags.
func MissingFlags(cmd *cobra.Command, flags ...string) error {
	noun, values := "flags", make([]string, len(flags))
	for i, flag := range flags {
		values[i] = strings.TrimSpace(flag + " " + strings.ToUpper(Placeholder(cmd.Flag(strings.TrimPrefix(flag, "--")))))
	}
	if len(flags) == 1 {
		noun = "flag"
	}
	return provider.Hint(provider.Usage("missing required %s: %s", noun, strings.Join(flags, ", ")),
		"pass %s; to see examples, run: %s --help", strings.Join(values, " "), cmd.CommandPath())
}

// Placeholder is what the help calls the value of a flag: the first of several ways to
// give it; "" where it has none.
func Placeholder(f *pflag.Flag) string {
	name, _ := pflag.UnquoteUsage(f)
	name, _, _ = strings.Cut(strings.ReplaceAll(name, ",", ""), " ")
	if f.Value.Type() == "bool" {
		return ""
	}
	return name
}

// neededFlags is the annotation of a command that needs flags of its parents: their names.
const neededFlags = "needed flags"

// Need marks a flag of cmd's parents as one that cmd needs.
func Need(cmd *cobra.Command, flag string) {
	annotate(cmd, neededFlags, strings.TrimPrefix(cmd.Annotations[neededFlags]+","+flag, ","))
}

// Needs reports whether a flag of its parents was marked as one that cmd needs.
func Needs(cmd *cobra.Command, flag string) bool {
	return strings.Contains(","+cmd.Annotations[neededFlags]+",", ","+flag+",")
}

func annotate(cmd *cobra.Command, name, value string) {
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[name] = value
}
