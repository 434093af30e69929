//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// TestF11EachDestinationSurvivesKills kills the program at each write of each sort of
// destination: at each request that changes something, before and after the server has carried
// it out, and at each step of writing a file. The same command then ends the rotation. With
// CREDCTL_LONG_TESTS it is killed at each of its failpoints.
func TestF11EachDestinationSurvivesKills(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, o destinationKind) {
		s, p := o.in(t, sandbox.Options{})
		log := filepath.Join(s.dir, "failpoints")
		first := s.command("", s.rotate(o.flags()...)...)
		first.Env = append(first.Env, "CREDCTL_FAILPOINT_LOG="+log)
		require.NoError(t, first.Run(), first.stderr.String())
		text, err := os.ReadFile(log)
		require.NoError(t, err)
		points := writing(numbered(string(text)), "deliver")
		for n := range p.requests() {
			points = append(points, fmt.Sprint("before request ", n+1), fmt.Sprint("after request ", n+1))
		}
		require.GreaterOrEqual(t, len(points), 2)
		for _, point := range points {
			t.Run(point, func(t *testing.T) {
				slots <- struct{}{}
				defer func() { <-slots }()
				s, p := o.in(t, sandbox.Options{})
				others := p.others()
				victim := s.command("", s.rotate(o.flags()...)...)
				p.kill(t, victim, point)
				s.invariant("killed")
				assert.Equal(t, others, p.others())
				s.silent(victim.outcome())
				got := s.run(s.rotate(o.flags()...)...)
				require.Zero(t, got.status, got.stderr)
				_, secret := p.get()
				assert.Equal(t, s.made(s.subjects[0].vendor)[0].Secret, secret)
				assert.Equal(t, others, p.others())
				s.ended()
			})
		}
	})
}

// TestF11AnAbortSurvivesKillsAtEachDestination kills an abort in the same way while it
// restores the old secret. The next abort restores it; a resume delivers the new secret again
// instead.
func TestF11AnAbortSurvivesKillsAtEachDestination(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, o destinationKind) {
		ready := func(t *testing.T) (s *scene, p *placed, abort []string) {
			t.Helper()
			s, p = o.in(t, sandbox.Options{})
			if o.stamp { // the old secret is known from elsewhere
				s.subjects[0].places = append(s.subjects[0].places, "json:"+s.dir+"/key.json")
				s.fill(s.subjects[0])
			}
			got := s.run(s.rotate(o.flags("--grace", "1h")...)...)
			require.Zero(t, got.status, got.stderr)
			p.requests()
			return s, p, []string{"rotation", "abort", s.subjects[0].id, "--yes"}
		}
		s, p, abort := ready(t)
		log := filepath.Join(s.dir, "failpoints")
		first := s.command("", abort...)
		first.Env = append(first.Env, "CREDCTL_FAILPOINT_LOG="+log)
		require.NoError(t, first.Run(), first.stderr.String())
		text, err := os.ReadFile(log)
		require.NoError(t, err)
		all := numbered(string(text))
		end := slices.IndexFunc(all, func(p string) bool { return strings.HasPrefix(p, "aborting.noted") })
		require.Positive(t, end, "from there on the new credential is deleted, which a resume completes")
		points := writing(all[:end], "restor")
		for n := range p.requests() {
			points = append(points, fmt.Sprint("before request ", n+1), fmt.Sprint("after request ", n+1))
		}
		require.GreaterOrEqual(t, len(points), 2)
		for i, point := range points {
			for _, verb := range []string{"abort", "resume"} {
				if verb == "resume" && i != len(points)-2 && !long() {
					continue
				}
				t.Run(point+", then "+verb, func(t *testing.T) {
					slots <- struct{}{}
					defer func() { <-slots }()
					s, p, abort := ready(t)
					others := p.others()
					p.kill(t, s.command("", abort...), point)
					s.invariant("killed")
					got := s.run("rotation", verb, s.subjects[0].id, "--yes")
					require.Zero(t, got.status, got.stderr)
					s.silent(got)
					assert.NotContains(t, got.stderr, "was changed")
					old, made := s.credential(s.subjects[0].vendor, s.subjects[0].id), s.made(s.subjects[0].vendor)
					_, secret := p.get()
					if verb == "resume" {
						require.Len(t, made, 1)
						assert.Equal(t, made[0].Secret, secret)
					} else {
						assert.Empty(t, made)
						assert.Equal(t, old.Secret, secret)
					}
					assert.True(t, old.Live)
					assert.Equal(t, others, p.others())
					s.invariant("run again")
				})
			}
		}
	})
}

// kill starts the victim, and sees to it that it is killed at a point: one of its failpoints,
// or a request.
func (p *placed) kill(t *testing.T, victim *process, point string) {
	t.Helper()
	started := make(chan<- *os.Process, 1)
	if _, n, ok := strings.Cut(point, " request "); ok {
		started = p.door.kill(n, strings.HasPrefix(point, "after"))
	} else {
		victim.Env = append(victim.Env, "CREDCTL_FAILPOINT="+point)
	}
	require.NoError(t, victim.Start())
	started <- victim.Process
	require.Error(t, victim.Wait())
	killed(t, victim)
}

// writing chooses failpoints: all, or those at which the destination is written, which are
// between the steps whose names begin so.
func writing(all []string, step string) (some []string) {
	if long() {
		return all
	}
	between := all[slices.IndexFunc(all, func(p string) bool { return strings.HasPrefix(p, step) }):]
	for _, p := range between {
		if strings.HasPrefix(p, "file.") || strings.HasPrefix(p, step) && strings.Contains(p, ".written") {
			some = append(some, p)
		}
		if strings.HasPrefix(p, step+"ed") {
			break
		}
	}
	return some
}
