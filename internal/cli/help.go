package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
)

// helpOf is `credctl help`, which knows a topic beside the commands.
func helpOf(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about any command, or about exit-codes",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return provider.Usage("there is no help on %q", strings.Join(args, " "))
			}
			cmd.InitDefaultHelpFlag()
			return cmd.Help()
		},
	}
}

// exitCodes is `credctl help exit-codes`.
func exitCodes() *cobra.Command {
	cmd := &cobra.Command{
		Use:    "exit-codes",
		Short:  "What the exit statuses mean",
		Hidden: true,
		Args:   syntax.Exact(),
		RunE:   func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) { fmt.Fprint(cmd.OutOrStdout(), exit.Help) })
	return cmd
}
