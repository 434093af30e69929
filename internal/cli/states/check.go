package states

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/postgres/overview"
	"github.com/credctl/credctl/internal/journal/postgres/schema"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/results"
	"github.com/credctl/credctl/internal/session"
)

// A finding is one line of the answer of `credctl state check`.
type finding struct {
	Check   string `json:"check"`
	OK      bool   `json:"ok"`
	Message string `json:"message,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

// findings are what was checked so far, and the first error of all.
type findings struct {
	all []finding
	err error
}

// add adds a check that passed with a message, or failed.
func (f *findings) add(check, message string, err error) {
	one := finding{Check: check, OK: err == nil, Message: message}
	if err != nil {
		one.Message, one.Hint = provider.Text(err), provider.HintOf(err)
		if f.err == nil {
			f.err = err
		}
	}
	f.all = append(f.all, one)
}

func check(run *invocation.Invocation) *cobra.Command {
	columns := []string{"check", "ok", "message"}
	return syntax.WithColumns(&cobra.Command{
		Use: "check", Short: "Check the state for problems", Args: syntax.Exact(),
		Long: `Checks that this host can use the state: the connection, the version of the schema, the privileges
of the role, the identity, and that every rotation and the audit trail are as credctl wrote them. It
sends no request to a vendor. The exit status is that of the first check that failed.`,
		Example: `# Check the state
credctl state check

# Print the failed checks as JSON
credctl state check --jq '.[] | select(.ok | not)'`,
		RunE: with(run, func(ctx context.Context, s session.State, _ []string) error {
			var f findings
			if s.URL != "" {
				err := connect(ctx, s, func(conn *pgconn.PgConn, where string) error { return f.database(ctx, conn, where) })
				if err != nil {
					return err
				}
			}
			f.journal(run, s)
			rows := make([][]string, len(f.all))
			for i, one := range f.all {
				rows[i] = []string{one.Check, results.YesNo(one.OK), one.Message}
			}
			return errors.Join(run.Results.Keeping(columns...).Results(columns, rows, f.all), f.err)
		}),
	}, columns)
}

// database checks what only a database has. It fails where nothing else can be checked.
func (f *findings) database(ctx context.Context, conn *pgconn.PgConn, where string) error {
	is, err := schema.Read(ctx, conn)
	if err == nil {
		err = is.Usable()
	}
	if err != nil {
		return err
	}
	server, err := overview.ReadServer(ctx, conn)
	if err != nil {
		return err
	}
	f.add("connection", fmt.Sprintf("%s, PostgreSQL %s", where, server.Version), nil)
	f.add("schema", fmt.Sprintf("version %d", is.Version), nil)
	missing, err := overview.Missing(ctx, conn)
	if err == nil && len(missing) > 0 {
		err = provider.Hint(provider.WithClass(provider.ErrDenied, fmt.Errorf("the role lacks %s", missing[0])),
			"run as the owner: GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA credctl TO the role")
	}
	f.add("privileges", "SELECT, INSERT and UPDATE", err)
	f.add("clock", ahead(time.Since(server.Now)), nil)
	f.add("durability", durability(server), durable(server))
	return nil
}

// ahead says how far the clock of this host is from that of the database, which counts.
func ahead(d time.Duration) string {
	if d.Abs() < 2*time.Second {
		return "this host agrees with the database"
	}
	word := "ahead of"
	if d < 0 {
		word = "behind"
	}
	return fmt.Sprintf("the clock of this host is %s %s that of the database, which credctl uses", d.Abs().Round(time.Second), word)
}

// durable refuses a server that may lose what it reported as written.
func durable(s overview.Server) error {
	if s.Durable {
		return nil
	}
	return provider.Hint(errors.New("the server may lose what it reported as written: fsync or full_page_writes is off"),
		"set fsync and full_page_writes to on in the configuration of the server")
}

func durability(s overview.Server) string {
	if s.Standby == "" {
		return "no synchronous standby: a failover may lose the last entries"
	}
	return "synchronous standby: " + s.Standby
}

// journal checks what a folder and a database have in common.
func (f *findings) journal(run *invocation.Invocation, s session.State) {
	store, err := run.Session.Journal()
	if s.URL == "" {
		f.add("folder", s.Dir, err)
	}
	if err != nil {
		if s.URL != "" {
			f.add("journal", "", err)
		}
		return
	}
	place, _, err := s.Identity()
	if err == nil {
		err = store.CheckIdentity()
	}
	f.add("identity", place.Name, err)
	if err != nil {
		return
	}
	message, err := rotations(store)
	f.add("rotations", message, err)
	message, err = auditTrail(store)
	f.add("audit trail", message, err)
}

// auditTrail verifies the chain of the audit trail, and that it can be added to.
func auditTrail(store *journal.Store) (string, error) {
	report, err := store.VerifyTrail()
	if err == nil && len(report.Breaks) > 0 {
		first := report.Breaks[0]
		err = provider.Hint(provider.WithClass(provider.ErrVerify, fmt.Errorf("the chain breaks at line %d: %s", first.Line, first.Reason)), "run: credctl audit --verify-trail")
	}
	if err == nil {
		err = store.CheckAudit()
	}
	return count(report.Lines, "event"), err
}

// rotations reads every rotation, and fails where one is damaged.
func rotations(store *journal.Store) (string, error) {
	all, err := store.Operations()
	if err != nil {
		return "", err
	}
	var errs []error
	unfinished := 0
	for _, o := range all {
		if o.Damaged != nil {
			errs = append(errs, o.Damaged)
		} else if !o.Final() {
			unfinished++
		}
	}
	return fmt.Sprintf("%s, of which %d not finished", count(len(all), "rotation"), unfinished), errors.Join(errs...)
}
