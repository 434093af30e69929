package help

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
)

// New returns `credctl help`, and makes every command of root show its help as this
// package writes it. columns returns the width of the terminal; 0: there is none.
func New(root *cobra.Command, vendors config.Vendors, columns func() int) *cobra.Command {
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { _ = show(cmd, columns()) }) // an error of standard output is reported where it is closed
	return &cobra.Command{
		Use:     "help [COMMAND | TOPIC]",
		GroupID: otherGroup,
		Short:   "Show help for commands and topics",
		Long: fmt.Sprintf(`Show help for a command, or for one of these topics: %s.`,
			strings.Join(Topics(), ", ")),
		Example: `# Show help for a command
credctl help katapult create

# Show the exit statuses
credctl help exit-codes`,
		ValidArgsFunction: func(_ *cobra.Command, args []string, text string) ([]string, cobra.ShellCompDirective) {
			return complete(root, args, text), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				if found, err := Topic(cmd.OutOrStdout(), root, vendors, args[0], columns()); found {
					return err
				}
			}
			of, rest, err := root.Find(args)
			if err == nil && len(rest) == 0 {
				return show(of, columns())
			}
			err = provider.Usage("no help for %q", strings.Join(args, " "))
			if near := provider.Closest(args[0], append(namesOf(root), Topics()...)); near != "" && len(args) == 1 {
				return provider.Hint(err, "did you mean %q?", root.Name()+" help "+near)
			}
			return provider.Hint(err, "to see the commands and topics, run: %s help", root.Name())
		},
	}
}

func show(cmd *cobra.Command, columns int) error {
	if !cmd.HasParent() {
		return Screen(cmd.OutOrStdout(), cmd, columns)
	}
	cmd.InitDefaultHelpFlag()
	return Page(cmd.OutOrStdout(), cmd, columns)
}

// complete offers the commands below those that args name, and the topics.
func complete(root *cobra.Command, args []string, text string) (offers []string) {
	cmd, rest, err := root.Find(args)
	if err != nil || len(rest) > 0 {
		return nil
	}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && strings.HasPrefix(sub.Name(), text) {
			offers = append(offers, sub.Name()+"\t"+sub.Short)
		}
	}
	if len(args) == 0 {
		offers = append(offers, slices.DeleteFunc(Topics(), func(topic string) bool { return !strings.HasPrefix(topic, text) })...)
	}
	return offers
}

func namesOf(cmd *cobra.Command) (names []string) {
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return names
}
