package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/config/configfile"
	"github.com/credctl/credctl/internal/provider"
)

// docs writes the documentation of the commands, for packages and for the
// repository. It does not use cobra/doc, whose Markdown parser would make every
// start of the program a tenth slower.
func docs(vendors config.Vendors) *cobra.Command {
	return &cobra.Command{
		Use:       "docs man|markdown|schema DIR",
		Short:     "Write a page for each command, or the schema of the configuration, into a folder",
		Hidden:    true,
		ValidArgs: []string{"man", "markdown", "schema"},
		Args:      syntax.Exact("man|markdown|schema", "DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[1], 0o755); err != nil { //nolint:gosec // G301: pages are for everybody
				return err
			}
			switch args[0] {
			case "man":
				return writePages(cmd.Root(), args[1], ".1", manPage)
			case "markdown":
				return writePages(cmd.Root(), args[1], ".md", markdownPage)
			case "schema":
				schema, err := configfile.Schema(vendors())
				if err != nil {
					return err
				}
				return os.WriteFile(filepath.Join(args[1], "config.schema.json"), schema, 0o644) //nolint:gosec // G306: it is for everybody
			}
			return provider.Usage("%q is none of man, markdown and schema", args[0])
		},
	}
}

// writePages writes a page for cmd and for every visible command below it.
func writePages(cmd *cobra.Command, dir, suffix string, page func(*cobra.Command) string) error {
	cmd.InitDefaultHelpFlag()
	name := filepath.Join(dir, strings.ReplaceAll(cmd.CommandPath(), " ", "-")+suffix)
	if err := os.WriteFile(name, []byte(page(cmd)), 0o644); err != nil { //nolint:gosec // G306: pages are for everybody
		return err
	}
	for _, sub := range cmd.Commands() {
		if !sub.IsAvailableCommand() {
			continue
		}
		if err := writePages(sub, dir, suffix, page); err != nil {
			return err
		}
	}
	return nil
}

// description is what a page says of a command: its long text, or else its short one.
func description(cmd *cobra.Command) string {
	if cmd.Long != "" {
		return cmd.Long
	}
	return cmd.Short + "."
}

func markdownPage(cmd *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n```\n%s\n```\n", cmd.CommandPath(), description(cmd), cmd.UseLine())
	for _, flags := range []struct{ title, usages string }{
		{"Flags", cmd.NonInheritedFlags().FlagUsages()}, {"Inherited flags", cmd.InheritedFlags().FlagUsages()},
	} {
		if flags.usages != "" {
			fmt.Fprintf(&b, "\n## %s\n\n```\n%s```\n", flags.title, flags.usages)
		}
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\n## Commands\n\n")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&b, "- [%s](%s.md): %s\n", sub.CommandPath(), strings.ReplaceAll(sub.CommandPath(), " ", "-"), sub.Short)
			}
		}
	}
	return b.String()
}

func manPage(cmd *cobra.Command) string {
	var b strings.Builder
	escape := strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n.", "\n\\&.", "\n'", "\n\\&'").Replace
	name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
	fmt.Fprintf(&b, ".TH \"%s\" 1 \"\" credctl\n.SH NAME\n%s \\- %s\n", strings.ToUpper(name), escape(name), escape(cmd.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n.SH DESCRIPTION\n.nf\n%s\n.fi\n", escape(cmd.UseLine()), escape(description(cmd)))
	if flags := cmd.NonInheritedFlags().FlagUsages() + cmd.InheritedFlags().FlagUsages(); flags != "" {
		fmt.Fprintf(&b, ".SH OPTIONS\n.nf\n%s.fi\n", escape(flags))
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString(".SH COMMANDS\n")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", escape(sub.Name()), escape(sub.Short))
			}
		}
	}
	return b.String()
}
