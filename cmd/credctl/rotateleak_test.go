//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// spy is a command that keeps what it can see of its own and of every process.
const spy = `{ env; cat /proc/self/environ; cat /proc/[0-9]*/cmdline 2>/dev/null; echo; echo "$0 $@"; } >>%s/seen; `

func TestF9NoSecretComesOutOfARotation(t *testing.T) {
	t.Parallel()
	for _, w := range ways() {
		if w.stdin != nil || w.status == 8 || len(w.subjects) != 1 || w.name == "abort" || strings.HasPrefix(w.name, "losant") {
			continue
		}
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			s, _ := w.scene(t)
			s.setenv("CREDCTL_MEDIANOVA_TOKEN", sandbox.MedianovaToken)
			look := strings.ReplaceAll(spy, "%s", s.dir)
			for range 2 {
				got := s.run(append(w.args(s), "--debug", "--hook", look, "--to", "exec:"+look+"cat >/dev/null", "--verify", "exec:"+look+"cat >/dev/null; exit 0")...)
				s.silent(got)
				s.private(w.name)
			}
			seen, err := os.ReadFile(filepath.Join(s.dir, "seen"))
			require.NoError(t, err)
			assert.Empty(t, leaked(string(seen), secretsOf(s.Sandbox)))
			assert.Contains(t, string(seen), "CREDCTL_")
			s.silent(s.run("rotation", "list", "--all", "-o", "json"))
			s.silent(s.run("rotation", "show", s.subjects[0].id, "-o", "json"))
		})
	}
}

// What the runtime prints of a program that ends badly has no secret either.
func TestF9NoSecretIsInADump(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	p := s.command("", s.rotate("--debug", "--hook", "touch "+s.dir+"/began; sleep 5")...)
	p.Env = append(p.Env, "GOTRACEBACK=system")
	require.NoError(t, p.Start())
	require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(s.dir, "began")); return err == nil }, 20*time.Second, 10*time.Millisecond)
	require.NoError(t, p.Process.Signal(syscall.SIGQUIT))
	require.Error(t, p.Wait())
	assert.Contains(t, p.stderr.String(), "goroutine ")
	s.silent(p.outcome())
}

func TestF10ASuccessWithoutASecretSaysWhatWasMade(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{}, subject{vendor: "medianova", id: medianovaWeb, places: []string{"aws:web@%s/aws"}})
	got := s.run(s.rotate("-o", "json")...)
	e := failed(t, got)
	assert.Equal(t, 8, e.Exit)
	made := s.made("medianova")
	require.Len(t, made, 1)
	assert.Contains(t, e.Message, made[0].ID)
	assert.Contains(t, e.Hint, "panel")
	assert.Contains(t, e.Hint, "--secret-file -")
	s.kept()
}

// What continues with a rotation shows a secret only where that is its destination.
func TestF9GoingOnShowsNoSecretThatHasADestination(t *testing.T) {
	t.Parallel()
	for _, which := range []string{katapultWeb, "--all"} {
		t.Run(which, func(t *testing.T) {
			t.Parallel()
			s := web(t, sandbox.Options{})
			require.Equal(t, 8, s.run(s.rotate("--hook", "test -e "+s.dir+"/mended", "--grace", "1h")...).status)
			require.NoError(t, os.WriteFile(filepath.Join(s.dir, "mended"), nil, 0o600))
			for range 2 {
				got := s.run("rotation", "resume", which, "-o", "json")
				require.Zero(t, got.status, got.stderr)
				assert.Contains(t, got.stdout, `"grace"`)
				s.silent(got)
			}
			s.silent(s.run("katapult", "rotate", katapultWeb, "-o", "json"))
			if which == katapultWeb {
				got := s.run("rotation", "resume", which, "-o", "json", "--show-secret")
				assert.Contains(t, got.stdout, s.made("katapult")[0].Secret, "it was asked for")
			}
		})
	}
}
