//go:build unix

package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// A way is a command that rotates something, and what must be so when it is done.
type way struct {
	name     string
	options  sandbox.Options
	faults   string
	subjects []subject
	setup    func(s *scene)          // before the command
	args     func(s *scene) []string // the command
	stdin    func(s *scene) string
	status   int           // with which it ends when nothing kills it
	again    time.Duration // it is run once more after this time, for the end of a grace
	living   int           // how many of those that were made live in the end, of each subject
	keeps    bool          // the old credential is kept
}

func ways() []way {
	katapult := []subject{{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws", "json:%s/key.json"}}}
	inPlace := []subject{{vendor: "katapult", id: katapultWeb, places: []string{"dotenv:%s/env", "json:%s/key.json"}, inPlace: true}}
	stratum := []subject{{vendor: "stratum", id: stratumCI, places: []string{"dotenv:%s/env", "file:%s/key"}}}
	stratumAtOnce := []subject{{vendor: "stratum", id: stratumCI, places: stratum[0].places, inPlace: true}}
	medianova := []subject{{vendor: "medianova", id: medianovaWeb, places: []string{"aws:%s@%s/aws", "dotenv:%s/env?prefix=S3_"}}}
	medianova[0].places[0] = "aws:web@%s/aws"
	tells := sandbox.Options{MedianovaSecret: "data.secret_key,data.access_key"}
	with := func(more ...string) func(s *scene) []string {
		return func(s *scene) []string { return s.rotate(more...) }
	}
	hook := []string{"--hook", `echo "$CREDCTL_NEW_ID" >>hooked`}
	return []way{
		{name: "katapult replace", subjects: katapult, args: with(hook...), living: 1},
		{name: "katapult replace with grace", subjects: katapult, args: with("--grace", "4s"), again: 4100 * time.Millisecond, living: 1},
		{
			name: "katapult to losant", args: with(), living: 1,
			subjects: []subject{{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws", "losant:66a0c0de5eed000000000001/" + losantArchive}}},
		},
		{name: "katapult create lost", subjects: katapult, faults: "katapult:create:cut-after:1", args: with(), living: 1},
		{name: "katapult generate lost", subjects: katapult, faults: "katapult:generate:cut-after:1", args: with(), living: 1},
		{name: "katapult grant fails", subjects: katapult, faults: "katapult:grant:400:1", args: with(), living: 1},
		{
			name: "katapult mended", subjects: katapult, faults: "katapult:grant:400:1", args: with(), living: 1,
			setup: func(s *scene) { require.Equal(s, 8, s.run(s.rotate()...).status) },
		},
		{name: "katapult delete lost", subjects: katapult, faults: "katapult:delete:cut-after:4", args: with(), living: 1},
		{name: "katapult in place", subjects: inPlace, args: with(append(hook, "--in-place", "--yes")...)},
		{name: "katapult in place lost", subjects: inPlace, faults: "katapult:generate:cut-after:1", args: with("--in-place", "--yes")},
		{name: "stratum route", subjects: stratumAtOnce, args: with(append(hook, "--yes")...), living: 1},
		{name: "stratum route lost", subjects: stratumAtOnce, faults: "stratum:rotate:cut-after:1", args: with("--yes"), living: 1},
		{
			name: "stratum route found", subjects: stratumAtOnce, faults: "stratum:rotate:cut-after:1", args: with("--yes"), living: 1,
			setup: func(s *scene) { require.Equal(s, 9, s.run(s.rotate("--yes")...).status) },
		},
		{name: "stratum overlap", subjects: stratum, args: with(append(hook, "--overlap")...), living: 1},
		{
			name: "stratum self refused", status: 7, keeps: true, living: 1,
			setup: func(s *scene) {
				s.admin("file:" + s.dir + "/key")
				s.role("readers", "read")
			},
			args: func(s *scene) []string { return s.rotate("--self", "--role", "readers") },
		},
		{
			name: "stratum self", living: 1,
			setup: func(s *scene) {
				s.admin("file:" + s.dir + "/token")
				s.role("administrators", "read", "write", "admin")
				s.setenv("STRATUM_API_KEY", "")
			},
			args: func(s *scene) []string {
				return s.rotate("--self", "--role", "administrators", "--token-file", "token")
			},
		},
		{name: "medianova replace", subjects: medianova, options: tells, args: with(hook...), living: 1},
		{name: "medianova without a secret", subjects: medianova, args: with(), status: 8, living: 1, keeps: true},
		{
			name: "medianova resumed", subjects: medianova, living: 1,
			setup: func(s *scene) { require.Equal(s, 8, s.run(s.rotate()...).status) },
			args:  func(*scene) []string { return []string{"rotation", "resume", medianovaWeb, "--secret-file", "-"} },
			stdin: func(s *scene) string { return s.made("medianova")[0].Secret },
		},
		{
			name: "losant in place", subjects: []subject{{vendor: "losant", id: losantHTTP, inPlace: true}},
			setup: func(s *scene) {
				require.NoError(s, os.WriteFile(filepath.Join(s.dir, "new"), []byte("Bearer canary-of-the-new-erp-token"), 0o600))
			},
			args: func(*scene) []string {
				return []string{"losant", "rotate", losantHTTP, "--set-file", "secretValue=new", "--yes"}
			},
		},
		{
			name: "losant generate", subjects: []subject{{vendor: "losant", id: losantSnowflake, inPlace: true}},
			args: func(*scene) []string { return []string{"losant", "rotate", losantSnowflake, "--yes"} },
		},
		{
			name: "abort", subjects: katapult, keeps: true,
			setup: func(s *scene) { require.Equal(s, 0, s.run(s.rotate("--grace", "1h")...).status) },
			args:  func(*scene) []string { return []string{"rotation", "abort", katapultWeb, "--yes"} },
		},
		{
			name: "policy", living: 1,
			subjects: []subject{
				{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}},
				{vendor: "stratum", id: stratumBackup, places: []string{"dotenv:%s/env"}},
			},
			setup: func(s *scene) {
				require.NoError(s, os.WriteFile(filepath.Join(s.dir, "rotations.yaml"), fmt.Appendf(nil, `rotations:
  - {name: web, provider: katapult, id: %s, max_age: 30d, to: ["%s"]}
  - {name: backup, provider: stratum, id: %s, max_age: 30d, overlap: true, to: ["%s"]}
`, katapultWeb, s.subjects[0].places[0], stratumBackup, s.subjects[1].places[0]), 0o600))
			},
			args: func(*scene) []string { return []string{"rotate", "-f", "rotations.yaml"} },
		},
	}
}

// scene prepares w, and returns its command.
func (w way) scene(t *testing.T) (*scene, func() *process) {
	t.Helper()
	o := w.options
	for text := range strings.FieldsSeq(w.faults) {
		f, err := sandbox.ParseFault(text)
		require.NoError(t, err)
		o.Faults = append(o.Faults, f)
	}
	s := newScene(t, o, w.subjects...)
	if w.setup != nil {
		w.setup(s)
	}
	return s, func() *process {
		in := ""
		if w.stdin != nil {
			in = w.stdin(s)
		}
		return s.command(in, w.args(s)...)
	}
}

// finish runs the command of w again until it ends as it should, and checks what
// must be so then.
func (w way) finish(s *scene, command func() *process, when string) {
	s.Helper()
	var got outcome
	runs := func(most int) {
		for range most {
			p := command()
			_ = p.Run() // its status tells
			got = p.outcome()
			s.invariant(when + ", and run again")
			s.silent(got)
			if got.status == w.status || w.name == "abort" && got.status == 5 { // it has ended
				break
			}
		}
	}
	runs(3)
	if w.again > 0 {
		time.Sleep(w.again)
		runs(1)
	}
	if w.name != "abort" {
		require.Equal(s, w.status, got.status, "%s: %s%s", when, got.stdout, got.stderr)
	}
	for _, sub := range s.subjects {
		assert.Len(s, s.made(sub.vendor), w.living, "%s: what was made and lives", when)
		assert.Equal(s, w.keeps || w.living == 0, s.credential(sub.vendor, sub.id).Live, "%s: the old one", when)
		for _, p := range sub.places {
			assert.True(s, s.works(sub, p), "%s: %s holds nothing that works", when, p)
			_, secret := s.holds(sub, p)
			switch {
			case w.keeps:
				assert.Equal(s, s.credential(sub.vendor, sub.id).Secret, secret, "%s: %s has the old one", when, p)
			case w.living > 0:
				assert.Equal(s, s.made(sub.vendor)[0].Secret, secret, "%s: %s has the new one", when, p)
			}
		}
	}
	for _, o := range s.operations() {
		assert.Equal(s, w.status != 8, o.Final() && o.Wiped(), "%s: %s has come to %s", when, o.ID, o.Last().Step)
	}
}

// slots are what the tests of kills and of faults take, each for a program that it
// runs, so that all of them together leave time to the others.
var slots = make(chan struct{}, 12)

// killing runs f for each point of each way, many at once. In the end it logs how
// many were survived.
func killing(t *testing.T, find func(*testing.T, way) []string, f func(*testing.T, way, string)) {
	t.Helper()
	counts := make([]string, len(ways()))
	var all sync.WaitGroup
	for i, w := range ways() {
		all.Go(func() {
			t.Run(w.name, func(t *testing.T) {
				slots <- struct{}{}
				found := find(t, w)
				<-slots
				if testing.Short() {
					found = slices.DeleteFunc(found, func(p string) bool { return len(p)%4 != 0 })
				}
				var survived atomic.Int32
				var wg sync.WaitGroup
				for _, point := range found {
					wg.Go(func() {
						slots <- struct{}{}
						defer func() { <-slots }()
						if t.Run(point, func(t *testing.T) { f(t, w, point) }) {
							survived.Add(1)
						}
					})
				}
				wg.Wait()
				counts[i] = fmt.Sprintf("%-28s %3d of %3d", w.name, survived.Load(), len(found))
			})
		})
	}
	all.Wait()
	t.Logf("kills survived:\n%s", strings.Join(counts, "\n"))
}

// long reports whether all points of a test are tried, and not only some.
func long() bool { return os.Getenv("CREDCTL_LONG_TESTS") != "" }

// steps names each step of a rotation that was passed, without those of writing a file.
func steps(log string) []string {
	return slices.DeleteFunc(numbered(log), func(p string) bool { return strings.HasPrefix(p, "file.") })
}

// numbered names each point that was passed, with how often it was before.
func numbered(log string) (all []string) {
	times := map[string]int{}
	for name := range strings.Lines(log) {
		name = strings.TrimSpace(name)
		times[name]++
		all = append(all, fmt.Sprintf("%s:%d", name, times[name]))
	}
	return all
}

// TestF1KilledAtEveryStep kills the program at each of its failpoints, on its way
// through a rotation, and runs the same command again.
func TestF1KilledAtEveryStep(t *testing.T) {
	t.Parallel()
	killing(t, func(t *testing.T, w way) []string {
		s, command := w.scene(t)
		log := filepath.Join(s.dir, "failpoints")
		p := command()
		p.Env = append(p.Env, "CREDCTL_FAILPOINT_LOG="+log)
		_ = p.Run() // what comes of it is checked now
		w.finish(s, command, "not killed")
		text, err := os.ReadFile(log)
		require.NoError(t, err, p.stderr.String())
		all := steps(string(text))
		require.Greater(t, len(all), 5)
		return all
	}, func(t *testing.T, w way, point string) {
		s, command := w.scene(t)
		p := command()
		p.Env = append(p.Env, "CREDCTL_FAILPOINT="+point)
		require.Error(t, p.Run())
		killed(t, p)
		s.invariant("killed at " + point)
		s.silent(outcome{stderr: p.stderr.String()})
		w.finish(s, command, "killed at "+point)
	})
}

func killed(t testing.TB, p *process) {
	t.Helper()
	status, ok := p.ProcessState.Sys().(syscall.WaitStatus)
	require.True(t, ok)
	require.Equal(t, syscall.SIGKILL, status.Signal(), "%s: %s", p.ProcessState, p.stderr.String())
}

// TestF1KilledAtEveryRequest kills the program while a request is under way: an
// adapter that sends several is cut off half way. While it only reads, one request after
// another, nothing but the first of them differs to whoever continues.
func TestF1KilledAtEveryRequest(t *testing.T) {
	t.Parallel()
	killing(t, func(t *testing.T, w way) (all []string) {
		h := &hitman{}
		s, command := h.watch(t, w)
		before := ""
		h.note = func(r *http.Request) {
			n, reads, now := len(h.log), r.Method == http.MethodGet, s.fingerprint()
			if !reads {
				all = append(all, fmt.Sprintf("%d before %s", n, h.log[n-1]))
			}
			if !reads || now != before {
				all = append(all, fmt.Sprintf("%d after %s", n, h.log[n-1]))
			}
			before = now
			if !reads {
				before = ""
			}
		}
		h.victim = command()
		_ = h.run() // it only counts
		require.NotEmpty(t, all)
		return all
	}, func(t *testing.T, w way, point string) {
		h := &hitman{after: strings.Contains(point, " after ")}
		_, err := fmt.Sscan(point, &h.at)
		require.NoError(t, err)
		s, command := h.watch(t, w)
		h.victim = command()
		require.Error(t, h.run())
		killed(t, h.victim)
		s.invariant("killed at " + point)
		w.finish(s, command, "killed at "+point)
	})
}
