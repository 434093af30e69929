package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/sandbox"
)

// TestDocsLinks follows every link of the documents within the project.
func TestDocsLinks(t *testing.T) {
	t.Parallel()
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

// TestDocsData reads the YAML and the JSON of the documents; configurations and
// policies are checked by the program itself.
func TestDocsData(t *testing.T) {
	t.Parallel()
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
				o := credctl(t, env, "", "config", "view", "--config", file)
				assert.Zero(t, o.status, "%s:%d: %s", path, b.first, o.stderr)
			}
		}
	}
	assert.Positive(t, policies)
	assert.Positive(t, configurations)
}

// TestDocsNameTests looks for every test that the documents name.
func TestDocsNameTests(t *testing.T) {
	t.Parallel()
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

// Every row of the threat model, and of what may go wrong without an attacker, names a test.
func TestEveryThreatHasATest(t *testing.T) {
	t.Parallel()
	_, threats, found := strings.Cut(prose(t, "../../docs/security.md"), "\n## Threats\n")
	require.True(t, found)
	threats, _, _ = strings.Cut(threats, "\n## ")
	rows := 0
	for line := range strings.Lines(threats) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 3 || strings.HasPrefix(cells[0], "---") || strings.TrimSpace(cells[2]) == "tests" {
			continue
		}
		rows++
		assert.Regexp(t, "^ (`Test\\w+` ?)+$", cells[2], cells[0])
	}
	assert.Greater(t, rows, 20)
}

// TestTroubleshootingExitStatuses holds the table in docs/troubleshooting.md against that of the program.
func TestTroubleshootingExitStatuses(t *testing.T) {
	t.Parallel()
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^ +(\d+)  (.*)$`).FindAllStringSubmatch(exit.Help, -1) {
		want = append(want, "| "+m[1]+" | "+regexp.MustCompile(`--[a-z-]+`).ReplaceAllString(m[2], "`$0`")+" |")
	}
	require.NotEmpty(t, want)
	page := prose(t, "../../docs/troubleshooting.md")
	for _, line := range want {
		assert.Contains(t, page, line)
	}
	for _, s := range exit.Statuses() {
		assert.Contains(t, page, "\n| "+strconv.Itoa(s.Number)+" | ", s.Code)
	}
}
