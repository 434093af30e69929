//go:build linux

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/credctl/credctl/internal/sandbox"
)

// A person is somebody at a terminal in which the program runs.
type person struct {
	*testing.T
	process  *process
	terminal *os.File
	program  *os.File // the other end of the terminal
	ended    chan struct{}

	mu   sync.Mutex
	seen strings.Builder
}

// sit starts the program in a terminal of 200 columns, unless env has another width.
func sit(t *testing.T, env []string, args ...string) *person {
	t.Helper()
	p := &person{T: t, process: prepare(t, slices.Concat([]string{"COLUMNS=200"}, env, []string{"TERM=xterm"}), args...), ended: make(chan struct{})}
	p.terminal, p.program = openTerminal(t)
	p.process.Stdin, p.process.Stdout, p.process.Stderr = p.program, p.program, p.program
	p.process.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	require.NoError(t, p.process.Start())
	t.Cleanup(func() { _ = p.terminal.Close(); _ = p.program.Close() })
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := p.terminal.Read(b)
			p.mu.Lock()
			p.seen.Write(b[:n])
			p.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	go func() { defer close(p.ended); _ = p.process.Wait() }()
	return p
}

func (p *person) screen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.String()
}

// sees waits until text is on the screen.
func (p *person) sees(text string) {
	p.Helper()
	require.Eventually(p.T, func() bool { return strings.Contains(p.screen(), text) }, 20*time.Second, 5*time.Millisecond, "%q is not on the screen:\n%s", text, &lazy{p.screen})
}

type lazy struct{ text func() string }

func (l *lazy) String() string { return l.text() }

func (p *person) types(text string) {
	p.Helper()
	_, err := p.terminal.WriteString(text)
	require.NoError(p.T, err)
}

// status waits for the end, and returns the exit status and the screen.
func (p *person) status() (int, string) {
	p.Helper()
	within(p.T, 20*time.Second, func() { <-p.ended })
	_, err := p.program.WriteString(last) // what the program wrote may still be on its way
	require.NoError(p.T, err)
	p.sees(last)
	return p.process.ProcessState.ExitCode(), strings.ReplaceAll(p.screen(), last, "")
}

// last is what no program writes.
const last = "\x00the end\x00"

// isAsked waits for a question whose answer is not shown.
func (p *person) isAsked(question string) {
	p.Helper()
	p.sees(question)
	require.Eventually(p.T, func() bool { return !p.echoes() }, 20*time.Second, time.Millisecond)
}

// echoes reports whether the terminal shows what is typed.
func (p *person) echoes() bool {
	p.Helper()
	state, err := unix.IoctlGetTermios(int(p.program.Fd()), unix.TCGETS)
	require.NoError(p.T, err)
	return state.Lflag&unix.ECHO != 0
}

func TestLoginAtATerminal(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	env = without(env, "katapult", "medianova", "stratum")
	t.Run("a token", func(t *testing.T) {
		p := sit(t, env, "auth", "login", "katapult")
		p.isAsked("Token for Katapult object storage (not shown): ")
		p.types(sandbox.KatapultToken + "\n")
		p.sees("Store the token for ")
		assert.True(t, p.echoes())
		p.types("y\n")
		status, screen := p.status()
		assert.Equal(t, 0, status, screen)
		assert.NotContains(t, screen, sandbox.KatapultToken)
		assert.Contains(t, screen, "Stored it in "+valueOf(env, "XDG_CONFIG_HOME"))
	})
	t.Run("a pair in place of it", func(t *testing.T) {
		p := sit(t, env, "auth", "login", "medianova", "--yes")
		p.isAsked("leave empty to enter the API key and the API secret): ")
		p.types("\n")
		p.isAsked("API key for Medianova")
		p.types(sandbox.MedianovaAPIKey + "\n")
		p.isAsked("API secret for Medianova")
		p.types(sandbox.MedianovaAPISecret + "\n")
		status, screen := p.status()
		assert.Equal(t, 0, status, screen)
		assert.NotContains(t, screen, sandbox.MedianovaAPISecret)
	})
	t.Run("no", func(t *testing.T) {
		p := sit(t, env, "auth", "login", "stratum")
		p.isAsked("(not shown")
		p.types(sandbox.StratumOperatorKey + "\n")
		p.sees("Store the token for ")
		p.types("\n")
		status, screen := p.status()
		assert.Equal(t, 130, status, screen)
		assert.Equal(t, 3, credctl(t, env, "", "stratum", "list").status, "it is not stored")
	})
	t.Run("nothing", func(t *testing.T) {
		p := sit(t, env, "auth", "login", "losant")
		p.isAsked("(not shown): ")
		p.types("\n")
		status, screen := p.status()
		assert.Equal(t, 130, status, screen)
	})
	for name, key := range map[string]string{"an interrupt": "\x03", "the end": "\x04"} {
		t.Run(name, func(t *testing.T) {
			p := sit(t, env, "auth", "login", "katapult")
			p.isAsked("(not shown): ")
			p.types(key)
			status, screen := p.status()
			assert.Equal(t, 130, status, screen)
			assert.True(t, p.echoes(), "the terminal is as it was")
		})
	}
	t.Run("nobody to be asked", func(t *testing.T) {
		p := sit(t, env, "auth", "login", "katapult", "--no-input")
		status, screen := p.status()
		assert.Equal(t, 2, status, screen)
		assert.Contains(t, screen, "--token-file")
	})
}

