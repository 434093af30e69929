package schema

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal/pgtest"
	"github.com/credctl/credctl/internal/journal/postgres/dsn"
	"github.com/credctl/credctl/internal/provider"
)

func connect(t *testing.T, url string) *pgconn.PgConn {
	t.Helper()
	d, err := dsn.Parse(url, "CREDCTL_STATE", t.TempDir())
	require.NoError(t, err)
	conn, err := d.Connect(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func TestMigrate(t *testing.T) {
	d := pgtest.Shared(t).Database(t)
	app, owner := connect(t, d.Pooled(pgtest.App)), connect(t, d.Pooled(pgtest.Owner))

	err := Check(t.Context(), app)
	require.ErrorIs(t, err, provider.ErrUsage)
	assert.Contains(t, err.Error(), "not initialized")
	assert.Contains(t, provider.HintOf(err), "credctl state init")

	_, _, err = Migrate(t.Context(), app)
	require.ErrorIs(t, err, provider.ErrDenied, "this role may not create a schema")
	assert.Empty(t, d.SQL(t, "SELECT nspname FROM pg_namespace WHERE nspname = 'credctl'"))

	before, after, err := Migrate(t.Context(), owner)
	require.NoError(t, err)
	assert.Equal(t, []int{0, Latest()}, []int{before, after})
	require.ErrorIs(t, Check(t.Context(), app), provider.ErrUsage, "there are tables, and no store")

	is, err := Found(t.Context(), owner, State{Store: "one", Recipient: "age1", Canary: "c"})
	require.NoError(t, err)
	assert.Equal(t, State{Version: Latest(), MinReader: oldest, Store: "one", Recipient: "age1", Canary: "c"}, is)
	is, err = Found(t.Context(), owner, State{Store: "two"})
	require.NoError(t, err)
	assert.Equal(t, "one", is.Store, "the first one counts")
	require.NoError(t, Check(t.Context(), app))

	before, after, err = Migrate(t.Context(), owner)
	require.NoError(t, err)
	assert.Equal(t, []int{Latest(), Latest()}, []int{before, after}, "nothing is left to do")
	assert.Empty(t, d.SQL(t, "SELECT pid FROM pg_locks WHERE locktype = 'advisory'"), "no lock is left behind the pooler")
}

// TestMigrateAtOnce: of many that start together, one applies each migration.
func TestMigrateAtOnce(t *testing.T) {
	d := pgtest.Shared(t).Database(t)
	var all sync.WaitGroup
	for range 6 {
		conn := connect(t, d.Pooled(pgtest.Owner))
		all.Go(func() {
			_, _, err := Migrate(t.Context(), conn)
			assert.NoError(t, err)
		})
	}
	all.Wait()
	assert.Equal(t, "1", d.SQL(t, "SELECT count(*) FROM credctl.meta WHERE key = 'version'"))
}

// TestMigrateWithoutTheRightToCreateASchema: an administrator has created it.
func TestMigrateWithoutTheRightToCreateASchema(t *testing.T) {
	d := pgtest.Shared(t).Database(t)
	d.SQL(t, "CREATE SCHEMA credctl AUTHORIZATION credctl_app")
	_, _, err := Migrate(t.Context(), connect(t, d.URL(pgtest.App)))
	require.NoError(t, err)
}

func TestUsable(t *testing.T) {
	newer := State{Store: "s", Version: Latest() + 2, MinReader: Latest() + 1}
	err := newer.Usable()
	require.ErrorIs(t, err, provider.ErrUsage)
	assert.Contains(t, provider.HintOf(err), "install the newest credctl")

	newer.MinReader = Latest()
	require.NoError(t, newer.Usable(), "a newer schema that this program can use")

	err = State{Store: "s", Version: Latest() - 1}.Usable()
	require.ErrorIs(t, err, provider.ErrUsage)
	assert.Contains(t, provider.HintOf(err), "credctl state migrate")
}

// TestMigrateLeavesANewerSchema as it is.
func TestMigrateLeavesANewerSchema(t *testing.T) {
	d := pgtest.Shared(t).Database(t)
	owner := connect(t, d.URL(pgtest.Owner))
	_, _, err := Migrate(t.Context(), owner)
	require.NoError(t, err)
	_, err = Found(t.Context(), owner, State{Store: "one"})
	require.NoError(t, err)
	d.SQL(t, "UPDATE credctl.meta SET value = '99' WHERE key IN ('version', 'min_reader')")
	for _, f := range []func() error{
		func() error { return Check(t.Context(), owner) },
		func() error { _, _, err := Migrate(t.Context(), owner); return err },
	} {
		err := f()
		require.ErrorIs(t, err, provider.ErrUsage)
		assert.Contains(t, err.Error(), "version 99")
	}
}

// TestMigrationsAreNumbered: 1, 2, 3.
func TestMigrationsAreNumbered(t *testing.T) {
	all, err := migrations()
	require.NoError(t, err)
	for i, m := range all {
		assert.Equal(t, i+1, m.version)
	}
	assert.LessOrEqual(t, oldest, Latest())
}
