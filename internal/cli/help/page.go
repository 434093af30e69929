// Package help writes the help of commands and of topics: what credctl alone and
// --help show, and the pages of the manual.
package help

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/visible"
)

// widest is the width of a page on a terminal that has room for it: longer lines are hard
// to read. usual is that of a page elsewhere.
const widest, usual = 100, 80

// widthOf returns the width of a page on a terminal of so many columns; 0: there is none.
func widthOf(columns int) int {
	if columns == 0 {
		return usual
	}
	return max(min(columns, widest), 30)
}

// otherGroup is the group of commands that need no summary.
const otherGroup = "other"

// A Group is a heading of the first screen, with the names of its commands.
type Group struct {
	ID, Title string
	Commands  []string
}

// Groups returns the groups of the first screen. The vendors come from the tree.
func Groups() []Group {
	return []Group{
		{syntax.VendorGroup, "Vendors", nil},
		{"credentials", "Credentials", []string{"list", "status", "audit", "rotate", "rotation", "deliver"}},
		{"setup", "Setup", []string{"auth", "profile", "config", "sandbox"}},
		{otherGroup, "Other", []string{"completion", "help", "state", "version"}},
	}
}

// Arrange puts the commands of root into their groups.
func Arrange(root *cobra.Command) {
	for _, g := range Groups() {
		root.AddGroup(&cobra.Group{ID: g.ID, Title: g.Title})
		for _, name := range g.Commands {
			for _, cmd := range root.Commands() {
				if cmd.Name() == name {
					cmd.GroupID = g.ID
				}
			}
		}
	}
}

// Screen writes the first screen, on a terminal of so many columns: the commands of root
// in their groups.
func Screen(w io.Writer, root *cobra.Command, columns int) error {
	var b strings.Builder
	width := widthOf(columns)
	fmt.Fprintf(&b, "%s\nUsage: %s COMMAND [flags]\n\n", visible.Fill(root.Short, width), root.Name())
	for _, g := range Groups() {
		if g.ID != otherGroup {
			fmt.Fprintf(&b, "%s:\n", g.Title)
		}
		var names []string
		for _, cmd := range root.Commands() {
			switch {
			case cmd.GroupID != g.ID || cmd.Hidden:
			case g.ID == otherGroup:
				names = append(names, cmd.Name())
			default:
				b.WriteString(Fit(fmt.Sprintf("  %-10s  %s\n", cmd.Name(), cmd.Short), width))
			}
		}
		if names != nil {
			fmt.Fprintf(&b, "%s: %s\n", g.Title, strings.Join(names, ", "))
		}
	}
	last := fmt.Sprintf("Run \"%s COMMAND --help\" for a command, \"%[1]s help TOPIC\" for a topic:", root.Name())
	fmt.Fprintf(&b, "%s\n%s\n", visible.Fill(last, width), visible.Fill(strings.Join(Topics(), ", "), width))
	_, err := io.WriteString(w, b.String())
	return err
}

// Page writes the help of a command below the root, on a terminal of so many columns:
// first how it is called, last what is looked up in tables.
func Page(w io.Writer, cmd *cobra.Command, columns int) error {
	var b strings.Builder
	width := widthOf(columns)
	about, tables := divide(Description(cmd))
	fmt.Fprintf(&b, "Usage:\n  %s\n\n%s\n", fillBelow(UseLine(cmd), 2, width), strings.TrimSpace(Wrap(about, width)))
	if len(cmd.Aliases) > 0 {
		fmt.Fprintf(&b, "\nAliases:\n  %s\n", fillBelow(strings.Join(append([]string{cmd.Name()}, cmd.Aliases...), ", "), 2, width))
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				b.WriteString(Fit(fmt.Sprintf("  %-*s  %s\n", sub.NamePadding(), sub.Name(), sub.Short), width))
			}
		}
	}
	if example := Example(cmd); example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", indent(fold(example, width-len("  "))))
	}
	for _, set := range []struct {
		title string
		flags *pflag.FlagSet
	}{{"Flags", Own(cmd)}, {"Account flags", Account(cmd)}} {
		if set.flags.HasAvailableFlags() {
			fmt.Fprintf(&b, "\n%s:\n%s", set.title, usages(set.flags, width))
		}
	}
	if tables != "" {
		fmt.Fprintf(&b, "\n%s\n", Wrap(tables, width))
	}
	last := fmt.Sprintf("See \"%s help options\" for global flags, \"%[1]s help exit-codes\" for exit statuses.", cmd.Root().Name())
	fmt.Fprintf(&b, "\n%s\n", visible.Fill(last, width))
	_, err := io.WriteString(w, b.String())
	return err
}

// Description is what a page says of a command: its long text, or else its summary.
func Description(cmd *cobra.Command) string {
	if cmd.Long != "" {
		return cmd.Long
	}
	return cmd.Short + "."
}

// UseLine is how a command is called.
func UseLine(cmd *cobra.Command) string {
	line := cmd.UseLine()
	if cmd.HasAvailableSubCommands() && !strings.Contains(cmd.Use, " ") {
		line = cmd.CommandPath() + " COMMAND [flags]"
	}
	return line
}

// Own returns the flags of a command itself.
func Own(cmd *cobra.Command) *pflag.FlagSet {
	own := pflag.NewFlagSet(cmd.Name(), pflag.ContinueOnError)
	own.SortFlags = true
	cmd.LocalNonPersistentFlags().VisitAll(own.AddFlag)
	return own
}

// Account returns the flags that a command has of its vendor, those that it needs
// marked as such.
func Account(cmd *cobra.Command) *pflag.FlagSet {
	flags := pflag.NewFlagSet(cmd.Name(), pflag.ContinueOnError)
	add := func(f *pflag.Flag) {
		if cmd.Root().PersistentFlags().Lookup(f.Name) != nil {
			return
		}
		marked := *f
		if syntax.Needs(cmd, f.Name) {
			marked.Usage += syntax.Required
		}
		flags.AddFlag(&marked)
	}
	cmd.InheritedFlags().VisitAll(add)
	cmd.PersistentFlags().VisitAll(add)
	return flags
}

// Example returns the examples of a command; those of a command that only has
// subcommands are the first of theirs.
func Example(cmd *cobra.Command) string {
	if cmd.Example != "" || !cmd.HasAvailableSubCommands() {
		lines := strings.Split(strings.Trim(cmd.Example, "\n"), "\n")
		if slices.ContainsFunc(lines, func(line string) bool { return line != "" && !strings.HasPrefix(line, "  ") }) {
			return strings.Join(lines, "\n")
		}
		for i, line := range lines {
			lines[i] = strings.TrimPrefix(line, "  ") // as cobra shows them
		}
		return strings.Join(lines, "\n")
	}
	var firsts []string
	for _, sub := range cmd.Commands() {
		if first, _, _ := strings.Cut(Example(sub), "\n\n"); first != "" && sub.IsAvailableCommand() && len(firsts) < 2 {
			firsts = append(firsts, first)
		}
	}
	return strings.Join(firsts, "\n\n")
}
