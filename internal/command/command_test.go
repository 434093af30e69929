//go:build unix

package command

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func shell(line string) Program {
	return Program{Args: Shell(line), Env: []string{"PATH=" + os.Getenv("PATH")}}
}

func TestStreams(t *testing.T) {
	t.Setenv("VENDOR_TOKEN", "hunter2")
	var out bytes.Buffer
	p := shell(`cat; echo "[$VENDOR_TOKEN$0$*]"; echo noise >&2`)
	p.Stdin, p.Stdout = []byte("in "), &out
	require.NoError(t, p.Run(t.Context()))
	assert.Equal(t, "in [sh]\n", out.String(), "the environment is what was given")

	out.Reset()
	p.Env = nil
	require.NoError(t, p.Run(t.Context()))
	assert.Equal(t, "in [sh]\n", out.String(), "and no other when nothing was given")

	p = shell("exit 0")
	p.Stdin = bytes.Repeat([]byte("x"), 1<<20) // more than a pipe holds
	require.NoError(t, p.Run(t.Context()), "it need not read")
	require.NoError(t, shell("sleep 100 & exit 0").Run(t.Context()), "what is left behind is not waited for")
}

func TestFailures(t *testing.T) {
	err := shell("echo no luck >&2; exit 3").Run(t.Context())
	require.EqualError(t, err, "exit status 3: no luck")
	exit, ok := errors.AsType[*exec.ExitError](err)
	require.True(t, ok)
	assert.Equal(t, 3, exit.ExitCode())
	require.EqualError(t, shell("exit 1").Run(t.Context()), "exit status 1")

	err = Program{Args: []string{"/nonexistent/cmd"}}.Run(t.Context())
	require.ErrorIs(t, err, os.ErrNotExist)
	_, ok = errors.AsType[*exec.ExitError](err)
	assert.False(t, ok, "it never ran")
}

func TestWhatAsksStaysWithTheTerminal(t *testing.T) {
	for _, asks := range []bool{true, false} {
		var out bytes.Buffer
		p := shell(`ps -o pgid= -p $$`)
		p.Stdout, p.Asks = &out, asks
		require.NoError(t, p.Run(t.Context()))
		assert.Equal(t, asks, strings.TrimSpace(out.String()) == strconv.Itoa(syscall.Getpgrp()))
	}
	p := shell("exec sleep 100")
	p.Asks, p.Limit = true, 100*time.Millisecond
	require.ErrorIs(t, p.Run(t.Context()), provider.ErrUnavailable)
}

func TestCheckRunsNothing(t *testing.T) {
	dir := t.TempDir()
	path, env := filepath.Join(dir, "made"), []string{"PATH=" + os.Getenv("PATH")}
	for _, line := range []string{
		"touch " + path, "cd / && ls", "if true; then no-such-program; fi", "X=1 no-such-program", `"no-such-program" with quotes`, "  true  ", "",
	} {
		require.NoError(t, Check(t.Context(), line, env), "%q: nobody can know without running it", line)
	}
	require.NoFileExists(t, path)
	for line, says := range map[string]string{
		"if true; then":                    "the shell cannot parse it",
		"no-such-program --with arguments": `there is no program "no-such-program"`,
		"./no-such-file":                   `there is no program "./no-such-file"`,
	} {
		err := Check(t.Context(), line, env)
		require.ErrorIs(t, err, provider.ErrUsage, line)
		require.ErrorContains(t, err, says)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mine"), []byte("#!/bin/sh\n"), 0o700))
	require.Error(t, Check(t.Context(), "mine", env))
	require.NoError(t, Check(t.Context(), "mine", []string{"PATH=" + dir}), "it is looked for where it would be")
	t.Setenv("PATH", "")
	require.ErrorIs(t, Check(t.Context(), "true", env), provider.ErrUsage, "there is no shell")
}

// A check that was cut short says nothing of the command line.
func TestCheckThatIsInterrupted(t *testing.T) {
	env := []string{"PATH=" + os.Getenv("PATH")}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	for _, line := range []string{"true", "if true; then true; fi"} {
		err := Check(ctx, line, env)
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, provider.ErrUsage)
		err = Check(late, line, env)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, provider.ErrUsage)
	}
}

// TestGroupIsKilled has a program start another and wait for it.
func TestGroupIsKilled(t *testing.T) {
	for name, limit := range map[string]time.Duration{"its time is over": 200 * time.Millisecond, "the caller stops": 0} {
		t.Run(name, func(t *testing.T) {
			pidFile := filepath.Join(t.TempDir(), "pid")
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			stopped := errors.New("stopped")
			if limit == 0 {
				time.AfterFunc(200*time.Millisecond, func() { cancel(stopped) })
			}
			p := shell(`echo waiting >&2; sleep 100 & echo $! > ` + pidFile + `; wait`)
			p.Limit = limit
			err := p.Run(ctx)
			if limit == 0 {
				require.ErrorIs(t, err, stopped)
			} else {
				require.ErrorIs(t, err, provider.ErrUnavailable)
				require.ErrorContains(t, err, "did not end within 200ms, and was killed: waiting")
			}
			b, err := os.ReadFile(pidFile)
			require.NoError(t, err)
			pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
			require.NoError(t, err)
			assert.Eventually(t, func() bool { return gone(pid) }, 5*time.Second, 5*time.Millisecond)
		})
	}
}

// gone reports whether a process has ended, or waits for nothing but its parent.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err != nil || strings.HasPrefix(string(state), "Z")
}
