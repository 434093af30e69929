package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/sandbox"
)

// Names that somebody has chosen at the vendor break no format of a list or an audit:
// programs read the same names, and a terminal acts on none.
func TestHostileNamesInEveryFormat(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	s.setenv("SOURCE_DATE_EPOCH", "1830297600") // 2028, when all are old
	s.setenv("NO_COLOR", "1")
	names := []string{
		"</script><script>window.ran=1</script>", `"><img src=x onerror=alert(1)>`, "=cmd|'/c calc'!A1", "@SUM(1)", "+1", "-1", "\tx",
		"\x1b[2Jred\x07", "a\u202eb\u2066c\u200b", "a\nb: {c}", "# x\n- y", strings.Repeat("x", 10_000),
	}
	for i, name := range names {
		require.Equal(t, 0, s.run("stratum", "create", "--name", name, "--secret-file", s.dir+"/key"+string(rune('a'+i))).status, name)
	}
	text := func(args ...string) string {
		got := s.run(args...)
		require.Equal(t, 0, got.status, "%v: %s", args, got.stderr)
		return got.stdout
	}
	type named struct {
		Name string `json:"name" yaml:"name"`
	}
	have := func(what string, all []named) {
		got := make([]string, len(all))
		for i, one := range all {
			got[i] = one.Name
		}
		assert.Subset(t, got, names, what)
	}
	column := func(what, text string) {
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		require.NoError(t, err, what)
		all := make([]named, len(rows))
		for i, row := range rows {
			require.Len(t, row, 1)
			assert.NotContains(t, "=+-@\t", row[0][:1], what)
			if all[i].Name = row[0]; strings.ContainsAny(strings.TrimPrefix(row[0], "'")[:1], "=+-@\t") {
				all[i].Name = strings.TrimPrefix(row[0], "'")
			}
		}
		have(what, all)
	}
	var list []named
	require.NoError(t, json.Unmarshal([]byte(text("stratum", "list", "-o", "json")), &list))
	have("list json", list)
	require.NoError(t, yaml.Unmarshal([]byte(text("stratum", "list", "-o", "yaml")), &list))
	have("list yaml", list)
	column("list csv", text("stratum", "list", "-o", "csv", "--columns", "name"))
	assert.Len(t, strings.Split(strings.TrimSpace(text("stratum", "list", "-o", "jsonl")), "\n"), len(list))

	audit := []string{"audit", "--vendor", "stratum", "-o"}
	var report struct {
		Credentials []named `json:"credentials" yaml:"credentials"`
	}
	require.NoError(t, json.Unmarshal([]byte(text(append(audit, "json")...)), &report))
	have("audit json", report.Credentials)
	require.NoError(t, yaml.Unmarshal([]byte(text(append(audit, "yaml")...)), &report))
	have("audit yaml", report.Credentials)
	column("audit csv", text(append(audit, "csv", "--columns", "name")...))
	for line := range strings.Lines(text(append(audit, "prom")...)) {
		assert.Regexp(t, `^(#|credctl_[a-z_]+(\{.*\})? [-+.e0-9]+\n$)`, line)
	}
	inventory := inFile(t, "inventory.yaml", text("audit", "--vendor", "stratum", "--init-inventory"))
	require.NoError(t, os.Mkdir(filepath.Join(filepath.Dir(inventory), ".git"), 0o700)) // SARIF is of a repository
	assert.True(t, json.Valid([]byte(text(append(audit, "sarif", "--inventory", inventory)...))))

	for _, format := range []string{"table", "wide", "json", "jsonl", "yaml", "csv", "name", "template={{.name}}"} {
		s.showsNoControl("stratum", "list", "-o", format)
	}
	for _, format := range []string{"table", "wide", "json", "jsonl", "yaml", "csv", "name", "html", "prom", "sarif"} {
		s.showsNoControl(append(audit, format, "--inventory", inventory)...)
	}
}

// showsNoControl runs a command at a terminal, which must not act on anything.
func (s *scene) showsNoControl(args ...string) {
	s.Helper()
	screen, status := s.terminal("", args...)
	assert.Equal(s, 0, status, "%v: %s", args, screen)
	for _, bad := range []string{"\x1b", "\x07", "\u202e", "\u2066", "\u200b"} {
		assert.NotContains(s, screen, bad, "%v: %q", args, bad)
	}
}
