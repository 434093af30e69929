//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal/pgtest"
	"github.com/credctl/credctl/internal/sandbox"
)

// retires returns when the old credential of the one open rotation will be deleted.
func (s *scene) retires(by func(*process) *process) time.Time {
	s.Helper()
	p := by(s.command("", "rotation", "list", "-o", "json"))
	require.NoError(s, p.Run(), p.stderr.String())
	var all []struct{ Retires time.Time }
	require.NoError(s, json.Unmarshal(p.stdout.Bytes(), &all))
	require.Len(s, all, 1)
	return all[0].Retires
}

func here(p *process) *process { return p }

// Dates are those of the database, whose clock differs by an hour from those of the host and
// the vendor. A grace ends when the clock of the vendor says so as well.
func TestTheClockOfTheDatabase(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{time.Hour, -time.Hour} {
		s := web(t, sandbox.Options{})
		d := pgtest.Shared(t).Database(t)
		s.shares(d)
		d.Clock(t, ahead)
		got := s.run(s.rotate("--grace", "30m")...)
		require.Equal(t, 0, got.status, got.stderr)
		assert.WithinDuration(t, time.Now().Add(max(ahead, 0)+30*time.Minute), s.retires(here), time.Minute, "by the later clock")
		for _, o := range s.operations() {
			for _, e := range o.Entries {
				assert.WithinDuration(t, time.Now().Add(ahead), e.Time, time.Minute, "%s", e.Step)
			}
		}
		for _, passed := range []time.Duration{29 * time.Minute, 31 * time.Minute} {
			d.Clock(t, ahead+passed)
			got = s.run("rotation", "resume", "--all")
			assert.Equal(t, 0, got.status, got.stderr)
			assert.True(t, s.credential("katapult", katapultWeb).Live, "not by both clocks, %s after it began", passed)
		}
		got = s.run("rotation", "resume", katapultWeb, "--grace", "0s")
		assert.Equal(t, 0, got.status, got.stderr)
		s.ended()
	}
}

// skewed is the program on a host whose clock is off by CREDCTL_TEST_SKEW: [time.Now] is
// another one.
var skewed = sync.OnceValues(func() (string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	file := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	patched := string(text)
	for from, to := range map[string]string{
		"func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n": "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n\tskewOnce.Do(readSkew)\n\tsec += skew\n",
		"import (\n": "import (\n\t\"sync\"\n\t\"syscall\"\n",
	} {
		if strings.Count(patched, from) != 1 {
			return "", fmt.Errorf("%s is not as expected: %q", file, from)
		}
		patched = strings.Replace(patched, from, to, 1)
	}
	patched += "\nvar (\n\tskew     int64\n\tskewOnce sync.Once\n)\n\nfunc readSkew() {\n\ttext, _ := syscall.Getenv(\"CREDCTL_TEST_SKEW\")\n\td, _ := ParseDuration(text)\n\tskew = int64(d / Second)\n}\n"
	changed, overlay, path := filepath.Join(built, "time.go"), filepath.Join(built, "overlay.json"), filepath.Join(built, "skewed")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{file: changed}})
	if err != nil {
		return "", err
	}
	for name, content := range map[string][]byte{changed: []byte(patched), overlay: replace} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			return "", err
		}
	}
	return path, compile(path, nil, "-tags", "failpoint", "-overlay", overlay)
})

// TestTheClockOfOneHost of two, which is an hour off: that host neither deletes too early,
// nor has the other do so.
func TestTheClockOfOneHost(t *testing.T) {
	if os.Getenv("CREDCTL_LONG_TESTS") == "" {
		t.Skip("building the program with another clock takes minutes: set CREDCTL_LONG_TESTS")
	}
	t.Parallel()
	program, err := skewed()
	require.NoError(t, err)
	server := pgtest.Shared(t)
	for _, skew := range []string{"1h", "-1h"} {
		t.Run(skew, func(t *testing.T) {
			off := func(p *process) *process {
				p.Path, p.Env = program, append(p.Env, "CREDCTL_TEST_SKEW="+skew)
				return on(p, "the host whose clock is off")
			}
			for _, one := range [][2]func(*process) *process{{off, here}, {here, off}} {
				begins, resumes := one[0], one[1]
				s := web(t, sandbox.Options{})
				s.shares(server.Database(t))
				run := func(by func(*process) *process, args ...string) {
					p := by(s.command("", args...))
					_ = p.Run() // its status tells
					got := p.outcome()
					require.Equal(t, 0, got.status, "%s%s", got.stdout, got.stderr)
				}
				run(begins, s.rotate("--grace", "30m", "--verify", "none")...)
				assert.WithinDuration(t, time.Now().Add(30*time.Minute), s.retires(begins), time.Minute)
				assert.WithinDuration(t, time.Now().Add(30*time.Minute), s.retires(resumes), time.Minute)
				run(resumes, "rotation", "resume", "--all")
				assert.True(t, s.credential("katapult", katapultWeb).Live, "the grace is not over")
				run(begins, "rotation", "resume", katapultWeb, "--grace", "1s")
				time.Sleep(1100 * time.Millisecond)
				run(resumes, "rotation", "resume", "--all")
				assert.False(t, s.credential("katapult", katapultWeb).Live, "the grace is over")
				s.ended()
			}
		})
	}
}
