// Package syntax says how a command line is read: operands, groups of commands,
// flags made of parameters, what a shell offers.
package syntax

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

// Exact demands the operands that a command's use line names.
func Exact(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return seeUsage(cmd, provider.Usage("missing argument: %s", strings.Join(names[len(args):], ", ")))
		case len(args) > len(names):
			return unexpected(cmd, args, args[len(names)])
		}
		return nil
	}
}

// RotationID demands the ID of a rotation, or of one of its credentials.
func RotationID() cobra.PositionalArgs {
	exact := Exact("ID")
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return provider.Hint(provider.Usage("missing argument: ID"), "to see the IDs, run: credctl rotation list")
		}
		return exact(cmd, args)
	}
}

// AtMostOne allows one operand.
func AtMostOne(string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) <= 1 {
			return nil
		}
		return unexpected(cmd, args, args[1])
	}
}

func seeUsage(cmd *cobra.Command, err error) error {
	return provider.Hint(err, "run: %s --help", cmd.CommandPath())
}

// unexpected is the error of an operand too many. What begins with a vendor belongs
// behind that.
func unexpected(cmd *cobra.Command, args []string, arg string) error {
	err := provider.Usage("unexpected argument %q", arg)
	if line := atVendor(cmd.Root(), args[0], cmd.Name(), args[1:]); line != "" && cmd.Parent() == cmd.Root() && VerbNamed(cmd.Name()) != "" {
		return provider.Hint(err, "run: %s", line)
	} else if line != "" && cmd.Flags().Lookup("vendor") != nil {
		return provider.Hint(err, "run: %s --vendor %s", cmd.CommandPath(), args[0])
	}
	if ext := filepath.Ext(arg); (ext == ".yaml" || ext == ".yml") && cmd.Flags().Lookup("file") != nil {
		return provider.Hint(err, "run: %s -f %s", cmd.CommandPath(), quote.Word(arg))
	}
	return seeUsage(cmd, err)
}

// group is the annotation of a command that only has subcommands.
const group = "group"

// IsGroup reports whether cmd only has subcommands.
func IsGroup(cmd *cobra.Command) bool { return cmd.Annotations[group] != "" }

// Group makes cmd a command that only has subcommands.
func Group(cmd *cobra.Command) {
	annotate(cmd, group, "yes")
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		err := provider.Usage("unknown command %q for %q", args[0], cmd.CommandPath())
		if meant := meant(cmd, args); meant != "" {
			return provider.Hint(err, "%s", meant)
		}
		return provider.Hint(err, "to see the commands, run: %s --help", cmd.CommandPath())
	}
}

// columnsOf is the annotation of a command whose results are no credentials: the
// names of their columns.
const columnsOf = "columns"

// WithColumns marks cmd as one that writes results with these columns.
func WithColumns(cmd *cobra.Command, columns []string) *cobra.Command {
	annotate(cmd, columnsOf, strings.Join(columns, ","))
	return cmd
}

// Columns returns the columns that cmd was marked with, if it was.
func Columns(cmd *cobra.Command) []string {
	if columns := cmd.Annotations[columnsOf]; columns != "" {
		return strings.Split(columns, ",")
	}
	return nil
}

// formatsOf is the annotation of a command with output formats of its own.
const formatsOf = "formats"

// WithFormats marks cmd as one that alone has these output formats.
func WithFormats(cmd *cobra.Command, formats ...string) *cobra.Command {
	annotate(cmd, formatsOf, strings.Join(formats, ","))
	return cmd
}

// Formats returns the output formats that cmd alone has.
func Formats(cmd *cobra.Command) []string {
	if formats := cmd.Annotations[formatsOf]; formats != "" {
		return strings.Split(formats, ",")
	}
	return nil
}

// withoutResults is the annotation of a command that writes text and no results.
const withoutResults = "without results"

// WithoutResults marks cmd as one to which the flags about results do not apply.
func WithoutResults(cmd *cobra.Command) *cobra.Command {
	annotate(cmd, withoutResults, "yes")
	return cmd
}

// HasResults reports whether the flags about results apply to cmd.
func HasResults(cmd *cobra.Command) bool { return cmd.Annotations[withoutResults] == "" }

// Offer completes the values of a flag.
func Offer(cmd *cobra.Command, flag string, values func(text string) []string) {
	OfferFor(cmd, flag, func(_ *cobra.Command, text string) []string { return values(text) })
}

// OfferFor completes the values of a flag that commands below cmd have too.
func OfferFor(cmd *cobra.Command, flag string, values func(cmd *cobra.Command, text string) []string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, _ []string, text string) ([]string, cobra.ShellCompDirective) {
		return values(cmd, text), cobra.ShellCompDirectiveNoFileComp
	}) // it fails only for a flag that is not there
}
