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
		points := o.points(numbered(string(text)))
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

// points chooses failpoints: all, or those at which the destination is written.
func (o destinationKind) points(all []string) (some []string) {
	if long() {
		return all
	}
	delivering := slices.IndexFunc(all, func(p string) bool { return strings.HasPrefix(p, "deliver") })
	for _, p := range all[delivering:] {
		if strings.HasPrefix(p, "file.") || strings.HasPrefix(p, "deliver.written") {
			some = append(some, p)
		}
		if strings.HasPrefix(p, "delivered") {
			break
		}
	}
	return some
}
