package main

import (
	"os"
	"os/exec"
	"path/filepath"
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
