package postgres

import (
	"context"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/journal/journaltest"
	"github.com/credctl/credctl/internal/journal/pgtest"
	"github.com/credctl/credctl/internal/journal/postgres/dsn"
	"github.com/credctl/credctl/internal/journal/postgres/schema"
	"github.com/credctl/credctl/internal/journal/seal"
	"github.com/credctl/credctl/internal/provider"
)

// A state is a database with a journal, and the identity of it.
type state struct {
	*pgtest.Database

	identity *age.X25519Identity
}

func initialised(t testing.TB, s *pgtest.Server) state {
	t.Helper()
	d := s.Database(t)
	owner, err := pgconn.Connect(t.Context(), d.URL(pgtest.Owner))
	require.NoError(t, err)
	defer func() { _ = owner.Close(context.Background()) }()
	_, _, err = schema.Migrate(t.Context(), owner)
	require.NoError(t, err)
	id, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	canary, _, err := seal.New(id).Seal(map[string]provider.Secret{"canary": provider.NewSecret("credctl")})
	require.NoError(t, err)
	_, err = schema.Found(t.Context(), owner, schema.State{Store: random(), Recipient: id.Recipient().String(), Canary: canary})
	require.NoError(t, err)
	return state{d, id}
}

// options are those of a run on another host.
func (s state) options(t testing.TB, url string) Options {
	t.Helper()
	d, err := dsn.Parse(url, "test", t.TempDir())
	require.NoError(t, err)
	return Options{Connect: d.Connect, Where: d.Where(), Lease: 30 * time.Second, Identity: identity.Place{
		Name: "the test's identity", Read: func(context.Context) ([]byte, error) { return []byte(s.identity.String()), nil },
	}}
}

func (s state) open(t testing.TB, url string) *journal.Store {
	t.Helper()
	j, err := Open(t.Context(), s.options(t, url))
	require.NoError(t, err)
	return j
}

func TestContract(t *testing.T) {
	server := pgtest.Shared(t)
	for name, url := range map[string]func(state) string{
		"direct":    func(s state) string { return s.URL(pgtest.App) },
		"PgBouncer": func(s state) string { return s.Pooled(pgtest.App) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journaltest.Run(t, func(t *testing.T) journaltest.Place {
				s := initialised(t, server)
				return journaltest.Place{
					Open: func(t *testing.T) *journal.Store { return s.open(t, url(s)) },
					Lose: func(t *testing.T, name string) {
						s.SQL(t, "UPDATE credctl.lease SET epoch = epoch + 1 WHERE name = '"+strings.ReplaceAll(name, "'", "''")+"'")
					},
				}
			})
		})
	}
}
