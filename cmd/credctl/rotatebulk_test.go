//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// seeded returns the IDs of the first n keys of Katapult that Count made.
func seeded(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("objkey_%016d", i+1)
	}
	return ids
}

// Each delivery waits for the others, so that none ends unless all are under way.
func TestSeveralAreRotatedAtOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{Count: 4})
	here := filepath.Join(s.dir, "here")
	require.NoError(t, os.Mkdir(here, 0o700))
	s.fault("katapult:create:422:3+1")
	meet := fmt.Sprintf("exec:touch %s/$$; for i in $(seq 100); do [ $(ls %[1]s | wc -l) -ge 3 ] && exit 0; sleep 0.1; done; exit 1", here)
	ids := seeded(4)
	got := s.run(append(append([]string{"katapult", "rotate"}, ids...), "--parallel", "3", "--to", meet, "-o", "jsonl")...)
	require.Equal(t, 8, got.status, got.stderr)
	assert.Contains(t, got.stderr, "1 of 4 could not be rotated")
	var lines []map[string]any
	for line := range strings.Lines(got.stdout) {
		var v map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &v), line)
		lines = append(lines, v)
	}
	require.Len(t, lines, 4)
	failed := 0
	for i, v := range lines {
		assert.Equal(t, ids[i], v["old_id"], "in the order in which they were named")
		if v["changed"] == false {
			failed++
			assert.Equal(t, "failed", v["reason"])
			assert.Contains(t, v["error"], "422")
		}
	}
	assert.Equal(t, 1, failed)
	assert.Len(t, s.made("katapult"), 3)
	assert.Equal(t, 2, s.run("katapult", "rotate", ids[0], "--parallel", "0", "--to", meet).status)
}

// The secrets of several are each on a line of their own, whole.
func TestSeveralSecretsAreShownALineEach(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{Count: 8})
	got := credctl(t, s.env, strings.Join(seeded(8), "\n"), "katapult", "rotate", "-", "--parallel", "8", "-o", "jsonl")
	require.Equal(t, 0, got.status, got.stderr)
	shown := map[string]string{}
	for line := range strings.Lines(got.stdout) {
		var v struct{ ID, Secret string }
		require.NoError(t, json.Unmarshal([]byte(line), &v), line)
		shown[v.ID] = v.Secret
	}
	require.Len(t, s.made("katapult"), 8)
	for _, c := range s.made("katapult") {
		assert.Equal(t, c.Secret, shown[c.ID])
	}
}

// A file takes the secret of one: the others would be lost, and their old keys deleted.
func TestSeveralSecretsDoNotGoToOneFile(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{Count: 2})
	got := s.run(slices.Concat([]string{"katapult", "rotate"}, seeded(2), []string{"--to", "file:key", "-o", "json"})...)
	assert.Equal(t, 2, failed(t, got).Exit)
	assert.Contains(t, got.stderr, "would overwrite each other at file:key")
	assert.Empty(t, s.Requests("katapult"))
}
