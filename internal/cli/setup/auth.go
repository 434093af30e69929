// Package setup has the commands that prepare credctl itself: tokens, profiles, the
// configuration, the sandbox.
package setup

import (
	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/results"
)

// Auth is `credctl auth`.
func Auth(run *invocation.Invocation) *cobra.Command {
	cmd := &cobra.Command{
		Use: "auth", Short: "Manage the tokens of credctl itself",
		Long: "credctl authenticates with a token for each vendor. Store one with `credctl auth login`,\nor set an environment variable such as KATAPULT_API_TOKEN.",
		Example: `  credctl auth login katapult
  credctl auth status`,
	}
	syntax.Group(cmd)
	cmd.AddCommand(login(run), status(run), logout(run))
	return cmd
}

// keyValue marks cmd as one that ends with an answer under these heads.
func keyValue(cmd *cobra.Command, w *results.Writer, heads []string) *cobra.Command {
	carryOut := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := w.NotIssued(cmd.Name()); err != nil {
			return err
		}
		return carryOut(cmd, args)
	}
	return syntax.WithColumns(cmd, heads)
}
