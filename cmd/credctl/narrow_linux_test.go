package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/sandbox"
)

func TestATableFitsTheTerminal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		columns string
		args    []string
		want    []string // lines
		note    string
	}{
		{"80", []string{"katapult", "list"}, []string{"ID                       NAME        STATUS      CREATED", "objkey_sbxBackup0000001  backup      \x1b[32mconfigured\x1b[0m  2026-02-11"}, ""},
		{"50", []string{"katapult", "list"}, []string{"ID                       NAME        STATUS", "objkey_sbxBackup0000001  backup      \x1b[32mconfigured\x1b[0m"}, "note: not shown: created (use -o wide or --columns)"},
		{"40", []string{"katapult", "list"}, []string{"ID                       NAME", "objkey_sbxBackup0000001  backup"}, "note: not shown: status, created (use -o wide or --columns)"},
		{"40", []string{"stratum", "list"}, []string{"NAME        STATUS   CREATED", "  ID", "  3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f504"}, "note: not shown: last_used (use -o wide or --columns)"},
		{"40", []string{"katapult", "get", "objkey_sbxBackup0000001"}, []string{"ID       objkey_sbxBackup0000001", "NAME     backup", "KEY", "SCOPES   all-buckets-read,", "REGION   uk-lon-1"}, ""},
		{"40", []string{"katapult", "list", "--columns", "id,name,status"}, []string{"ID                       NAME        STATUS"}, ""},
	} {
		s := newScene(t, sandbox.Options{})
		s.setenv("COLUMNS", c.columns)
		s.setenv("CI", "")
		s.setenv("NO_COLOR", "")
		s.setenv("TERM", "xterm")
		screen, status := s.terminal("", c.args...)
		assert.Equal(t, 0, status, screen)
		lines := strings.Split(strings.ReplaceAll(screen, "  \x1b[0m", "  "), "\n") // a reset more does no harm
		for _, want := range c.want {
			assert.Contains(t, lines, want, "%s columns, %v", c.columns, c.args)
		}
		if c.note != "" {
			assert.Contains(t, strings.Join(strings.Fields(screen), " "), c.note, "it is filled at words")
		} else {
			assert.NotContains(t, screen, "not shown")
		}
	}
}

// TestANarrowTableAnswersTheQuestion: what a command was asked for is the last to go.
func TestANarrowTableAnswersTheQuestion(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		columns string
		args    []string
		heads   []string
	}{
		{"80", []string{"audit"}, []string{"SEVERITY", "RULE", "MESSAGE", "PROVIDER", "NAME"}},
		{"40", []string{"audit"}, []string{"SEVERITY", "RULE", "PROVIDER", "NAME", "\n  MESSAGE"}},
		{"80", []string{"status"}, []string{"FILE", "LAST RUN", "EXIT", "DUE", "PENDING", "FAILED"}},
		{"40", []string{"status"}, []string{"FILE", "EXIT", "DUE", "PENDING", "FAILED", "\n  LAST RUN"}},
		{"80", []string{"rotation", "list"}, []string{"OPERATION", "PROVIDER", "NAME", "STATE", "RETIRES"}},
		{"40", []string{"rotation", "list"}, []string{"NAME", "STATE", "RETIRES", "\n  OPERATION"}},
		{"80", []string{"rotation", "check", "--all"}, []string{"OPERATION", "PROVIDER", "ID", "NAME", "\n  DESTINATIONS"}},
		{"40", []string{"rotation", "check", "--all"}, []string{"PROVIDER", "NAME", "\n  ID", "\n  DESTINATIONS"}},
		{"80", []string{"config", "view"}, []string{"PROVIDER", "SETTING", "SOURCE", "\n  VALUE"}},
		{"40", []string{"config", "view"}, []string{"PROVIDER", "SETTING", "\n  VALUE", "\n  SOURCE"}},
		{"80", []string{"rotate", "-f", "katapult.yaml"}, []string{"NAME", "PROVIDER", "ID", "OLD ID", "DUE", "STATE", "\n  REASON"}},
		{"40", []string{"rotate", "-f", "katapult.yaml"}, []string{"NAME", "ID", "STATE", "\n  REASON"}},
		{"80", []string{"rotation", "resume", "--all"}, []string{"ID", "NAME", "STATE", "RETIRES", "\n  REASON"}},
	} {
		s := newScene(t, sandbox.Options{})
		for _, vendor := range []string{"katapult", "medianova"} {
			s.write(vendor+".yaml", "rotations:\n  - {name: "+vendor+", provider: "+vendor+", select: {name: \"*\"}, max_age: 1000d, grace: 1d, to: [\"file:{name}\"]}\n")
			s.run("rotate", "-f", vendor+".yaml")
		}
		for _, id := range []string{katapultWeb, katapultBackup} { // in their grace period
			s.run("katapult", "rotate", id, "--to", "file:"+id, "--grace", "1d")
		}
		s.setenv("COLUMNS", c.columns)
		screen, _ := s.terminal("", c.args...)
		screen = "\n" + strings.ReplaceAll(screen, "\x1b[K", "")
		heads := strings.ReplaceAll(strings.Join(c.heads, "  "), "  \n", "\n")
		assert.Contains(t, regexp.MustCompile(" {2,}").ReplaceAllString(screen, "  "), "\n"+heads+"\n", "%s columns, %v:\n%s", c.columns, c.args, screen)
	}
}

