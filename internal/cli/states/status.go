package states

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/journal/postgres/overview"
	"github.com/credctl/credctl/internal/journal/postgres/schema"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/session"
	"github.com/credctl/credctl/internal/visible"
)

// A report is the answer of `credctl state status`.
type report struct {
	State      string          `json:"state"`
	Source     string          `json:"source"`
	Version    int             `json:"version,omitzero"` // of the schema
	Store      string          `json:"store,omitzero"`
	Identity   string          `json:"identity"`
	Lease      int64           `json:"lease_seconds,omitzero"`
	Unfinished []oplog.Status  `json:"unfinished"`
	Locks      []overview.Lock `json:"locks,omitempty"`
}

func status(run *invocation.Invocation) *cobra.Command {
	columns := []string{"state", "source", "version", "store", "identity", "unfinished", "locks"}
	return syntax.WithColumns(&cobra.Command{
		Use: "status", Short: "Show where the state is", Args: syntax.Exact(),
		Long: `Shows where the state of rotations is, the version of its schema, the rotations that have not
finished, and, in a database, which host holds which lock and since when.`,
		Example: `# Show where the state is
credctl state status

# Count the unfinished rotations
credctl state status --jq '.unfinished | length'`,
		RunE: with(run, func(ctx context.Context, s session.State, _ []string) error {
			r, err := find(ctx, run, s)
			if err != nil {
				return err
			}
			if run.Results.Format.ForPeople() && len(run.Results.Columns) == 0 {
				return r.print(run)
			}
			row := []string{r.State, r.Source, strconv.Itoa(r.Version), r.Store, r.Identity, strconv.Itoa(len(r.Unfinished)), strconv.Itoa(len(r.Locks))}
			return run.Results.Printer().Results(columns, [][]string{row}, r)
		}),
	}, columns)
}

// find reads the state.
func find(ctx context.Context, run *invocation.Invocation, s session.State) (r report, err error) {
	r.Source = s.Source
	if r.State, err = s.Where(); err != nil {
		return r, err
	}
	place, _, err := s.Identity()
	if err != nil {
		return r, err
	}
	r.Identity = place.Name
	if s.URL != "" {
		r.Lease = int64(s.Lease.Seconds())
		if err := connect(ctx, s, func(conn *pgconn.PgConn, _ string) error { return r.read(ctx, conn) }); err != nil {
			return r, err
		}
	}
	store, err := run.Session.Journal()
	if err != nil {
		return r, err
	}
	r.Unfinished, err = oplog.List(store, false)
	return r, err
}

// read reads what only a database has.
func (r *report) read(ctx context.Context, conn *pgconn.PgConn) error {
	is, err := schema.Read(ctx, conn)
	if err == nil {
		err = is.Usable()
	}
	if err != nil {
		return err
	}
	r.Version, r.Store = is.Version, is.Store
	r.Locks, err = overview.Locks(ctx, conn)
	return err
}

// print writes the report for people.
func (r *report) print(run *invocation.Invocation) error {
	lines := [][2]string{{"State", r.State}}
	if r.Store != "" {
		lines = append(lines, [2]string{"Schema", fmt.Sprintf("version %d", r.Version)}, [2]string{"Store ID", r.Store})
	}
	lines = append(lines, [2]string{"Identity", r.Identity}, [2]string{"Unfinished", count(len(r.Unfinished), "rotation")})
	for _, o := range r.Unfinished {
		lines = append(lines, [2]string{"", fmt.Sprintf("%s, %s (%s %s)", o.Operation, o.State, o.Provider, o.ID)})
	}
	if r.Store != "" {
		lines = append(lines, [2]string{"Locks", strconv.Itoa(len(r.Locks))})
	}
	for _, l := range r.Locks {
		lines = append(lines, [2]string{"", l.String()})
	}
	for _, l := range lines {
		head := l[0]
		if head != "" {
			head += ":"
		}
		if _, err := fmt.Fprintf(run.Streams.Out, "%-12s%s\n", head, visible.OneLine(l[1])); err != nil {
			return err
		}
	}
	return nil
}
