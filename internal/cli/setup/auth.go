// Package setup has the commands that prepare credctl itself: tokens, the
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
	cmd := &cobra.Command{Use: "auth", Short: "Store, check and remove the tokens that credctl itself uses"}
	syntax.Group(cmd)
	login := &cobra.Command{Use: "login", Short: "Read a token from the terminal or from standard input, check it, and store it"}
	syntax.Group(login)
	for _, p := range run.Config.Vendors() {
		login.AddCommand(loginTo(run, p))
	}
	cmd.AddCommand(login, status(run), logout(run))
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
