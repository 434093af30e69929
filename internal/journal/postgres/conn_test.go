package postgres

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal/pgtest"
)

// silent is a connection to which its other end stops listening, without closing it.
type silent struct {
	net.Conn

	number int64
	gone   *atomic.Int64 // those up to this one
}

func (s silent) Write(b []byte) (int, error) {
	if s.number <= s.gone.Load() {
		return len(b), nil
	}
	return s.Conn.Write(b)
}

// A connection that broke without notice leaves time for another one.
func TestASilentConnectionIsGivenUp(t *testing.T) {
	s := initialised(t, pgtest.Shared(t))
	config, err := pgconn.ParseConfig(s.URL(pgtest.App))
	require.NoError(t, err)
	var dialed, gone atomic.Int64
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		return silent{c, dialed.Add(1), &gone}, err
	}
	var notes []string
	_, d := s.on(t, s.URL(pgtest.App), &notes, func(o *Options) {
		o.Connect = func(ctx context.Context) (*pgconn.PgConn, error) { return pgconn.ConnectConfig(ctx, config) }
	})
	gone.Store(dialed.Load())
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	rows, err := d.conn.rows(ctx, "SELECT 1")
	require.NoError(t, err)
	assert.Equal(t, []row{{"1"}}, rows)
}

// A statement that the server gave up for the sake of another is sent again.
func TestAConflictIsTriedAgain(t *testing.T) {
	s := initialised(t, pgtest.Shared(t))
	var notes []string
	j, _ := s.on(t, s.URL(pgtest.App), &notes)
	o, err := j.Create(intent())
	require.NoError(t, err)
	for _, code := range []string{"40P01", "40001"} {
		s.SQL(t, `DROP SEQUENCE IF EXISTS credctl.tries; CREATE SEQUENCE credctl.tries;
CREATE OR REPLACE FUNCTION credctl.conflict() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN IF nextval('credctl.tries') = 1 THEN RAISE EXCEPTION USING ERRCODE = '`+code+`'; END IF; RETURN NEW; END $$;
CREATE OR REPLACE TRIGGER conflict BEFORE UPDATE ON credctl.operation FOR EACH ROW EXECUTE FUNCTION credctl.conflict()`)
		e := intent()
		e.Step = "verified"
		require.NoError(t, o.Append(e), code)
		assert.Equal(t, "2", s.SQL(t, "SELECT last_value FROM credctl.tries"), code)
	}
	assert.Empty(t, notes)
}