func TestATableIsPlainWhereNoColorIsWanted(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{"NO_COLOR=1", "TERM=dumb", "CI=true"} {
		s := newScene(t, sandbox.Options{})
		name, value, _ := strings.Cut(variable, "=")
		s.setenv(name, value)
		screen, status := s.terminal("", "katapult", "list")
		assert.Equal(t, 0, status, screen)
		assert.NotContains(t, screen, "\x1b[3", variable)
	}
}

func TestAnEmptyListSaysSoOnATerminal(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	screen, status := s.terminal("", "katapult", "list", "--region", "uk-lon-9")
	assert.Equal(t, 0, status, screen)
	assert.Equal(t, "No access keys found in organization acme\n", screen)
	got := s.run("katapult", "list", "--region", "uk-lon-9")
	assert.Empty(t, got.stdout+got.stderr, "a script gets nothing")
	for list, want := range map[string]string{"rotation list": "No unfinished rotations found\n", "rotation resume --all": "No unfinished rotations found\n", "profile list": "No profiles found. To create one: credctl profile create NAME\n"} {
		screen, status := s.terminal("", strings.Fields(list)...)
		assert.Equal(t, 0, status, screen)
		assert.Equal(t, want, screen)
		got := s.run(strings.Fields(list)...)
		assert.Empty(t, got.stdout+got.stderr, list)
	}
}

func TestHelpFitsTheTerminal(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	s.setenv("COLUMNS", "40")
	for _, line := range []string{"help", "help output", "help exit-codes", "help environment", "help options", "help audit-rules", "help concepts", "katapult --help", "losant create --help", "rotate --help"} {
		screen, status := s.terminal("", strings.Fields(line)...)
		assert.Equal(t, 0, status, screen)
		page, rest, _ := strings.Cut(screen, "\nExamples:\n") // where one word may be wider
		assert.NotEmpty(t, page)
		for l := range strings.Lines(page + rest[max(0, strings.LastIndex(rest, "\n\nSee ")):]) {
			assert.LessOrEqual(t, len([]rune(strings.TrimRight(l, "\n"))), 40, "%s: %q", line, l)
		}
	}
}

// TestANameInPlaceOfAnID: a person who gives a name is told how to select by name.
func TestANameInPlaceOfAnID(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	for line, want := range map[string]string{
		"katapult get backup":       `hint: "backup" is the name of an access key; to select by name, run: credctl katapult get --name backup`,
		"losant delete archive-s3":  `hint: "archive-s3" is the name of a credential; to select by name, run: credctl losant delete --name archive-s3`,
		"stratum rotate nobody -y":  "hint: to see the IDs and names, run: credctl stratum list\n",
		"medianova get web-assets ": `hint: "web-assets" is the name of a credential; to select by name, run: credctl medianova get --name web-assets`,
	} {
		screen, status := s.terminal("", strings.Fields(line)...)
		assert.Equal(t, 2, status, screen)
		assert.Contains(t, screen, want)
	}
}
