package states

import (
	"context"
	"crypto/rand"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/journal/postgres"
	"github.com/credctl/credctl/internal/journal/postgres/schema"
	"github.com/credctl/credctl/internal/session"
)

func initialize(run *invocation.Invocation) *cobra.Command {
	heads := []string{"state", "version", "store", "identity", "created"}
	return syntax.WithColumns(&cobra.Command{
		Use: "init", Short: "Initialize the state", Args: syntax.Exact(),
		Long: `Creates the tables of the state in a database, and the identity that encrypts the secrets of
unfinished rotations. The identity is not in the database: copy it to the other hosts. A state
that is already initialized is left as it is.

The role needs CREATE in the database, or a schema named credctl that belongs to it. Other
commands need only SELECT, INSERT and UPDATE on the tables.`,
		Example: `# Initialize the database that the PG* variables name
CREDCTL_STATE=postgres:// credctl state init

# Initialize the state folder
credctl state init -o json`,
		RunE: with(run, func(ctx context.Context, s session.State, _ []string) error {
			a := answer{Created: true}
			if s.URL == "" {
				err := a.folder(run, s)
				if err != nil {
					return err
				}
				return run.Results.Answer(heads, run.Streams.Remarking("The state folder %s is ready", s.Dir), a.State, "", "", a.Identity, a.Created)
			}
			if err := connect(ctx, s, func(conn *pgconn.PgConn, where string) error { return a.database(ctx, s, conn, where) }); err != nil {
				return err
			}
			return run.Results.Answer(heads, func() error { return a.say(run) }, a.State, a.is.Version, a.is.Store, a.Identity, a.Created)
		}),
	}, heads)
}

// An answer is that of `credctl state init`.
type answer struct {
	State    string
	Identity string
	Created  bool // false: it was initialized before

	is schema.State
}

// folder makes the state folder, with its identity.
func (a *answer) folder(run *invocation.Invocation, s session.State) error {
	place, _, err := s.Identity()
	if err != nil {
		return err
	}
	store, err := run.Session.Journal()
	if err != nil {
		return err
	}
	a.State, a.Identity = "dir:"+s.Dir, place.Name
	return store.CheckIdentity()
}

// database makes the tables, and the identity unless there is one.
func (a *answer) database(ctx context.Context, s session.State, conn *pgconn.PgConn, where string) error {
	place, _, err := s.Identity()
	if err != nil {
		return err
	}
	a.State, a.Identity = where, place.Name
	before, err := schema.Read(ctx, conn)
	if err != nil {
		return err
	}
	if before.Store != "" {
		a.Created, a.is = false, before
		if err := before.Usable(); err != nil {
			return err
		}
		return opens(ctx, place, before, where)
	}
	if err := ownFolder(s.Dir); err != nil {
		return err
	}
	recipient, canary, err := postgres.NewCanary(ctx, place)
	if err != nil {
		return err
	}
	if _, _, err := schema.Migrate(ctx, conn); err != nil {
		return err
	}
	mine := schema.State{Store: rand.Text(), Recipient: recipient, Canary: canary}
	if a.is, err = schema.Found(ctx, conn, mine); err != nil {
		return err
	}
	if a.Created = a.is.Store == mine.Store; a.Created {
		return nil
	}
	return opens(ctx, place, a.is, where) // another host was faster
}

// opens reports whether the identity of this host is that of the state.
func opens(ctx context.Context, place identity.Place, is schema.State, where string) error {
	_, err := postgres.OpenKey(ctx, place, is, where)
	return err
}

func (a *answer) say(run *invocation.Invocation) error {
	if !a.Created {
		run.Streams.Remark("%s is already initialized, and %s opens it", a.State, a.Identity)
		return nil
	}
	run.Streams.Remark("Initialized %s (schema version %d)", a.State, a.is.Version)
	run.Streams.Remark("Identity: %s", a.Identity)
	run.Streams.Remark("Next: copy the identity file to each host, and back it up separately from the database")
	return nil
}

func migrate(run *invocation.Invocation) *cobra.Command {
	heads := []string{"state", "before", "version", "changed"}
	return syntax.WithColumns(&cobra.Command{
		Use: "migrate", Short: "Migrate the state database to this version", Args: syntax.Exact(),
		Long: `Applies the migrations that the database does not have, each whole or not at all. No other
command changes the schema. A credctl that is older than the schema allows refuses to work with it:
update credctl on all hosts first, then migrate.`,
		Example: `# Migrate the database that the PG* variables name
CREDCTL_STATE=postgres:// credctl state migrate

# Print the version before and after
CREDCTL_STATE=postgres:// credctl state migrate -o json`,
		RunE: with(run, func(ctx context.Context, s session.State, _ []string) error {
			if s.URL == "" {
				return noDatabase("migrate")
			}
			return connect(ctx, s, func(conn *pgconn.PgConn, where string) error {
				is, err := schema.Read(ctx, conn)
				if err == nil && is.Store == "" {
					err = is.Usable()
				}
				if err != nil {
					return err
				}
				before, after, err := schema.Migrate(ctx, conn)
				if err != nil {
					return err
				}
				sentence := run.Streams.Remarking("%s already has schema version %d", where, after)
				if before != after {
					sentence = run.Streams.Remarking("Migrated %s from schema version %d to %d", where, before, after)
				}
				return run.Results.Answer(heads, sentence, where, before, after, before != after)
			})
		}),
	}, heads)
}