func TestAPersonIsAsked(t *testing.T) {
	t.Parallel()
	s, env := inSandbox(t, sandbox.Options{Count: 8})
	ids := strings.Fields(credctl(t, env, "", "katapult", "list", "--jq", `.[] | select(.name | startswith("seed")) | .id`).stdout)
	require.Len(t, ids, 8)
	many := append([]string{"katapult", "delete"}, ids...)
	for name, c := range map[string]struct {
		args    []string
		sees    string
		types   string
		status  int
		deleted int
	}{
		"one, no":              {[]string{"katapult", "delete", ids[0]}, "Delete access key " + ids[0] + " (seed-", "n\n", 130, 0},
		"one, nothing":         {[]string{"katapult", "delete", ids[0]}, "[y/N] ", "\n", 130, 0},
		"one, the end":         {[]string{"katapult", "delete", ids[0]}, "[y/N] ", "\x04", 130, 0},
		"one, an interrupt":    {[]string{"katapult", "delete", ids[0]}, "[y/N] ", "\x03", 130, 0},
		"many, yes":            {many, "This deletes 8 object storage access keys at katapult. Clients that use them stop working. Type the number to proceed: ", "y\n", 130, 0},
		"many, another number": {many, "Type the number", "7\n", 130, 0},
		"many, --yes":          {append(many, "--yes"), "Type the number", "7\n", 130, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := sit(t, env, c.args...)
			p.sees(c.sees)
			p.types(c.types)
			status, screen := p.status()
			assert.Equal(t, c.status, status, screen)
			assert.Equal(t, c.deleted, sent(s, "katapult", "delete"))
		})
	}
	p := sit(t, env, "katapult", "delete", ids[0])
	p.sees("[y/N] ")
	p.types("\x03")
	_, screen := p.status()
	assert.Regexp(t, `\[y/N\] (\^C)?\r\ncredctl: `, screen, "the error has a line of its own")
	p = sit(t, env, append(many, "--dry-run")...)
	status, screen := p.status()
	assert.Equal(t, 0, status, "a dry run asks nothing: %s", screen)
	assert.Equal(t, 8, strings.Count(screen, "would send: DELETE"))
	assert.Equal(t, 8, strings.Count(screen, "would delete access key objkey_"), "by name")
	assert.Zero(t, sent(s, "katapult", "delete"))

	p = sit(t, env, many...)
	p.sees("Type the number")
	p.types("8\n")
	status, screen = p.status()
	assert.Equal(t, 0, status, screen)
	assert.Equal(t, 8, sent(s, "katapult", "delete"))
	for _, id := range ids {
		assert.Contains(t, screen, "Deleted "+id+"\r\n", "a result for each")
	}
	assert.NotContains(t, screen, "[y/N]", "it is asked once")
}

func TestAPersonSeesHowFarItIs(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{Count: 40, Latency: 100 * time.Millisecond})
	ids := strings.Fields(credctl(t, env, "", "katapult", "list", "-o", "name").stdout)
	p := sit(t, env, append([]string{"katapult", "get", "-o", "name"}, ids...)...)
	status, screen := p.status()
	assert.Equal(t, 0, status, screen)
	assert.Regexp(t, `\r\x1b\[K\[=+ +\] +\d+ of 43, \d+s left`, screen)
	var lines []string
	for line := range strings.Lines(screen) {
		if _, after, drawn := strings.Cut(line, "\x1b[K"); drawn {
			line = after[strings.LastIndex(after, "\x1b[K")+1:]
			line = strings.TrimPrefix(line, "[K")
		}
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "objkey") {
			lines = append(lines, line)
		}
	}
	assert.Equal(t, ids, lines, "each in the order given, and no meter in between")
	quiet := sit(t, env, append([]string{"katapult", "get", "-q", "-o", "name"}, ids...)...)
	_, screen = quiet.status()
	assert.NotContains(t, screen, " of 43")
}

// openTerminal returns both ends of a new terminal.
func openTerminal(t *testing.T) (outer, inner *os.File) {
	t.Helper()
	outer, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("there are no terminals here")
	}
	require.NoError(t, err)
	fd := int(outer.Fd())
	require.NoError(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	require.NoError(t, err)
	inner, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	return outer, inner
}
