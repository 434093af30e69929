package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheMakefileNamesTests: a test that is renamed would no longer run with the race
// detector.
func TestTheMakefileNamesTests(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join("..", "..", "Makefile"))
	require.NoError(t, err)
	_, list, found := strings.Cut(string(makefile), "\nCONCURRENT := ")
	require.True(t, found)
	list, _, _ = strings.Cut(strings.ReplaceAll(list, "\\\n", " "), "\n")
	files, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		all.Write(text)
	}
	names := strings.Fields(list)
	require.Greater(t, len(names), 20)
	for _, name := range names {
		assert.Contains(t, all.String(), "\nfunc Test"+name+"(", "the Makefile names it")
	}
}
