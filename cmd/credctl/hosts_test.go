//go:build unix

package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/journal/pgtest"
	"github.com/credctl/credctl/internal/journal/postgres"
	"github.com/credctl/credctl/internal/journal/postgres/dsn"
	"github.com/credctl/credctl/internal/sandbox"
)

// shares has the hosts of a scene share a journal in a database.
func (s *scene) shares(d *pgtest.Database) {
	s.Helper()
	place := identity.File(filepath.Join(s.dir, "identity.txt"))
	s.setenv("CREDCTL_STATE_IDENTITY_FILE", place.Name)
	s.setenv("CREDCTL_STATE", d.URL(pgtest.Owner))
	got := s.run("state", "init")
	require.Equal(s, 0, got.status, got.stderr)
	s.setenv("CREDCTL_STATE", d.Pooled(pgtest.App))
	db, err := dsn.Parse(d.URL(pgtest.App), "test", s.dir)
	require.NoError(s, err)
	s.database = sync.OnceValues(func() (*journal.Store, error) { // a connection for all that the test reads
		return postgres.Open(context.Background(), postgres.Options{Connect: db.Connect, Where: db.Where(), Identity: place, Lease: time.Minute})
	})
}

// on has a command run on another host: with a state folder of its own.
func on(p *process, name string) *process {
	p.Env = append(p.Env, "XDG_STATE_HOME="+filepath.Join(p.Dir, "state of "+name))
	return p
}

// between has f called before and after each request of a process that changes something,
// with the number of the request; also for runs that continue what that process began, as
// they reach the vendor in the same way.
func (s *scene) between(p *process, f func(n int, answered bool)) {
	s.Helper()
	h := &hitman{victim: p}
	var sent atomic.Int32
	h.around = func(vendor http.Handler, w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			vendor.ServeHTTP(w, r)
			return
		}
		n := int(sent.Add(1))
		f(n, false)
		answer := httptest.NewRecorder()
		vendor.ServeHTTP(answer, r)
		f(n, true)
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}
	h.serve(s.TB.(*testing.T), s)
}

// TestAPausedRunLosesItsLease stops a run at a request, has another host finish the
// rotation, and lets the first one go on.
func TestAPausedRunLosesItsLease(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	for _, x := range []struct {
		at       int // which of the requests that change something
		answered bool
	}{{1, false}, {1, true}, {3, true}} {
		name := fmt.Sprintf("request %d, answered: %v", x.at, x.answered)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			slots <- struct{}{}
			defer func() { <-slots }()
			s := web(t, sandbox.Options{})
			s.shares(server.Database(t))
			s.setenv("CREDCTL_STATE_LEASE", "10s")
			p := s.command("", s.rotate()...)
			started, stopped, resumed := make(chan struct{}), make(chan struct{}), make(chan struct{})
			s.between(p, func(n int, answered bool) {
				if n == x.at && answered == x.answered {
					<-started
					assert.NoError(t, p.Process.Signal(syscall.SIGSTOP)) //nolint:testifylint // this is not the goroutine of the test
					close(stopped)
					<-resumed
				}
			})
			require.NoError(t, p.Start())
			close(started)
			<-stopped
			other := on(s.command("", s.rotate("--lock-timeout", "1m", "-o", "json")...), "another host")
			assert.NoError(t, other.Run(), other.stderr.String())
			require.NoError(t, p.Process.Signal(syscall.SIGCONT))
			close(resumed)
			_ = p.Wait() // its status tells
			got := p.outcome()
			assert.Equal(t, 75, got.status, "%s%s", got.stdout, got.stderr)
			s.silent(got)
			for range 2 { // what the first one was late with is found and put right
				again := s.run(s.rotate()...)
				assert.Equal(t, 0, again.status, again.stderr)
			}
			s.invariant(name)
			s.ended()
		})
	}
}

// Twenty runs on two hosts create one credential.
func TestF6TwentyRunsOnTwoHosts(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	s.shares(pgtest.Shared(t).Database(t))
	var all sync.WaitGroup
	changed := make([]bool, 20)
	for i := range changed {
		p := on(s.command("", s.rotate("-o", "json")...), fmt.Sprint("host ", i%2))
		all.Go(func() {
			_ = p.Run() // its status tells
			got := p.outcome()
			if got.status == 75 {
				assert.Contains(t, got.stderr, `"code":"locked"`)
				assert.Empty(t, got.stdout)
				return
			}
			if assert.Equal(t, 0, got.status, got.stderr) {
				changed[i] = answer(t, got)["changed"] == true
			}
		})
	}
	all.Wait()
	changed = slices.DeleteFunc(changed, func(c bool) bool { return !c })
	assert.Len(t, changed, 1)
	assert.Equal(t, 1, s.count("katapult", "create"))
	s.ended()
}

// Connections that the server ends between the steps do no harm.
func TestConnectionsThatEnd(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	d := pgtest.Shared(t).Database(t)
	s.shares(d)
	p := s.command("", s.rotate()...)
	s.between(p, func(int, bool) { d.Disconnect(t) })
	require.NoError(t, p.Run(), p.stderr.String())
	assert.Equal(t, 1, s.count("katapult", "create"))
	s.ended()
}

// TestWithoutTheDatabase stops the database before a run, and when the vendor has just
// answered.
func TestWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Durable: true})
	s := web(t, sandbox.Options{})
	d := server.Database(t)
	s.shares(d)
	s.setenv("CREDCTL_STATE", d.URL(pgtest.App)) // a pooler does not connect again for 15 seconds
	p := s.command("", s.rotate()...)
	s.between(p, func(n int, answered bool) {
		if n == 1 && answered {
			server.Stop()
		}
	})
	_ = p.Run() // its status tells
	got := p.outcome()
	require.Equal(t, 75, got.status, "%s%s", got.stdout, got.stderr)
	assert.Contains(t, got.stderr, "encrypted\nhint: run the same command on this host")
	s.silent(got)
	before := s.changing("katapult")
	for status, commands := range map[int][][]string{
		75: {s.rotate(), {"katapult", "create", "--name", "x", "--to", "file:" + s.dir + "/x"}, {"katapult", "delete", katapultBackup, "--yes"}, {"rotation", "list"}},
		0:  {{"katapult", "list"}, {"katapult", "get", katapultBackup}, {"audit"}},
	} {
		for _, args := range commands {
			got := s.run(args...)
			assert.Equal(t, status, got.status, "%v: %s%s", args, got.stdout, got.stderr)
			if args[0] == "audit" {
				assert.Contains(t, got.stderr, "could not read the rotation state")
			}
		}
	}
	assert.Equal(t, before, s.changing("katapult"), "nothing was changed")

	server.Start(t)
	again := s.run(s.rotate()...)
	require.Equal(t, 0, again.status, again.stderr)
	assert.Contains(t, again.stderr, "Added the local copy of rotation")
	assert.Equal(t, 1, s.count("katapult", "create"))
	s.invariant("the database is back")
	s.ended()
}
