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

// Group makes cmd a command that only has subcommands.
func Group(cmd *cobra.Command) {
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		var known []string
		for _, c := range cmd.Commands() {
			if !c.Hidden {
				known = append(known, c.Name())
			}
		}
		err := provider.Usage("unknown command %q for %q", args[0], cmd.CommandPath())
		if near := provider.Closest(args[0], known); near != "" {
			return provider.Hint(err, "did you mean %q?", cmd.CommandPath()+" "+near)
		}
		return provider.Hint(err, "run %q for the commands there are", cmd.CommandPath()+" --help")
	}
}

// columnsOf is the annotation of a command whose results are no credentials: the
// names of their columns.
const columnsOf = "columns"

// WithColumns marks cmd as one that writes results with these columns.
func WithColumns(cmd *cobra.Command, columns []string) *cobra.Command {
	cmd.Annotations = map[string]string{columnsOf: strings.Join(columns, ",")}
	return cmd
}

// Columns returns the columns that cmd was marked with, if it was.
func Columns(cmd *cobra.Command) []string {
	if columns := cmd.Annotations[columnsOf]; columns != "" {
		return strings.Split(columns, ",")
	}
	return nil
}

// Offer completes the values of a flag.
func Offer(cmd *cobra.Command, flag string, values func(text string) []string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, text string) ([]string, cobra.ShellCompDirective) {
		return values(text), cobra.ShellCompDirectiveNoFileComp
	}) // it fails only for a flag that is not there
}
