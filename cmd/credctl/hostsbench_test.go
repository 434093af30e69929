//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal/pgtest"
	"github.com/credctl/credctl/internal/sandbox"
)

// BenchmarkHosts is the whole program with its state in a database on loopback, next to
// the same with a state folder, and many hosts next to one. The figures are medians.
func BenchmarkHosts(b *testing.B) {
	_, err := failpoints() // not in the time of the first
	require.NoError(b, err)
	server := pgtest.Start(b, pgtest.Options{Durable: true})
	b.Run("rotation", func(b *testing.B) {
		local, shared := rotates(b), rotates(b)
		shared.shares(server.Database(b))
		var times [2][]time.Duration
		for b.Loop() {
			for range 15 {
				for i, s := range []*scene{local, shared} { // in turn
					times[i] = append(times[i], s.takes())
				}
			}
		}
		compared(b, times[1], times[0], 2)
	})
	b.Run("100-rotations-at-20ms", func(b *testing.B) {
		var times [2][]time.Duration
		for b.Loop() {
			for i, hosts := range []int{1, 4} {
				times[i] = append(times[i], rotateAll(b, server, hosts))
			}
		}
		compared(b, times[1], times[0], 0.35)
	})
}

// compared reports the median of some times, and their ratio to that of others.
func compared(b *testing.B, of, against []time.Duration, most float64) {
	b.Helper()
	median := func(all []time.Duration) float64 {
		slices.Sort(all)
		return all[len(all)/2].Seconds() * 1000
	}
	b.ReportMetric(median(of), "ms")
	b.ReportMetric(median(against), "ms-against")
	b.ReportMetric(median(of)/median(against), "ratio")
	b.ReportMetric(most, "ratio-at-most")
}

// rotates is a scene with one credential, which is rotated again and again.
func rotates(b *testing.B) *scene {
	b.Helper()
	return newScene(b, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"json:%s/key.json"}})
}

// takes rotates the credential that is in use, and returns how long that took.
func (s *scene) takes() time.Duration {
	s.Helper()
	key, _ := s.holds(s.subjects[0], s.subjects[0].places[0])
	i := slices.IndexFunc(s.Credentials("katapult"), func(c sandbox.Credential) bool { return c.AccessKey == key })
	p := s.command("", "katapult", "rotate", s.Credentials("katapult")[i].ID, "--to", s.subjects[0].places[0], "--verify", "none")
	begin := time.Now()
	require.NoError(s, p.Run(), p.stderr.String())
	return time.Since(begin)
}

// rotateAll has hosts rotate 100 credentials, each its part, and returns how long they took.
func rotateAll(b *testing.B, server *pgtest.Server, hosts int) time.Duration {
	b.Helper()
	s := newScene(b, sandbox.Options{Count: 100, Latency: 20 * time.Millisecond})
	s.shares(server.Database(b))
	entries := make([]string, hosts)
	n := 0
	for _, c := range s.Credentials("katapult") {
		if strings.HasPrefix(c.Name, "seed-") {
			entries[n%hosts] += fmt.Sprintf("\n- {name: %s, provider: katapult, id: %s, max_age: 30d, verify: none, to: ['file:%s/%[2]s']}", c.Name, c.ID, s.dir)
			n++
		}
	}
	require.Equal(b, 100, n)
	begin := time.Now()
	all := make([]*process, hosts)
	for i := range all {
		file := filepath.Join(s.dir, fmt.Sprint(i, ".yaml"))
		require.NoError(b, os.WriteFile(file, []byte("max_changes: 100\nrotations:"+entries[i]+"\n"), 0o600))
		all[i] = on(s.command("", "rotate", "-f", file), fmt.Sprint("host ", i))
		require.NoError(b, all[i].Start())
	}
	for _, p := range all {
		require.NoError(b, p.Wait(), p.stderr.String())
	}
	took := time.Since(begin)
	require.Len(b, s.made("katapult"), 100)
	return took
}
