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
	"slices"
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
	for _, p := range providers() {
		assert.Contains(t, string(out), "$ credctl "+p.Name+" ")
	}
}

// A document is a page, and what is to be run of it.
type document struct {
	lines  []string
	blocks []*block
}

// A block is what is between two fences.
type block struct {
	lang        string // what follows the fence: console, sh, yaml
	first, last int    // its lines, without the fences: first <= line < last
	steps       []*step
}

// A step is a command, what it should print, and what it printed.
type step struct {
	line      int // of the first line of the command
	command   string
	prompt    []string // the lines of the command, as they stand
	want, got []string
	loose     bool // what was replaced may have had another width
}

func documents(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	return append([]string{"../../README.md"}, pages...)
}

func readDocument(t *testing.T, path string) *document {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	d := &document{lines: strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")}
	var open *block
	for i, line := range d.lines {
		lang, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			open = &block{lang: lang, first: i + 1}
		case fence:
			open.last = i
			d.blocks = append(d.blocks, open)
			open = nil
		case open != nil && open.lang == "console":
			open.add(line, i+1)
		}
	}
	require.Nil(t, open, "%s: a block is not closed", path)
	return d
}

func (b *block) add(line string, number int) {
	last := len(b.steps) - 1
	if command, ok := strings.CutPrefix(line, "$ "); ok {
		b.steps = append(b.steps, &step{line: number, command: command, prompt: []string{line}})
	} else if more, ok := strings.CutPrefix(line, "> "); ok && last >= 0 && len(b.steps[last].want) == 0 {
		b.steps[last].command += "\n" + more
		b.steps[last].prompt = append(b.steps[last].prompt, line)
	} else if last >= 0 {
		b.steps[last].want = append(b.steps[last].want, line)
	}
}

func (b *block) text(d *document) []string {
	if b.lang != "console" {
		return d.lines[b.first:b.last]
	}
	var out []string
	for _, s := range b.steps {
		out = append(out, s.prompt...)
		blank := s.want[len(trimBlank(s.want)):]
		if s.matches() {
			out = append(out, s.want...)
		} else {
			out = append(append(out, s.got...), blank...)
		}
	}
	return out
}

// text is the document with the outputs that its commands have now.
func (d *document) text() string {
	var out []string
	at := 0
	for _, b := range d.blocks {
		out = append(append(out, d.lines[at:b.first]...), b.text(d)...)
		at = b.last
	}
	return strings.Join(append(out, d.lines[at:]...), "\n") + "\n"
}

func needsJQ(steps []*step) bool {
	return slices.ContainsFunc(steps, func(s *step) bool { return regexp.MustCompile(`(^|[|:;] *)jq `).MatchString(s.command) })
}

func trimBlank(lines []string) []string {
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

func (s *step) matches() bool { return match(trimBlank(s.want), s.got, s.loose) }

// match compares lines, of which "..." stands for any number.
func match(want, got []string, loose bool) bool {
	if len(want) == 0 {
		return len(got) == 0
	}
	if strings.TrimSpace(want[0]) == "..." {
		return match(want[1:], got, loose) || len(got) > 0 && match(want, got[1:], loose)
	}
	if len(got) == 0 {
		return false
	}
	same := want[0] == got[0] || loose && slices.Equal(strings.Fields(want[0]), strings.Fields(got[0]))
	return same && match(want[1:], got[1:], loose)
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
	require.NoError(t, os.Mkdir(filepath.Join(home, "work"), 0o700))
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
	cmd.Dir = filepath.Join(w.home, "work")
	cmd.Env = append(w.sandbox.Env(), "PATH="+os.Getenv("PATH"), "HOME="+w.home, "CREDCTL_KEYRING=off", "LC_ALL=C")
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
	sandboxAt = regexp.MustCompile(regexp.QuoteMeta(os.TempDir()) + `/credctl-sandbox-\d+`)
	operation = regexp.MustCompile(`\d{8}-\d{6}-[0-9a-f]{8}`)
	moment    = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?Z)?`)
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
	text = sandboxAt.ReplaceAllString(text, "/tmp/credctl-sandbox-1")
	text = operation.ReplaceAllStringFunc(text, func(id string) string {
		if w.ids[id] == "" {
			w.ids[id] = fmt.Sprintf("20260901-120000-%08d", len(w.ids)+1)
		}
		return w.ids[id]
	})
	text = elapsed.ReplaceAllString(text, "1s ago")
	text = young.ReplaceAllString(text, "it is 1s old")
	text = old.ReplaceAllString(text, "it is 202d old")
	return moment.ReplaceAllStringFunc(text, w.moment)
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
