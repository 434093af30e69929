package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// With -update the documents get the output that their commands have now.
var update = flag.Bool("update", false, "rewrite the outputs in README.md and docs/*.md")

// TestDocs runs every command of the ```console blocks of the documents, and
// compares what it prints with what stands there. Lines that begin with "$ " are
// commands, those with "> " continue them; "..." on a line of its own stands for
// any lines. Each document has a sandbox, a home and a shell of its own. What
// differs from run to run, and nothing else, is replaced: see [terminal.stable].
func TestDocs(t *testing.T) {
	t.Parallel()
	needsShell(t)
	for _, path := range documents(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			doc := readDocument(t, path)
			var steps []*step
			for _, b := range doc.blocks {
				steps = append(steps, b.steps...)
			}
			if len(steps) == 0 {
				return
			}
			if needsJQ(steps) {
				if _, err := exec.LookPath("jq"); err != nil {
					t.Skip("there is no jq, which the examples of this page use")
				}
			}
			newTerminal(t).run(t, steps)
			if *update {
				require.NoError(t, os.WriteFile(path, []byte(doc.text()), 0o644))
				return
			}
			for _, s := range steps {
				if !s.matches() {
					want := strings.Join(trimBlank(s.want), "\n")
					assert.Equal(t, want, strings.Join(s.got, "\n"), "%s:%d: $ %s", filepath.Base(path), s.line, s.command)
				}
			}
		})
	}
}

// TestDemo runs what `make demo` runs.
func TestDemo(t *testing.T) {
	t.Parallel()
	needsShell(t)
	self, err := exec.LookPath("credctl")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", filepath.Join("..", "..", "docs", "demo.sh"), self)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, verb := range []string{"list", "get", "create", "update", "generate", "rotate", "delete"} {
		assert.Regexp(t, `(?m)^\$ credctl .*\b`+verb+`\b`, string(out))
	}
	for _, vendor := range sandboxed() {
		assert.Contains(t, string(out), "$ credctl "+vendor+" ")
	}
}

func needsShell(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the examples are for a POSIX shell")
	}
}

// A terminal is a shell in a home that has nothing in it, with a sandbox.
type terminal struct {
	sandbox *sandbox.Sandbox
	home    string
	now     time.Time
	ids     map[string]string // of rotations
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	s, err := sandbox.Start(sandbox.Options{Deterministic: true, ProvisionDelay: -1})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	home, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(home, "site"), 0o700))
	return &terminal{s, home, time.Now(), map[string]string{}}
}

// end is printed after the output of each command.
const end = "\x1e"

// run gives all commands to one shell, as a person would.
func (w *terminal) run(t *testing.T, steps []*step) {
	t.Helper()
	var script strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&script, "%s\ncredctl_status=$?; printf '\\036'; (exit $credctl_status)\n", s.command)
	}
	file := filepath.Join(t.TempDir(), "commands.sh")
	require.NoError(t, os.WriteFile(file, []byte(script.String()), 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", file)
	cmd.Dir = filepath.Join(w.home, "site")
	cmd.Env = append(w.sandbox.Env(), "PATH="+os.Getenv("PATH"), "HOME="+w.home, "CREDCTL_KEYRING=off", "LC_ALL=C",
		"SOURCE_DATE_EPOCH=1789430400") // an audit judges ages: it takes place on 2026-09-15
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	parts := strings.Split(out.String(), end)
	require.Len(t, parts, len(steps)+1, "the shell ended early (%v):\n%s", err, out.String())
	for i, s := range steps {
		text := w.stable(parts[i])
		s.loose = text != parts[i]
		s.got = trimBlank(strings.Split(text, "\n"))
	}
}

var (
	anyPort   = regexp.MustCompile(`127\.0\.0\.1:\d{4,5}`)
	operation = regexp.MustCompile(`\d{8}-\d{6}-[0-9a-f]{8}`)
	moment    = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?Z)?`)
	day       = regexp.MustCompile(`\b\d{4}-\d\d-\d\d\b`)
	elapsed   = regexp.MustCompile(`\b\d+(\.\d+)?(ms|s) ago\b`)
	young     = regexp.MustCompile(`\bit is \d+s old\b`)
	old       = regexp.MustCompile(`\bit is \d+d\w* old\b`)
)

// stable replaces what no two runs have in common: ports, the folders of the
// test, the IDs of rotations, and the time of day.
func (w *terminal) stable(text string) string {
	for i, vendor := range []string{"medianova", "katapult", "losant", "stratum", "s3"} {
		text = strings.ReplaceAll(text, strings.TrimPrefix(w.sandbox.URL(vendor), "http://"), fmt.Sprintf("127.0.0.1:%d", 48700+i))
	}
	text = anyPort.ReplaceAllStringFunc(text, func(s string) string {
		if strings.HasPrefix(s, "127.0.0.1:4870") {
			return s
		}
		return "127.0.0.1:48710"
	})
	text = strings.ReplaceAll(text, w.home, "/home/you")
	text = operation.ReplaceAllStringFunc(text, func(id string) string {
		if w.ids[id] == "" {
			w.ids[id] = fmt.Sprintf("20260901-120000-%08d", len(w.ids)+1)
		}
		return w.ids[id]
	})
	text = elapsed.ReplaceAllString(text, "1s ago")
	text = young.ReplaceAllString(text, "it is 1s old")
	text = old.ReplaceAllString(text, "it is 202d old")
	return day.ReplaceAllStringFunc(moment.ReplaceAllStringFunc(text, w.moment), w.day)
}

// day moves a day near today to those of the sandbox.
func (w *terminal) day(text string) string {
	at, err := time.Parse(time.DateOnly, text)
	passed := at.Sub(w.now.UTC().Truncate(24 * time.Hour))
	if err != nil || passed.Abs() > 72*time.Hour || strings.HasPrefix(text, "2026-09-0") {
		return text
	}
	return time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC).Add(passed).Format(time.DateOnly)
}

// moment moves a time near now to the day of the sandbox, in whole hours.
func (w *terminal) moment(text string) string {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04"} {
		at, err := time.Parse(layout, text)
		if err != nil || at.Sub(w.now).Abs() > 72*time.Hour || strings.HasPrefix(text, "2026-09-01") {
			continue
		}
		return time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC).Add(at.Sub(w.now).Round(time.Hour)).Format(layout)
	}
	return text
}
