package syntax

import (
	"strings"

	"github.com/spf13/cobra"

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

// MissingFlags is the error of a command line that lacks these flags.
func MissingFlags(flags ...string) error {
	if len(flags) == 1 {
		return provider.Usage("missing required flag: %s", flags[0])
	}
	return provider.Usage("missing required flags: %s", strings.Join(flags, ", "))
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
