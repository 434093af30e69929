package pgtest

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A Role is one of the two that credctl connects as.
type Role string

// The roles of each server.
const (
	Owner Role = "credctl_owner" // may create the schema and change it
	App   Role = "credctl_app"   // may read, insert and update in what Owner creates
)

// Password returns the password of a role.
func (r Role) Password() string { return "pw-of-" + string(r) + "-4f1c9e" }

// A Database is one of a server, for one test.
type Database struct {
	Name   string
	server *Server
}

var naming sync.Mutex

// Database creates a database that belongs to [Owner], where [App] may use what Owner
// creates. It ends with the test, and every connection to it does.
func (s *Server) Database(t testing.TB) *Database {
	t.Helper()
	naming.Lock()
	s.count++
	name := fmt.Sprintf("test%d", s.count)
	naming.Unlock()
	s.SQL(t, "postgres", "CREATE DATABASE "+name+" OWNER "+string(Owner))
	d := &Database{name, s}
	d.SQL(t, `ALTER DEFAULT PRIVILEGES FOR ROLE `+string(Owner)+` GRANT USAGE ON SCHEMAS TO `+string(App)+`;
		ALTER DEFAULT PRIVILEGES FOR ROLE `+string(Owner)+` GRANT SELECT, INSERT, UPDATE ON TABLES TO `+string(App))
	t.Cleanup(func() { _, _ = s.psql("postgres", "DROP DATABASE "+name+" WITH (FORCE)") }) // the server may have stopped
	return d
}

// roles creates the roles.
func (s *Server) roles() error {
	for _, r := range []Role{Owner, App} {
		if _, err := s.psql("postgres", "CREATE ROLE "+string(r)+" LOGIN PASSWORD '"+r.Password()+"'"); err != nil {
			return err
		}
	}
	return nil
}

// URL returns where PostgreSQL has the database, with the name and the password of r.
func (d *Database) URL(r Role) string { return d.url(r, d.server.port) }

// Pooled returns the same as [Database.URL], through PgBouncer.
func (d *Database) Pooled(r Role) string { return d.url(r, d.server.pooled) }

// Variables returns the same as [Database.URL] as the variables of libpq.
func (d *Database) Variables(r Role) []string {
	return []string{"PGHOST=127.0.0.1", "PGPORT=" + d.server.port, "PGDATABASE=" + d.Name, "PGUSER=" + string(r), "PGPASSWORD=" + r.Password()}
}

func (d *Database) url(r Role, port string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(string(r), r.Password()), Host: "127.0.0.1:" + port, Path: d.Name}
	return u.String()
}

// SQL carries out statements in the database as its superuser, and returns the rows that
// they answer: columns separated by |, without a header.
func (d *Database) SQL(t testing.TB, statements string) string {
	t.Helper()
	return d.server.SQL(t, d.Name, statements)
}

// SQL is [Database.SQL] in the database of this name.
func (s *Server) SQL(t testing.TB, database, statements string) string {
	t.Helper()
	out, err := s.psql(database, statements)
	require.NoError(t, err)
	return out
}

func (s *Server) psql(database, statements string) (string, error) {
	return s.output("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", s.dir, "-p", s.port, "-U", "postgres", "-d", database, "-c", statements)
}

// Disconnect ends every connection to the database.
func (d *Database) Disconnect(t testing.TB) {
	t.Helper()
	d.server.SQL(t, "postgres", "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '"+d.Name+"'")
}

// ReadOnly makes new transactions in the database read-only, or lets them write again,
// and ends every connection to it.
func (d *Database) ReadOnly(t testing.TB, readOnly bool) {
	t.Helper()
	d.server.SQL(t, "postgres", fmt.Sprintf("ALTER DATABASE %s SET default_transaction_read_only = %t", d.Name, readOnly))
	d.Disconnect(t)
}

// Log returns what PostgreSQL has logged.
func (s *Server) Log(t testing.TB) string {
	t.Helper()
	log, err := s.read(s.postgres.log)
	require.NoError(t, err)
	return strings.TrimSpace(log)
}

// CA returns the file with the certificate authority of a server with TLS.
func (s *Server) CA() string { return filepath.Join(s.dir, "ca.crt") }
