//go:build unix

package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
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
		"a hang-up":  {syscall.SIGHUP},
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
	p := start(t, v.env, "stratum", "create", "--name", "ci", "--show-secret")
	<-came
	ended := make(chan error)
	go func() { ended <- p.Wait() }()
	for {
		_ = p.Process.Signal(os.Interrupt) // it may have ended
		select {
		case <-ended:
			assert.Equal(t, 130, p.ProcessState.ExitCode(), "%s", p.ProcessState)
			list := answerList(t, credctl(t, v.env, "", "rotation", "list", "-o", "json"))
			require.Len(t, list, 1)
			id, ok := list[0]["operation"].(string)
			require.True(t, ok)
			assert.Contains(t, p.stderr.String(), "Stopped: "+id+" (stratum ci) is unfinished.\nhint: to continue: credctl rotation resume "+id+"\n")
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

// A command under nohup continues after the terminal is closed.
func TestAHangUpThatIsIgnored(t *testing.T) {
	v, came, _ := slow(t, 200*time.Millisecond, madeByStratum)
	p := prepareShell(t, v.env, `trap "" HUP; exec credctl stratum create --name ci -o json`)
	require.NoError(t, p.Start())
	<-came
	require.NoError(t, p.Process.Signal(syscall.SIGHUP))
	require.NoError(t, p.Wait(), p.stderr.String())
	assert.Contains(t, p.stdout.String(), `"secret": "sk_test_2xMM30"`)
}

// A result that never ends is ended by --timeout and by an interrupt. The secret is kept,
// and the same command shows it.
func TestAResultThatNeverEnds(t *testing.T) {
	t.Parallel()
	for name, format := range map[string][]string{
		"a jq expression": {"--jq", "last(range(1e18))"},
		"a jq function":   {"--jq", "def f: f; f"},
		"a template":      {"-o", "template={{range 1000000000000000000}}{{end}}"},
	} {
		for _, interrupted := range []bool{false, true} {
			t.Run(fmt.Sprint(name, interrupted), func(t *testing.T) {
				t.Parallel()
				s := newScene(t, sandbox.Options{})
				args, status := []string{"katapult", "create", "--name", "x"}, 8
				never := append(slices.Clone(args), format...)
				if interrupted {
					status = 130
				} else {
					never = append(never, "--timeout", "2s")
				}
				p := s.command("", never...)
				require.NoError(t, p.Start())
				t.Cleanup(func() { _ = p.Process.Kill() })
				if interrupted {
					require.Eventually(t, func() bool {
						ops, err := filepath.Glob(filepath.Join(s.state(), "operations", "*.jsonl"))
						if err != nil || len(ops) != 1 {
							return false
						}
						text, err := os.ReadFile(ops[0])
						return err == nil && strings.Contains(string(text), `"sealed"`)
					}, 20*time.Second, 100*time.Millisecond)
					time.Sleep(200 * time.Millisecond) // the evaluation has begun
					require.NoError(t, p.Process.Signal(os.Interrupt))
				}
				require.Error(t, p.Wait())
				got := p.outcome()
				assert.Equal(t, status, got.status, got.stderr)
				assert.Empty(t, got.stdout)
				made := s.made("katapult")
				require.Len(t, made, 1)
				assert.Contains(t, kept(t, s.env), made[0].Secret)
				got = s.run(append(args, "-o", "json")...)
				require.Equal(t, 0, got.status, got.stderr)
				assert.Equal(t, made[0].Secret, answer(t, got)["secret"])
				assert.Len(t, s.made("katapult"), 1)
			})
		}
	}
}

// An answer that came while the program was stopped is read, though the time was up
// meanwhile.
func TestAnAnswerThatComesWhileTheProgramIsStopped(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, body string
		args         []string
		want         string
	}{
		"a list":   {http.MethodGet, `{"items": [{"id": "66a0c0de5eed0000000000c5", "name": "ci"}], "count": 1, "totalCount": 1}`, []string{"losant", "list", "-o", "json"}, `"name":"ci"`},
		"a create": {http.MethodPost, madeByStratum, []string{"stratum", "create", "--name", "ci", "-o", "json"}, `"secret": "sk_test_2xMM30"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			came := make(chan struct{})
			v := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method != c.method {
					reply(w, http.StatusOK, "[]")
					return
				}
				close(came)
				time.Sleep(200 * time.Millisecond)
				reply(w, http.StatusOK, c.body)
			})
			p := start(t, v.env, append(c.args, "--timeout", "1s")...)
			<-came
			require.NoError(t, p.Process.Signal(syscall.SIGSTOP))
			time.Sleep(2500 * time.Millisecond) // more than the timeout, in the clock of the stopped process
			require.NoError(t, p.Process.Signal(syscall.SIGCONT))
			require.NoError(t, p.Wait(), p.stderr.String())
			assert.Contains(t, p.stdout.String(), c.want)
		})
	}
}
