package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// goBlocks returns the Go code of CONTRIBUTING.md.
func goBlocks(t *testing.T) (code []string) {
	page, err := os.ReadFile(filepath.Join("..", "..", "CONTRIBUTING.md"))
	require.NoError(t, err)
	for _, after := range strings.Split(string(page), "```go\n")[1:] {
		block, _, closed := strings.Cut(after, "```\n")
		require.True(t, closed)
		code = append(code, block)
	}
	return code
}

// TestContributing demands that the examples of CONTRIBUTING.md are the files that
// [TestAddingAVendor] and [TestAddingADestination] compile and run.
func TestContributing(t *testing.T) {
	blocks := goBlocks(t)
	require.Len(t, blocks, 4)
	for i, path := range []string{"testdata/acme/acme.go", "testdata/acmekv/acmekv.go"} {
		text, err := os.ReadFile(filepath.FromSlash(path))
		require.NoError(t, err)
		assert.Equal(t, string(text), blocks[i], path)
		assert.LessOrEqual(t, strings.Count(blocks[i], "\n"), 150, path)
	}
}

// overlaid builds the program as it is with these files of the tree, by their paths in it.
func overlaid(t *testing.T, files map[string]string, flags ...string) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "credctl")
	require.NoError(t, compile(program, nil, append(flags, "-overlay", overlay(t, files))...))
	return program
}

// overlay returns the file that tells Go to use these files of the tree, by their paths in it.
func overlay(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	overlay := map[string]string{}
	for path, text := range files {
		copied := filepath.Join(dir, strings.ReplaceAll(path, "/", "-"))
		require.NoError(t, os.WriteFile(copied, []byte(text), 0o600))
		overlay[filepath.Join(root, filepath.FromSlash(path))] = copied
	}
	text, err := json.Marshal(map[string]any{"Replace": overlay})
	require.NoError(t, err)
	path := filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// withLine returns a file of the tree with a line before the one that begins with before.
func withLine(t *testing.T, path, line, before string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(path)))
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(text), "\n"+before), "%s: %s", path, before)
	return strings.Replace(string(text), "\n"+before, "\n"+line+"\n"+before, 1)
}

// TestAddingAFormat builds the program with the row and the file of CONTRIBUTING.md.
func TestAddingAFormat(t *testing.T) {
	row, writer := goBlocks(t)[2], goBlocks(t)[3]
	const formats = "internal/output/formats.go"
	program := overlaid(t, map[string]string{
		formats:                        withLine(t, formats, strings.TrimSuffix(row, "\n"), "\t\t{name: \"aws\","),
		"internal/output/terraform.go": writer,
	})

	run := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Env = append(privateVariables(t), "PATH="+os.Getenv("PATH"))
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		require.NoError(t, err, stderr.String())
		return string(out)
	}
	assert.Contains(t, run("__complete", "katapult", "create", "-o", ""), "tfvars\tTerraform variables")
	assert.Regexp(t, `^STRATUM_API_KEY = "sk_[\w-]+"\n$`,
		run("sandbox", "--", program, "stratum", "create", "--name", "ci", "-o", "tfvars"))
}
