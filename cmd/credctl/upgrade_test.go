package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// stateOf returns the environment of a run with a copy of a state folder, and the copy.
func stateOf(t *testing.T, env []string, from string) (with []string, dir string) {
	t.Helper()
	home := t.TempDir()
	dir = filepath.Join(home, "credctl")
	require.NoError(t, os.CopyFS(dir, os.DirFS(from)))
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			return os.Chmod(path, 0o700)
		} else if err == nil {
			return os.Chmod(path, 0o600)
		}
		return err
	}))
	return append(env, "XDG_STATE_HOME="+home), dir
}

// textsOf returns the content of all files below dir but locks.
func textsOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if filepath.Base(filepath.Dir(path)) != "locks" {
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			texts[path] = string(b)
		}
		return nil
	}))
	return texts
}

// TestEveryOlderStateIsRead reads the folder that each version left. What only reads
// leaves it as it is, so that the older version can still read it; what writes continues
// with what the folder says.
func TestEveryOlderStateIsRead(t *testing.T) {
	t.Parallel()
	_, sandboxed := inSandbox(t, sandbox.Options{})
	folders, err := filepath.Glob(filepath.Join("..", "..", "internal", "journal", "testdata", "state*"))
	require.NoError(t, err)
	require.Len(t, folders, 2, "a folder for each version")
	for _, from := range folders {
		env, dir := stateOf(t, sandboxed, from)
		before := textsOf(t, dir)
		delete(before, filepath.Join(dir, "identity", "recipient"))
		for _, args := range [][]string{{"version"}, {"katapult", "list"}, {"rotation", "list", "--all"}, {"status"}} {
			o := credctl(t, env, "", args...)
			require.Contains(t, []int{0, 8, 11}, o.status, "%s %s: %s", from, args, o.stderr)
		}
		after := textsOf(t, dir)
		delete(after, filepath.Join(dir, "identity", "recipient")) // which version 1 does not have, and does not look for
		assert.True(t, maps.Equal(before, after), "%s: nothing was written", from)

		var rotations []struct{ ID, Operation, State string }
		listed := credctl(t, env, "", "rotation", "list", "--all", "-o", "json")
		require.NoError(t, json.Unmarshal([]byte(listed.stdout), &rotations), listed.stderr)
		assert.Len(t, rotations, 3, from)

		o := credctl(t, env, "", "stratum", "create", "--name", "more", "-o", "json")
		require.Zero(t, o.status, o.stderr)
		listed = credctl(t, env, "", "rotation", "list", "--all", "-o", "json")
		require.NoError(t, json.Unmarshal([]byte(listed.stdout), &rotations), listed.stderr)
		assert.GreaterOrEqual(t, len(rotations), 3, from)
		version, err := os.ReadFile(filepath.Join(dir, "version"))
		require.NoError(t, err)
		assert.Equal(t, "2\n", string(version), "%s: now it is of the version that wrote", from)
	}
}

// TestEveryOlderConfigurationIsRead reads a file with all that each version could say.
func TestEveryOlderConfigurationIsRead(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "versions", "config*.yaml"))
	require.NoError(t, err)
	require.Len(t, files, 1, "a file for each version")
	for _, from := range files {
		text, err := os.ReadFile(from)
		require.NoError(t, err)
		for name, text := range map[string][]byte{from: text, from + " without its version": bytes.Replace(text, []byte("version: 1\n"), nil, 1)} {
			env, path := configured(t, string(text))
			o := credctl(t, env, "", "config", "view", "-o", "csv", "--columns", "setting,value")
			require.Zero(t, o.status, "%s: %s", name, o.stderr)
			for _, want := range []string{"profile,work", "org,acme", "tenant,6f9619ff", "application,66a0c0de5eed000000000001"} {
				assert.Contains(t, o.stdout, want, name)
			}
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, string(text), string(after), name)
		}
	}
}

// configured returns the environment of a run with this configuration.
func configured(t *testing.T, text string) (env []string, path string) {
	t.Helper()
	dir := t.TempDir()
	path = filepath.Join(dir, "credctl", "config.yaml")
	require.NoError(t, os.Mkdir(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return append(privateVariables(t), "XDG_CONFIG_HOME="+dir), path
}

// TestANewerFileIsRefused: an older credctl sends nothing and changes nothing.
func TestANewerFileIsRefused(t *testing.T) {
	t.Parallel()
	s, sandboxed := inSandbox(t, sandbox.Options{})
	newerState, dir := stateOf(t, sandboxed, filepath.Join("..", "..", "internal", "journal", "testdata", "state2"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "version"), []byte("3\n"), 0o600))
	newerConfig, path := configured(t, "later: {}\nversion: 2\n")
	before := textsOf(t, dir)
	for _, args := range [][]string{
		{"katapult", "rotate", katapultWeb, "--to", "file:" + filepath.Join(t.TempDir(), "key")},
		{"katapult", "create", "--name", "x", "--to", "dotenv:" + filepath.Join(t.TempDir(), "env")},
		{"rotation", "list"},
	} {
		o := credctl(t, newerState, "", args...)
		assert.Equal(t, 2, o.status, "%s: %s", args, o.stderr)
		assert.Contains(t, o.stderr, "was written by a newer credctl (version 3; this one reads up to 2)")
		assert.Contains(t, o.stderr, "hint: install the newest credctl")
	}
	assert.True(t, maps.Equal(before, textsOf(t, dir)))
	for _, args := range [][]string{{"katapult", "list"}, {"config", "view"}, {"config", "set", "katapult.org", "acme"}, {"rotation", "list"}} {
		o := credctl(t, append(sandboxed, newerConfig...), "", args...)
		assert.Equal(t, 2, o.status, "%s: %s", args, o.stderr)
		assert.Contains(t, o.stderr, path+":2:10: the file is for a newer credctl (version 2; this one reads up to 1)", args)
	}
	o := credctl(t, append(sandboxed, "CREDCTL_CONFIG="+filepath.Join(dir, "version")), "", "config", "view")
	assert.Equal(t, 2, o.status)
	for text, why := range map[string]string{"version: 0": "must be a number from 1", "version: one": "must be a number from 1", "version: {}": "must be a number from 1"} {
		env, _ := configured(t, text)
		o := credctl(t, env, "", "config", "view")
		assert.Equal(t, 2, o.status, text)
		assert.Contains(t, o.stderr, why, text)
	}
	assert.Empty(t, s.Requests(""), "nothing was sent")
}
