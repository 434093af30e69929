package main

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/sandbox"
)

// TestDocsLinks follows every link of the documents within the project.
func TestDocsLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, path := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(prose(t, path), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			file, anchor, _ := strings.Cut(m[1], "#")
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), file)
			}
			_, err := os.Stat(target)
			if errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(file, "commands/") { // make docs makes them
				continue
			}
			require.NoError(t, err, "%s: %s", path, m[1])
			if anchor != "" {
				assert.Contains(t, anchors(t, target), anchor, "%s: %s", path, m[1])
			}
		}
	}
}

// anchors are those that a page has, one for each heading.
func anchors(t *testing.T, path string) (all []string) {
	t.Helper()
	for line := range strings.Lines(prose(t, path)) {
		if title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			kept := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
			all = append(all, strings.ReplaceAll(kept, " ", "-"))
		}
	}
	return all
}

// prose is a page without its blocks.
func prose(t *testing.T, path string) string {
	t.Helper()
	d := readDocument(t, path)
	at := 0
	var out []string
	for _, b := range d.blocks {
		out = append(out, d.lines[at:b.first-1]...)
		at = b.last + 1
	}
	return strings.Join(append(out, d.lines[at:]...), "\n")
}

// TestDocsCommandLines looks at every credctl command in the documents, also in
// crontabs, units, manifests and prose: its subcommands and flags must be there.
func TestDocsCommandLines(t *testing.T) {
	span := regexp.MustCompile("`([^`\n]*)`")
	checked := 0
	for _, path := range documents(t) {
		d := readDocument(t, path)
		texts := make([]string, 0, len(d.blocks))
		for _, b := range d.blocks {
			if b.lang != "console" {
				texts = append(texts, strings.Join(d.lines[b.first:b.last], "\n"))
			}
			for _, s := range b.steps {
				texts = append(texts, s.command)
			}
		}
		for _, m := range span.FindAllStringSubmatch(prose(t, path), -1) {
			texts = append(texts, m[1])
		}
		for _, text := range texts {
			for _, args := range invocations(text) {
				checkCommandLine(t, filepath.Base(path), args)
				checked++
			}
		}
	}
	assert.Greater(t, checked, 50)
}

func checkCommandLine(t *testing.T, page string, args []string) {
	t.Helper()
	for i, a := range args { // a word of prose that stands for any vendor
		if a == "VENDOR" {
			args[i] = "katapult"
		}
	}
	if len(args) > 1 && args[1] == "VERB" {
		args[1] = "rotate"
	}
	line := "credctl " + strings.Join(args, " ")
	a := newApp(nil, strings.NewReader(""), io.Discard, io.Discard)
	root := a.rootCmd(args)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	cmd, rest, err := root.Find(args)
	require.NoError(t, err, "%s: %s", page, line)
	cmd.InitDefaultHelpFlag()
	var operands []string
	for i := 0; i < len(rest); i++ {
		arg := rest[i]
		if arg == "--" {
			operands = append(operands, rest[i+1:]...)
			break
		}
		if !strings.HasPrefix(arg, "-") || arg == "-" {
			operands = append(operands, arg)
			continue
		}
		name, _, inline := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		var f *pflag.Flag
		if strings.HasPrefix(arg, "--") {
			f = cmd.Flag(name)
		} else if f = cmd.Flags().ShorthandLookup(name[:1]); f == nil {
			f = cmd.InheritedFlags().ShorthandLookup(name[:1])
		}
		if arg == "--token" { // shown for its error message
			return
		}
		if !assert.NotNil(t, f, "%s: %s: there is no flag %s", page, line, arg) {
			return
		}
		if f.NoOptDefVal == "" && !inline {
			i++
		}
	}
	if cmd.HasSubCommands() && cmd != root && len(operands) > 0 {
		assert.Fail(t, "there is no such command", "%s: %s", page, line)
	}
}

