//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// BenchmarkRotation is the whole program from its start to its end, with a vendor
// that answers at once: what is left is the engine's own, fsyncs and locks. The
// vendor's part is the time in which it had a request.
func BenchmarkRotation(b *testing.B) {
	_, err := failpoints() // not in the time of the first
	require.NoError(b, err)
	for _, w := range ways() {
		if w.name != "katapult replace" && w.name != "stratum overlap" && w.name != "katapult in place" {
			continue
		}
		b.Run(strings.ReplaceAll(w.name, " ", "-"), func(b *testing.B) {
			var requests int
			for b.Loop() {
				b.StopTimer()
				s := newScene(b, w.options, w.subjects...)
				args := append(s.rotate("--verify", "none"), w.args(s)[len(s.rotate()):]...)
				before := len(s.Requests(""))
				b.StartTimer()
				got := s.run(args...)
				b.StopTimer()
				require.Equal(b, 0, got.status, got.stderr)
				requests = len(s.Requests("")) - before
				b.StartTimer()
			}
			b.ReportMetric(float64(requests), "requests/op")
		})
	}
}

// BenchmarkPolicy rotates 100 credentials at 20 ms latency.
func BenchmarkPolicy(b *testing.B) {
	const latency = 20 * time.Millisecond
	for _, verify := range []string{"auto", "none"} {
		for _, parallel := range []int{1, 8, 32} {
			b.Run(fmt.Sprintf("verify=%s/parallel=%d", verify, parallel), func(b *testing.B) {
				for b.Loop() {
					s := newScene(b, sandbox.Options{Count: 100, Latency: latency})
					require.NoError(b, os.WriteFile(filepath.Join(s.dir, "rotations.yaml"), fmt.Appendf(nil,
						`{max_changes: 100, rotations: [{name: all, provider: katapult, select: {name: "seed-*"}, max_age: 30d, verify: %s, to: ["file:%s/{name}"]}]}`, verify, s.dir), 0o600))
					begin := time.Now()
					got := s.run("rotate", "-f", "rotations.yaml", "--parallel", strconv.Itoa(parallel))
					took := time.Since(begin)
					require.Equal(b, 0, got.status, got.stderr)
					require.Len(b, s.made("katapult"), 100)
					b.ReportMetric(took.Seconds(), "s/policy")
					b.ReportMetric((time.Duration(len(s.Requests(""))) * latency).Seconds(), "s-of-requests")
				}
			})
		}
	}
}
