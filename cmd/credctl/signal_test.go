//go:build unix

package main

import (
	"bytes"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// start runs the program in a process of its own.
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := prepare(t, env, args...)
	require.NoError(t, p.Start())
	return p
}

// slow answers an issuing request late, and says when it came and whether
// whoever asked went away before.
func slow(t *testing.T, delay time.Duration, body string) (v *vendor, came chan struct{}, gone func() bool) {
	t.Helper()
	came, left := make(chan struct{}), make(chan struct{})
	v = serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && body != "[]" { // what exists before
			reply(w, http.StatusOK, "[]")
			return
		}
		_, _ = new(bytes.Buffer).ReadFrom(r.Body) // so that the server sees the connection end
		close(came)
		select {
		case <-r.Context().Done():
			close(left)
		case <-time.After(delay):
			reply(w, http.StatusCreated, body)
		}
	})
	return v, came, func() bool {
		select {
		case <-left:
			return true
		default:
			return false
		}
	}
}

func TestAnInterruptedCreateGetsItsAnswer(t *testing.T) {
	for name, signals := range map[string][]os.Signal{
		"^C":         {os.Interrupt},
		"timeout(1)": {syscall.SIGTERM, syscall.SIGTERM}, // it signals the process, and then the group
	} {
		t.Run(name, func(t *testing.T) {
			v, came, gone := slow(t, 400*time.Millisecond, madeByStratum)
			p := start(t, v.env, "stratum", "create", "--name", "ci", "-o", "json")
			<-came
			for _, s := range signals {
				require.NoError(t, p.Process.Signal(s))
			}
			err := p.Wait()
			require.NoError(t, err, p.stderr.String())
			assert.False(t, gone())
			assert.Contains(t, p.stdout.String(), `"secret": "sk_test_2xMM30"`)
		})
	}
}

func TestASecondInterruptEndsAtOnce(t *testing.T) {
	v, came, _ := slow(t, time.Minute, madeByStratum)
	p := start(t, v.env, "stratum", "create", "--name", "ci", "-o", "json")
	<-came
	ended := make(chan error)
	go func() { ended <- p.Wait() }()
	for {
		_ = p.Process.Signal(os.Interrupt) // it may have ended
		select {
		case <-ended:
			status, ok := p.ProcessState.Sys().(syscall.WaitStatus)
			require.True(t, ok)
			assert.True(t, status.Signaled(), "%s", p.ProcessState)
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func TestAnInterruptedListEnds(t *testing.T) {
	v, came, _ := slow(t, time.Minute, "[]")
	p := start(t, v.env, "stratum", "list", "-o", "json")
	<-came
	require.NoError(t, p.Process.Signal(os.Interrupt))
	require.Error(t, p.Wait())
	assert.Equal(t, 130, p.ProcessState.ExitCode(), p.stderr.String())
	assert.Contains(t, p.stderr.String(), `"code":"interrupted","exit":130`)
}
