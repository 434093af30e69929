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

// TestAddingAFormat builds the program with the row and the file of CONTRIBUTING.md.
func TestAddingAFormat(t *testing.T) {
	row, writer := goBlocks(t)[2], goBlocks(t)[3]
	dir := t.TempDir()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	formats := filepath.Join(root, "internal", "output", "formats.go")
	table, err := os.ReadFile(formats)
	require.NoError(t, err)
	const before = "\t\t{name: \"aws\","
	require.Equal(t, 1, strings.Count(string(table), before))
	overlay := map[string]string{}
	for path, text := range map[string]string{
		formats: strings.Replace(string(table), before, row+before, 1),
		filepath.Join(root, "internal", "output", "terraform.go"): writer,
	} {
		copied := filepath.Join(dir, filepath.Base(path))
		require.NoError(t, os.WriteFile(copied, []byte(text), 0o600))
		overlay[path] = copied
	}
	text, err := json.Marshal(map[string]any{"Replace": overlay})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "overlay.json"), text, 0o600))
	program := filepath.Join(dir, "credctl")
	built, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", program, ".").CombinedOutput()
	require.NoError(t, err, string(built))

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
