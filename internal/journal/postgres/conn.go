package postgres

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/credctl/credctl/internal/journal/postgres/dsn"
)

// patient is how long a statement may take, with the connections that it needs.
const patient = 20 * time.Second

// pauses are those before a statement is sent, and sent again, after a connection that
// broke or a conflict with another statement.
var pauses = []time.Duration{0, 200 * time.Millisecond, time.Second}

// A conn is a connection to the database, which is opened when it is needed, and again
// after it broke. It is safe for concurrent use.
type conn struct {
	open func(ctx context.Context) (*pgconn.PgConn, error)

	mu sync.Mutex
	pg *pgconn.PgConn

	clock clock
}

// A row is a row of a result; NULL is the empty text.
type row []string

func (r row) int(i int) int64 {
	n, _ := strconv.ParseInt(r[i], 10, 64) // the statement says that it is a number
	return n
}

// rows sends a statement and returns its rows. It may be sent twice, after a connection
// that broke or a conflict: it must be one that has the same effect then.
func (c *conn) rows(ctx context.Context, sql string, args ...any) ([]row, error) {
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	texts := make([][]byte, len(args))
	for i, a := range args {
		texts[i] = encode(a)
	}
	var broke error
	for i, pause := range pauses {
		if !wait(ctx, pause) {
			break
		}
		if err := c.reopen(ctx); err != nil {
			if i == len(pauses)-1 || broke == nil {
				return nil, err
			}
			continue
		}
		result := c.send(ctx, len(pauses)-i, sql, texts)
		if result.Err == nil {
			return decode(result), nil
		}
		broke = result.Err
		switch {
		case c.pg.IsClosed(), ending(broke):
			_ = c.pg.Close(ctx)
		case !conflicting(broke):
			return nil, dsn.Explain("state database", broke)
		}
	}
	return nil, dsn.Explain("state database", cmp.Or(broke, ctx.Err()))
}

// send sends a statement once. A connection may have broken without notice: the tries share
// the time that is left.
func (c *conn) send(ctx context.Context, tries int, sql string, args [][]byte) *pgconn.Result {
	until, _ := ctx.Deadline()
	ctx, cancel := context.WithTimeout(ctx, time.Until(until)/time.Duration(tries))
	defer cancel()
	return c.pg.ExecParams(ctx, sql, args, nil, nil, nil).Read()
}

func decode(r *pgconn.Result) []row {
	all := make([]row, len(r.Rows))
	for i, values := range r.Rows {
		all[i] = make(row, len(values))
		for j, v := range values {
			all[i][j] = string(v)
		}
	}
	return all
}

// ending reports whether the server ended the connection, or a pooler lost the one that
// it had.
func ending(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "57P01" || e.Code == "57P02" || e.Code == "57P05" || e.Code == "08P01" || e.Code == "08006" || e.Code == "08003")
}

// conflicting reports whether the server gave a statement up for the sake of another.
func conflicting(err error) bool {
	code := dsn.Code(err)
	return code == "40P01" || code == "40001"
}

func wait(ctx context.Context, pause time.Duration) bool {
	if pause == 0 {
		return ctx.Err() == nil
	}
	select {
	case <-time.After(pause):
		return true
	case <-ctx.Done():
		return false
	}
}

// check opens the connection.
func (c *conn) check(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reopen(ctx)
}

// reopen opens the connection unless it is open, and reads the clock.
func (c *conn) reopen(ctx context.Context) error {
	if c.pg != nil && !c.pg.IsClosed() {
		return nil
	}
	pg, err := c.open(ctx)
	if err != nil {
		return err
	}
	sent := time.Now()
	result := pg.ExecParams(ctx, "SELECT "+micros, nil, nil, nil, nil).Read()
	if result.Err != nil {
		_ = pg.Close(ctx)
		return dsn.Explain("state database", result.Err)
	}
	c.clock.set(sent, decode(result)[0].int(0))
	c.pg = pg
	return nil
}

func (c *conn) now() time.Time {
	if c.clock.uncertain() {
		sent := time.Now()
		if rows, err := c.rows(context.Background(), "SELECT "+micros); err == nil { // else nothing can be changed either
			c.clock.set(sent, rows[0].int(0))
		}
	}
	return c.clock.now()
}

// micros is the time by the clock of the database, in microseconds.
const micros = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

// A clock is that of the database.
type clock struct {
	mu   sync.Mutex
	base time.Time // by the clock of this machine that cannot be set, but stops while it sleeps
	wall time.Time // by its other clock, then
	is   time.Time // by the database, then
}

// set takes the time that an answer has, which was asked for at sent.
func (c *clock) set(sent time.Time, micros int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base, c.is = sent.Add(time.Since(sent)/2), time.UnixMicro(micros)
	c.wall = c.base.Round(0)
}

// uncertain reports whether the machine slept since the clock was read, or its own was set.
func (c *clock) uncertain() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return (time.Now().Round(0).Sub(c.wall) - time.Since(c.base)).Abs() > time.Second
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.is.Add(time.Since(c.base))
}
