// Package overview reads what a person wants to know of a state database besides the
// journal: who holds which lock, and whether the server and the role are set up well.
package overview

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/credctl/credctl/internal/journal/postgres/dsn"
)

// A Lock is one that a run holds, or held when it was killed.
type Lock struct {
	Name    string    `json:"name"`
	Host    string    `json:"host"`
	PID     int       `json:"pid,omitzero"`
	Taken   time.Time `json:"taken"`
	Expires time.Time `json:"expires"`
	Age     int64     `json:"age_seconds"`  // by the clock of the database
	Left    int64     `json:"left_seconds"` // until others may take it, unless it is renewed
}

// Locks returns the locks that have not expired, the oldest first.
func Locks(ctx context.Context, conn *pgconn.PgConn) ([]Lock, error) {
	rows, err := query(ctx, conn, `SELECT name, host, pid, extract(epoch FROM taken)::bigint, extract(epoch FROM expires)::bigint,
	extract(epoch FROM clock_timestamp() - taken)::bigint, extract(epoch FROM expires - clock_timestamp())::bigint
FROM credctl.lease WHERE expires > clock_timestamp() ORDER BY taken`)
	if err != nil {
		return nil, err
	}
	locks := make([]Lock, len(rows))
	for i, r := range rows {
		n := numbers(r[2:])
		locks[i] = Lock{r[0], r[1], int(n[0]), time.Unix(n[1], 0).UTC(), time.Unix(n[2], 0).UTC(), n[3], n[4]}
	}
	return locks, nil
}

// Server is what a server says about itself and the connection.
type Server struct {
	Version string
	Now     time.Time
	Durable bool   // what it reports as written survives a crash
	Standby string // the servers that have each change before it counts as written, or ""
}

// ReadServer returns what the server says.
func ReadServer(ctx context.Context, conn *pgconn.PgConn) (Server, error) {
	rows, err := query(ctx, conn, `SELECT current_setting('server_version'), (extract(epoch FROM clock_timestamp()) * 1000)::bigint,
	current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on', current_setting('synchronous_standby_names')`)
	if err != nil {
		return Server{}, err
	}
	r := rows[0]
	version, _, _ := strings.Cut(r[0], " ")
	return Server{version, time.UnixMilli(numbers(r[1:2])[0]), r[2] == "t", r[3]}, nil
}

// Missing returns the privileges on the tables that the role does not have.
func Missing(ctx context.Context, conn *pgconn.PgConn) (missing []string, err error) {
	rows, err := query(ctx, conn, `SELECT privilege || ' on ' || t.tablename
FROM pg_tables t, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) AS privilege
WHERE t.schemaname = 'credctl' AND NOT has_table_privilege('credctl.' || quote_ident(t.tablename), privilege)
	AND (t.tablename <> 'meta' OR privilege = 'SELECT')
ORDER BY t.tablename, privilege`)
	for _, r := range rows {
		missing = append(missing, r[0])
	}
	return missing, err
}

func query(ctx context.Context, conn *pgconn.PgConn, sql string) ([][]string, error) {
	result := conn.ExecParams(ctx, sql, nil, nil, nil, nil).Read()
	if result.Err != nil {
		return nil, dsn.Explain("state database", result.Err)
	}
	rows := make([][]string, len(result.Rows))
	for i, values := range result.Rows {
		for _, v := range values {
			rows[i] = append(rows[i], string(v))
		}
	}
	return rows, nil
}

// numbers reads columns that the statement makes whole numbers.
func numbers(texts []string) []int64 {
	all := make([]int64, len(texts))
	for i, text := range texts {
		all[i], _ = strconv.ParseInt(text, 10, 64)
	}
	return all
}

// String says who holds the lock, for people.
func (l Lock) String() string {
	return fmt.Sprintf("%s, held by process %d on %s for %s", l.Name, l.PID, l.Host, time.Duration(l.Age)*time.Second)
}
