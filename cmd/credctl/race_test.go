//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// together starts a command 20 times at once, and returns what came of each.
func (s *scene) together(args ...string) []outcome {
	s.Helper()
	all := make([]*process, 20)
	for i := range all {
		all[i] = s.command("", args...)
	}
	var wg sync.WaitGroup
	for _, p := range all {
		wg.Go(func() { _ = p.Run() }) // its status tells
	}
	wg.Wait()
	outcomes := make([]outcome, len(all))
	for i, p := range all {
		outcomes[i] = p.outcome()
	}
	return outcomes
}

func TestF6TwentyRunsAtOnce(t *testing.T) {
	t.Parallel()
	t.Run("one works, and the others say so", func(t *testing.T) {
		t.Parallel()
		s := web(t, sandbox.Options{})
		changed := 0
		for _, got := range s.together(s.rotate("-o", "json")...) {
			switch {
			case got.status == 75:
				assert.Equal(t, "locked", failed(t, got).Code)
				assert.Empty(t, got.stdout)
			case answer(t, got)["changed"] == true:
				changed++
			}
		}
		assert.Equal(t, 1, changed)
		assert.Equal(t, 1, s.count("katapult", "create"))
		s.ended()
	})
	t.Run("or wait, and find it done", func(t *testing.T) {
		t.Parallel()
		for _, w := range ways() {
			if w.name != "katapult replace" && w.name != "katapult in place" && w.name != "stratum route" {
				continue
			}
			s, _ := w.scene(t)
			args := append(w.args(s), "-o", "json", "--lock-timeout", "1m")
			if w.subjects[0].vendor == "stratum" { // with one key used by all, its times of use tell nothing
				args = append(args, "--not-self", stratumCI)
			}
			changed := 0
			for _, got := range s.together(args...) {
				require.Equal(t, 0, got.status, got.stderr)
				if answer(t, got)["changed"] == true {
					changed++
				} else {
					assert.Equal(t, "rotated", answer(t, got)["reason"])
				}
			}
			assert.Equal(t, 1, changed, w.name)
			for _, verb := range []string{"create", "rotate", "generate"} {
				assert.LessOrEqual(t, s.count(w.subjects[0].vendor, verb), 1, "%s %s", w.name, verb)
			}
			s.ended()
		}
	})
	t.Run("also those of a policy", func(t *testing.T) {
		t.Parallel()
		s := web(t, sandbox.Options{})
		require.NoError(t, os.WriteFile(filepath.Join(s.dir, "p.yaml"), fmt.Appendf(nil, "rotations: [{name: web, provider: katapult, id: %s, max_age: 30d, to: [%q]}]", katapultWeb, s.subjects[0].places[0]), 0o600))
		s.subjects[0].places = s.subjects[0].places[:1]
		for _, got := range s.together("rotate", "-f", "p.yaml", "-o", "json") {
			assert.Contains(t, []int{0, 75}, got.status, got.stderr)
		}
		assert.Equal(t, 1, s.count("katapult", "create"))
		s.ended()
	})
}

func TestF6AKilledRunFreesItsLockAtOnce(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	hook := []string{"--hook", "touch " + s.dir + "/began; sleep 20"}
	p := s.command("", s.rotate(hook...)...)
	require.NoError(t, p.Start())
	require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(s.dir, "began")); return err == nil }, 20*time.Second, 10*time.Millisecond)
	assert.Equal(t, 75, s.run(s.rotate()...).status)
	require.NoError(t, p.Process.Kill())
	require.Error(t, p.Wait())
	begin := time.Now()
	got := s.run(s.rotate("--hook", "true")...) // the sleep of the first is kept, and holds nothing
	require.Equal(t, 0, got.status, got.stderr)
	assert.Less(t, time.Since(begin), 5*time.Second)
	assert.Equal(t, 1, s.count("katapult", "create"))
	s.ended()
}
