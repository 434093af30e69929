// Package pgtest runs a PostgreSQL server, with PgBouncer in transaction mode in front
// of it, for tests. Both listen on loopback, keep their files in a folder of their own,
// and end with the process that started them.
package pgtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A Server is a PostgreSQL cluster and its PgBouncer.
type Server struct {
	dir, bin string
	port     string
	pooled   string // the port of PgBouncer
	owner    *account
	postgres *process
	bouncer  *process
	count    int
}

// Options say how a server is set up.
type Options struct {
	Durable bool // fsync is on, as it is outside of tests
	TLS     bool // the server offers TLS, with a certificate that [Server.CA] has signed
}

// Start starts a server that stops when the test has ended. The test is skipped where
// PostgreSQL or PgBouncer is not installed.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	need(t)
	s, err := start(o)
	require.NoError(t, err)
	t.Cleanup(s.close)
	return s
}

// Shared returns a server that all tests of the process have in common, and that stops
// when the process ends. Each test has a [Database] of its own.
func Shared(t testing.TB) *Server {
	t.Helper()
	need(t)
	s, err := shared()
	require.NoError(t, err)
	return s
}

var shared = sync.OnceValues(func() (*Server, error) { return start(Options{}) })

// need skips the test where a program is missing.
func need(t testing.TB) {
	t.Helper()
	if folder() == "" {
		t.Skip("PostgreSQL is not installed: apt-get install postgresql")
	}
	if bouncerProgram() == "" {
		t.Skip("PgBouncer is not installed: apt-get install pgbouncer")
	}
}

// folder returns where the programs of PostgreSQL are.
func folder() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // it is not on the PATH in Debian
	if len(found) == 0 {
		return ""
	}
	return filepath.Dir(found[len(found)-1])
}

// start tries again with other ports: two test processes may have chosen the same.
func start(o Options) (s *Server, err error) {
	for range 3 {
		if s, err = startOnce(o); err == nil {
			break
		}
	}
	return s, err
}

func startOnce(o Options) (s *Server, err error) {
	s = &Server{bin: folder(), owner: unprivileged()}
	if s.dir, err = os.MkdirTemp(short(), "pgtest"); err != nil { // the name of a socket has at most 107 bytes
		return nil, err
	}
	if err = s.owner.own(s.dir); err != nil {
		return nil, err
	}
	if s.port, err = freePort(); err != nil {
		return nil, err
	}
	if s.pooled, err = freePort(); err != nil {
		return nil, err
	}
	if err = s.run("initdb", "--no-sync", "--username=postgres", "--auth-local=trust", "--auth-host=scram-sha-256",
		"--encoding=UTF8", "--locale=C.UTF-8", "--pgdata="+s.data()); err != nil {
		return nil, err
	}
	if err = s.configure(o); err != nil {
		return nil, err
	}
	s.postgres = s.process("postgres", "QUIT", filepath.Join(s.bin, "postgres"), "-D", s.data())
	s.bouncer = s.process("pgbouncer", "TERM", bouncerProgram(), filepath.Join(s.dir, "pgbouncer.ini"))
	for _, begin := range []func() error{s.begin, s.roles, s.beginBouncer} {
		if err := begin(); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

// short returns a folder for files that every user can reach.
func short() string {
	if dir := os.TempDir(); len(dir) < 40 {
		return dir
	}
	return "/tmp"
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) configure(o Options) error {
	settings := []string{
		"port = " + s.port, "listen_addresses = '127.0.0.1'", "unix_socket_directories = '" + s.dir + "'",
		"max_connections = 400", "shared_buffers = 16MB", "log_line_prefix = '%m %a '",
	}
	if !o.Durable {
		settings = append(settings, "fsync = off", "full_page_writes = off")
	}
	if o.TLS {
		if err := s.certificate(); err != nil {
			return err
		}
		settings = append(settings, "ssl = on")
	}
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err = fmt.Fprintln(f, strings.Join(settings, "\n")); err != nil {
		return err
	}
	return f.Close()
}

// close stops all and removes the files.
func (s *Server) close() {
	s.bouncer.stop()
	s.postgres.stop()
	_ = os.RemoveAll(s.dir)
}
