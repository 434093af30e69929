// Package states has the commands of `credctl state`: where the state of rotations is,
// whether it is in order, and how it moves.
package states

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/session"
)

const about = `credctl keeps the journal and the locks of rotations in a folder of this machine, the state
folder. Several hosts can share a state in a PostgreSQL database. Set its address with
CREDCTL_STATE, or with state in the configuration: postgres://ROLE@HOST:PORT/DATABASE. credctl
reads the PG* variables and ~/.pgpass as psql does.`

// Command is `credctl state`.
func Command(run *invocation.Invocation) *cobra.Command {
	cmd := &cobra.Command{
		Use: "state", Short: "Manage the state of rotations", Long: about,
		Example: `  credctl state status
  credctl state check`,
	}
	syntax.Group(cmd)
	cmd.AddCommand(initialize(run), status(run), check(run), migrate(run), importState(run), exportState(run), rekeyState(run))
	return cmd
}

// action is what a command does with the state in use, in the time that the run has.
type action func(ctx context.Context, s session.State, args []string) error

// with returns what a command carries out: it finds the state first, and names the
// command in errors.
func with(run *invocation.Invocation, do action) func(cmd *cobra.Command, args []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := run.Results.NotIssued(cmd.Name()); err != nil {
			return err
		}
		ctx, cancel := run.Limit(cmd)
		defer cancel()
		s, err := session.StateOf(run.Session)
		if err == nil {
			err = do(ctx, s, args)
		}
		return exit.About{Group: "state", Verb: cmd.Name()}.Wrap(err)
	}
}

// connect calls do with a connection to the database of a state.
func connect(ctx context.Context, s session.State, do func(conn *pgconn.PgConn, where string) error) error {
	db, err := s.Database()
	if err != nil {
		return err
	}
	conn, err := db.Connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return do(conn, db.Where())
}

// noDatabase is the error of a command that is for databases alone.
func noDatabase(verb string) error {
	return provider.Hint(provider.Usage("`credctl state %s` is for databases: the state is already a folder on this machine", verb),
		"to use a database, set CREDCTL_STATE to its postgres:// URL")
}

// count is a number of things in words.
func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
