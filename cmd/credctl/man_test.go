package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// manual writes the pages of all commands into a new folder.
func manual(t *testing.T) (files []string) {
	t.Helper()
	dir := t.TempDir()
	got := credctl(t, privateVariables(t, "SOURCE_DATE_EPOCH=1700000000"), "", "docs", "man", dir)
	require.Equal(t, 0, got.status, got.stderr)
	files, err := filepath.Glob(filepath.Join(dir, "*.1"))
	require.NoError(t, err)
	require.Greater(t, len(files), 30)
	return files
}

func TestPagesOfTheManual(t *testing.T) {
	t.Parallel()
	repeated := manual(t)
	for i, file := range manual(t) {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		page := string(text)
		assert.Contains(t, page, ` "1" "2023-11-14" `, file)
		at := 0
		for _, section := range []string{"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES", "SEE ALSO"} {
			next := strings.Index(page, ".SH "+section+"\n")
			assert.Greater(t, next, at, "%s: %s", file, section)
			at = max(at, next)
		}
		again, err := os.ReadFile(repeated[i])
		require.NoError(t, err)
		assert.Equal(t, page, string(again), "it is the same in every build")
	}
}

// TestPagesWithoutADate: where neither a commit nor SOURCE_DATE_EPOCH gives one, pages have
// none. A test binary has no commit.
func TestPagesWithoutADate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := credctl(t, privateVariables(t), "", "docs", "man", dir)
	require.Equal(t, 0, got.status, got.stderr)
	page, err := os.ReadFile(filepath.Join(dir, "credctl.1"))
	require.NoError(t, err)
	assert.Contains(t, string(page), `.TH "CREDCTL" "1" "" `)
}

// TestTheManualIsClean: mandoc finds nothing wrong with it.
func TestTheManualIsClean(t *testing.T) {
	t.Parallel()
	mandoc, err := exec.LookPath("mandoc")
	if err != nil {
		t.Skip("mandoc is not installed")
	}
	said, err := exec.CommandContext(t.Context(), mandoc, append([]string{"-Tlint", "-Wstyle"}, manual(t)...)...).CombinedOutput()
	require.NoError(t, err)
	assert.Empty(t, string(said))
}

// TestTheManualIsWrapped to the width of the terminal.
func TestTheManualIsWrapped(t *testing.T) {
	t.Parallel()
	mandoc, err := exec.LookPath("mandoc")
	if err != nil {
		t.Skip("mandoc is not installed")
	}
	for _, file := range manual(t) {
		shown, err := exec.CommandContext(t.Context(), mandoc, "-Tutf8", "-Owidth=60", file).Output()
		require.NoError(t, err)
		text := regexp.MustCompile(".\b").ReplaceAllString(string(shown), "")
		text = regexp.MustCompile(`(?s)\nEXAMPLES\n.*?\n([A-Z])`).ReplaceAllString(text, "\n$1") // which stay as they are
		for line := range strings.Lines(text) {
			command := strings.HasPrefix(line, strings.Repeat(" ", 11)+"credctl ") // set as it is
			if !command && !strings.Contains(line, "# ") && !strings.Contains(line, "://") {
				assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimRight(line, "\n")), 60, line)
			}
		}
	}
}