// invocations are the arguments of each call of credctl in a text of any kind.
func invocations(text string) (all [][]string) {
	var call []string
	in := false
	flush := func() {
		if in && len(call) > 0 {
			all = append(all, call)
		}
		call, in = nil, false
	}
	for _, w := range words(text) {
		switch {
		case w == "\n" || w == "|" || w == ";":
			flush()
		case strings.ContainsAny(w, " \n") && strings.Contains(w, "credctl "): // a command line in quotes
			all = append(all, invocations(strings.NewReplacer("$(", ";", ")", ";").Replace(w))...)
			call = append(call, w)
		case w == "credctl" || strings.HasSuffix(w, "/credctl"):
			flush()
			in = true
		case in:
			call = append(call, w)
		}
	}
	flush()
	return all
}

// words divides a text roughly as a shell does. Lists of YAML divide as well;
// comments and redirections are left out.
func words(text string) (all []string) {
	text = strings.ReplaceAll(text, "\\\n", " ")
	var w strings.Builder
	open, quote, started := false, rune(0), false
	end := func(operator string) {
		if started {
			all = append(all, w.String())
		}
		w.Reset()
		started = false
		if operator != "" {
			all = append(all, operator)
		}
	}
	comment := false
	for _, r := range text {
		switch {
		case comment && r != '\n':
		case open && r == quote:
			open = false
		case open:
			w.WriteRune(r)
		case r == '"' || r == '\'':
			open, quote, started = true, r, true
		case r == '#' && !started:
			comment = true
		case r == '\n':
			comment = false
			end("\n")
		case r == '|' || r == ';' || r == '&' || r == '(' || r == ')' || r == '<' || r == '>':
			end(";")
		case r == ' ' || r == '\t' || r == ',' || r == '[' || r == ']' || r == '=' && strings.HasPrefix(w.String(), "ExecStart"):
			end("")
		default:
			started = true
			w.WriteRune(r)
		}
	}
	end("\n")
	return all
}

// TestDocsData reads the YAML and the JSON of the documents; configurations and
// policies are checked by the program itself.
func TestDocsData(t *testing.T) {
	_, env := inSandbox(t, sandbox.Options{})
	policies, configurations := 0, 0
	for _, path := range documents(t) {
		d := readDocument(t, path)
		for _, b := range d.blocks {
			text := strings.Join(d.lines[b.first:b.last], "\n") + "\n"
			var got any
			switch b.lang {
			case "json":
				require.NoError(t, json.Unmarshal([]byte(text), &got), "%s:%d", path, b.first)
				continue
			case "yaml":
				require.NoError(t, yaml.Unmarshal([]byte(text), &got), "%s:%d", path, b.first)
			default:
				continue
			}
			keys, _ := got.(map[string]any)
			file := filepath.Join(t.TempDir(), "example.yaml")
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			switch {
			case keys["rotations"] != nil:
				policies++
				o := credctl(t, env, "", "rotate", "-f", file, "--check")
				assert.Zero(t, o.status, "%s:%d: %s", path, b.first, o.stderr)
			case keys["profiles"] != nil || keys["katapult"] != nil:
				configurations++
				o := credctl(t, env, "", "config", "path", "--config", file)
				assert.Zero(t, o.status, "%s:%d: %s", path, b.first, o.stderr)
			}
		}
	}
	assert.Positive(t, policies)
	assert.Positive(t, configurations)
}

// TestDocsNameTests looks for every test that the documents name.
func TestDocsNameTests(t *testing.T) {
	tests := map[string]bool{}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", "../../...").Output()
	require.NoError(t, err)
	for dir := range strings.FieldsSeq(string(out)) {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		require.NoError(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(text), -1) {
				tests[m[1]] = true
			}
		}
	}
	for _, path := range documents(t) {
		for _, name := range regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(prose(t, path), -1) {
			assert.True(t, tests[name[1]], "%s: there is no test %s", path, name[1])
		}
	}
}

// TestReadmeExitStatuses holds the table in the README against that of the program.
func TestReadmeExitStatuses(t *testing.T) {
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^ +(\d+)  (.*)$`).FindAllStringSubmatch(exitCodes, -1) {
		want = append(want, "| "+m[1]+" | "+strings.ReplaceAll(m[2], "--detailed-exitcode", "`--detailed-exitcode`")+" |")
	}
	require.NotEmpty(t, want)
	readme := prose(t, "../../README.md")
	for _, line := range want {
		assert.Contains(t, readme, line)
	}
	for _, s := range statuses() {
		assert.Contains(t, readme, "\n| "+strconv.Itoa(s.exit)+" | ", s.code)
	}
}
