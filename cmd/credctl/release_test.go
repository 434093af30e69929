package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// TestAReleaseIsBuiltAsMakeBuilds: what is tried with `make build` is what is released.
func TestAReleaseIsBuiltAsMakeBuilds(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("install make to compare")
	}
	text, err := os.ReadFile(filepath.Join("..", "..", ".goreleaser.yaml"))
	require.NoError(t, err)
	var file struct {
		Builds []struct {
			Env, Flags, Tags, LDFlags, GCFlags []string
			Goos, Goarch                       []string
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	require.Len(t, file.Builds, 1)
	b := file.Builds[0]
	assert.Equal(t, []string{"linux", "darwin", "windows", "freebsd"}, b.Goos)
	assert.Equal(t, []string{"amd64", "arm64"}, b.Goarch)

	made, err := exec.CommandContext(t.Context(), "make", "-n", "-C", filepath.Join("..", ".."), "build").Output()
	require.NoError(t, err)
	command := string(made)
	var flags []string
	for word := range strings.FieldsSeq(command) {
		if flag, ok := strings.CutPrefix(word, "-gcflags="); ok {
			flags = append(flags, flag)
		}
	}
	assert.Equal(t, flags, b.GCFlags)
	assert.Contains(t, command, strings.Join(b.Env, " ")+" go build "+strings.Join(b.Flags, " ")+" -tags "+strings.Join(b.Tags, ","))
	assert.Contains(t, command, `-ldflags "`+strings.Join(b.LDFlags, " ")+`"`)
}

// TestActionsArePinned: a tag of an action may be moved by whoever owns it, to a commit
// that reads the tokens of a release.
func TestActionsArePinned(t *testing.T) {
	t.Parallel()
	workflows, err := filepath.Glob(filepath.Join("..", "..", ".github", "workflows", "*.yml"))
	require.NoError(t, err)
	require.Len(t, workflows, 2)
	pinned := regexp.MustCompile(`^uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	for _, path := range workflows {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, yaml.Unmarshal(text, new(map[string]any)), path)
		uses := 0
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimPrefix(strings.TrimSpace(line), "- "); strings.HasPrefix(line, "uses:") {
				uses++
				assert.Regexp(t, pinned, line, path)
			}
		}
		assert.GreaterOrEqual(t, uses, 4, path)
	}
}

// TestEveryModuleIsKeptCurrent demands that updates are looked for in each module of the tree.
func TestEveryModuleIsKeptCurrent(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, ".github", "dependabot.yml"))
	require.NoError(t, err)
	var file struct {
		Updates []struct {
			Ecosystem   string `yaml:"package-ecosystem"`
			Directories []string
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	modules, err := filepath.Glob(filepath.Join(root, ".ci", "*", "go.mod"))
	require.NoError(t, err)
	folders := []string{"/"}
	for _, path := range modules {
		folders = append(folders, "/.ci/"+filepath.Base(filepath.Dir(path)))
	}
	require.Equal(t, "gomod", file.Updates[0].Ecosystem)
	assert.ElementsMatch(t, folders, file.Updates[0].Directories)
}
