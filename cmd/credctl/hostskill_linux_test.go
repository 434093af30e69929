package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/pgtest"
)

// atFailpoints runs f for failpoints of ways to rotate whose hosts share a journal, several
// at once: for all of them, or for one in every few of three ways. In the end it logs how
// many there were.
func atFailpoints(t *testing.T, atOnce, every int, f func(t *testing.T, w way, d *pgtest.Database, point string)) {
	t.Helper()
	server := pgtest.Shared(t)
	all := ways()
	if !long() {
		all = slices.DeleteFunc(all, func(w way) bool {
			return !slices.Contains([]string{"katapult replace", "katapult in place", "stratum route lost"}, w.name)
		})
	}
	free := make(chan struct{}, atOnce)
	in := func(name string, do func(t *testing.T)) bool {
		free <- struct{}{}
		defer func() { <-free }()
		return t.Run(name, do)
	}
	counts := make([]string, len(all))
	var ways sync.WaitGroup
	for i, w := range all {
		ways.Go(func() {
			var points []string
			in(w.name, func(t *testing.T) { points = passed(t, sharing(t, server, w)) })
			if !long() {
				points = slices.DeleteFunc(points, func(p string) bool { return slices.Index(points, p)%every != i })
			}
			var survived atomic.Int32
			var tried sync.WaitGroup
			for _, point := range points {
				tried.Go(func() {
					if in(w.name+"/"+point, func(t *testing.T) { d := server.Database(t); f(t, sharingIn(d, w), d, point) }) {
						survived.Add(1)
					}
				})
			}
			tried.Wait()
			counts[i] = fmt.Sprintf("%-28s %3d of %3d", w.name, survived.Load(), len(points))
		})
	}
	ways.Wait()
	t.Logf("points survived:\n%s", strings.Join(counts, "\n"))
}

// sharingIn returns w with a journal in a database.
func sharingIn(d *pgtest.Database, w way) way {
	before := w.setup
	w.setup = func(s *scene) {
		s.shares(d)
		if before != nil {
			before(s)
		}
	}
	return w
}

func sharing(t *testing.T, server *pgtest.Server, w way) way {
	t.Helper()
	return sharingIn(server.Database(t), w)
}

// passed carries out w, and returns the failpoints that it has passed.
func passed(t *testing.T, w way) []string {
	t.Helper()
	s, command := w.scene(t)
	log := filepath.Join(s.dir, "failpoints")
	p := command()
	p.Env = append(p.Env, "CREDCTL_FAILPOINT_LOG="+log)
	_ = p.Run() // what comes of it is checked now
	w.finish(s, command, "not killed")
	text, err := os.ReadFile(log)
	require.NoError(t, err, p.stderr.String())
	return steps(string(text))
}

// TestF1KilledOnOneHost kills the program at its failpoints, and continues on another
// host. The whole matrix is tried where CREDCTL_LONG_TESTS is set.
func TestF1KilledOnOneHost(t *testing.T) {
	t.Parallel()
	atFailpoints(t, 12, 9, func(t *testing.T, w way, _ *pgtest.Database, point string) {
		s, command := w.scene(t)
		p := command()
		p.Env = append(p.Env, "CREDCTL_FAILPOINT="+point)
		require.Error(t, p.Run())
		killed(t, p)
		s.invariant("killed at " + point)
		w.finish(s, func() *process { return on(command(), "another host") }, "killed at "+point)
	})
}

// TestF1PausedOnOneHost stops the program at its failpoints for longer than its locks last,
// has another host finish the rotation, and lets the first one go on: it sends nothing
// more. The whole matrix is tried where CREDCTL_LONG_TESTS is set.
func TestF1PausedOnOneHost(t *testing.T) {
	t.Parallel()
	atFailpoints(t, 60, 12, func(t *testing.T, w way, d *pgtest.Database, point string) {
		s, command := w.scene(t)
		s.setenv("CREDCTL_STATE_LEASE", "10s")
		p := command()
		p.Env = append(p.Env, "CREDCTL_FAILPOINT="+point+":stop")
		require.NoError(t, p.Start())
		t.Cleanup(func() { _ = p.Process.Kill() })
		require.NoError(t, unix.Waitid(unix.P_PID, p.Process.Pid, nil, unix.WSTOPPED|unix.WEXITED|unix.WNOWAIT, nil))
		holds := d.SQL(t, "SELECT count(*) FROM credctl.lease WHERE expires > clock_timestamp() AND name <> 'the index'") != "0"
		open := slices.ContainsFunc(s.operations(), func(o *journal.Operation) bool { return !o.Final() })
		s.invariant("paused at " + point)
		other := func() *process {
			p := on(command(), "another host")
			p.Args = append(p.Args, "--lock-timeout", "1m")
			return p
		}
		w.finish(s, other, "paused at "+point)

		sent := s.changing("")
		require.NoError(t, p.Process.Signal(syscall.SIGCONT))
		_ = p.Wait() // its status tells
		got := p.outcome()
		if holds { // or it had not begun
			assert.Equal(t, sent, s.changing(""), "%s%s", got.stdout, got.stderr)
		}
		if holds && open {
			assert.Equal(t, 75, got.status, "%s%s", got.stdout, got.stderr)
		}
		s.silent(got)
		w.finish(s, other, "woken after "+point)
	})
}
