// Package syntax says how a command line is read: operands, groups of commands,
// flags made of parameters, what a shell offers.
package syntax

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/provider"
)

// Exact demands the operands that a command's use line names.
func Exact(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		if len(names) == 0 {
			return provider.Usage("%s takes no operand, but got %q", cmd.CommandPath(), args[0])
		}
		return provider.Usage("%s takes %s, but got %d operands", cmd.CommandPath(), strings.Join(names, " and "), len(args))
	}
}

// AtMostOne allows one operand.
func AtMostOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) <= 1 {
			return nil
		}
		return provider.Usage("%s takes at most one %s, but got %d operands", cmd.CommandPath(), name, len(args))
	}
}
