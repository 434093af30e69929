// Package schema creates the tables of credctl's state in a database, and changes them
// for a newer credctl: by numbered migrations, each of which happens whole or not at all.
package schema

import (
	"context"
	"embed"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/credctl/credctl/internal/journal/postgres/dsn"
	"github.com/credctl/credctl/internal/provider"
)

//go:embed migrations/*.sql
var files embed.FS

// oldest is the lowest version of the program's own schema that may read a database
// with all migrations.
const oldest = 1

// A migration is one change of the schema.
type migration struct {
	version int
	sql     string
}

// migrations returns all of the program's own, the first one first.
func migrations() ([]migration, error) {
	names, err := files.ReadDir("migrations")
	if err != nil {
		return nil, err
	}
	var all []migration
	for _, f := range names {
		number, _, _ := strings.Cut(f.Name(), "_")
		version, err := strconv.Atoi(number)
		if err != nil {
			return nil, err
		}
		text, err := files.ReadFile(path.Join("migrations", f.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, migration{version, string(text)})
	}
	return all, nil
}

// Latest returns the version that this program knows.
func Latest() int {
	all, err := migrations()
	if err != nil || len(all) == 0 {
		return 0
	}
	return all[len(all)-1].version
}

// A State is what a database says about its schema.
type State struct {
	Version   int    // 0: there is none
	MinReader int    // the lowest version that a program must know
	Store     string // the ID of this state
	Recipient string // the public half of the identity that it is encrypted for
	Canary    string // a text that only that identity opens
	Keys      string // what was passed to that identity from the one before it, or ""
}

// Read returns the state of a database, without judging it.
func Read(ctx context.Context, conn *pgconn.PgConn) (s State, err error) {
	r := conn.ExecParams(ctx, "SELECT key, value FROM credctl.meta", nil, nil, nil, nil).Read()
	if code := dsn.Code(r.Err); code == dsn.NoTable {
		return State{}, nil
	}
	if r.Err != nil {
		return State{}, dsn.Explain("state database", r.Err)
	}
	for _, row := range r.Rows {
		value := string(row[1])
		switch string(row[0]) {
		case "version":
			s.Version, err = strconv.Atoi(value)
		case "min_reader":
			s.MinReader, err = strconv.Atoi(value)
		case "store":
			s.Store = value
		case "recipient":
			s.Recipient = value
		case "canary":
			s.Canary = value
		case "keys":
			s.Keys = value
		}
		if err != nil {
			return State{}, provider.Usage("state database: credctl.meta has a %s that is not a number", row[0])
		}
	}
	return s, nil
}

// Check refuses a database that has no schema, one that a newer credctl has written, and
// one that must be migrated first.
func Check(ctx context.Context, conn *pgconn.PgConn) error {
	s, err := Read(ctx, conn)
	if err != nil {
		return err
	}
	return s.Usable()
}

// Usable reports whether this program may use the database.
func (s State) Usable() error {
	switch latest := Latest(); {
	case s.Store == "":
		return dsn.NotInitialized("state database")
	case s.MinReader > latest:
		return provider.Hint(provider.Usage("the state database has schema version %d, and this credctl knows versions up to %d", s.Version, latest), "install the newest credctl on this host")
	case s.Version < latest:
		return provider.Hint(provider.Usage("the state database has schema version %d, and this credctl needs version %d", s.Version, latest), "run: credctl state migrate")
	}
	return nil
}

// Migrate applies the migrations that a database does not have, and returns the versions
// before and after. Only one process does so at a time.
func Migrate(ctx context.Context, conn *pgconn.PgConn) (before, after int, err error) {
	s, err := Read(ctx, conn)
	if err != nil {
		return 0, 0, err
	}
	before, after = s.Version, s.Version
	if s.MinReader > Latest() {
		return before, after, s.Usable()
	}
	all, err := migrations()
	if err != nil {
		return before, after, err
	}
	for _, m := range all {
		if m.version <= s.Version {
			continue
		}
		if err := apply(ctx, conn, m); err != nil {
			return before, after, err
		}
		after = m.version
	}
	return before, after, nil
}

// apply carries out one migration in a transaction, unless another process has. The lock
// ends with the transaction, so that a pooler cannot keep it.
func apply(ctx context.Context, conn *pgconn.PgConn, m migration) error {
	script := fmt.Sprintf(`BEGIN;
SELECT pg_advisory_xact_lock(hashtext('credctl schema'));
DO $migration$ BEGIN
IF coalesce((SELECT to_regclass('credctl.meta') IS NOT NULL), false) THEN
	IF (SELECT value::int >= %d FROM credctl.meta WHERE key = 'version') THEN RETURN; END IF;
END IF;
%s
INSERT INTO credctl.meta VALUES ('version', '%[1]d'), ('min_reader', '%[3]d') ON CONFLICT (key) DO UPDATE SET value = excluded.value;
END $migration$;
COMMIT`, m.version, m.sql, oldest)
	if _, err := conn.Exec(ctx, script).ReadAll(); err != nil {
		_, _ = conn.Exec(ctx, "ROLLBACK").ReadAll()
		return dsn.Explain(fmt.Sprintf("migrating the state database to version %d", m.version), err)
	}
	return nil
}

// Found returns a state as the first one that a database with tables has: it sets what s
// names, unless another process was faster, and returns what counts.
func Found(ctx context.Context, conn *pgconn.PgConn, s State) (State, error) {
	args := [][]byte{[]byte(s.Store), []byte(s.Recipient), []byte(s.Canary)}
	r := conn.ExecParams(ctx, `INSERT INTO credctl.meta
SELECT * FROM (VALUES ('store', $1), ('recipient', $2), ('canary', $3)) AS new
WHERE NOT EXISTS (SELECT FROM credctl.meta WHERE key = 'store') ON CONFLICT (key) DO NOTHING`, args, nil, nil, nil).Read()
	if r.Err != nil {
		return State{}, dsn.Explain("initializing the state database", r.Err)
	}
	return Read(ctx, conn)
}
