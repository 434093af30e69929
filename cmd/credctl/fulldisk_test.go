//go:build linux

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

// small mounts a file system of 64 KB, and fills it.
func small(t *testing.T, full bool) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k,mode=0700"); err != nil {
		t.Skipf("cannot mount a small file system: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	if full {
		_ = os.WriteFile(filepath.Join(dir, "filler"), make([]byte, 1<<20), 0o600) // as much as there is room for
	}
	return dir
}

// Where there is no room for a new secret, it is not requested.
func TestAFullDiskIssuesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		state bool // the state is there
		args  string
	}{
		"the state, to rotate":        {true, "rotate " + katapultWeb + " --to file:key"},
		"a destination, to rotate":    {false, "rotate " + katapultWeb + " --to aws:web@$FULL/credentials"},
		"no file may grow, to rotate": {false, "rotate " + katapultWeb + " --to 'exec:cat >&2'"},
		"the state, for in place":     {true, "generate " + katapultWeb + " --yes --secret-file key"},
		"a secret file, for in place": {false, "rotate " + katapultWeb + " --in-place --yes --to file:$FULL/key"},
		"the state, with a policy":    {true, "policy"},
		"no file may grow, by policy": {false, "policy"},
		"the state":                   {true, "create --name x -o json"},
		"a secret file":               {false, "create --name x --secret-file $FULL/key"},
		"a destination":               {false, "create --name x --to json:$FULL/key.json"},
		"standard output":             {false, "create --name x -o json >$FULL/out"},
		"the end of a file":           {false, "create --name x -o json >>$FULL/out"},
		"no file may grow":            {false, "create --name x -o json >out"},
		"both on one disk":            {true, "create --name x --secret-file $FULL/key"},
		"no file, for a file":         {false, "create --name x --secret-file key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, sandbox.Options{})
			path, err := failpoints()
			require.NoError(t, err)
			full := small(t, true)
			limit := ""
			if strings.HasPrefix(name, "no file") {
				limit = "ulimit -f 0; "
			}
			line := " katapult " + c.args
			if c.args == "policy" {
				text := "rotations: [{name: web, provider: katapult, id: " + katapultWeb + ", max_age: 1d, to: ['file:" + s.dir + "/key']}]"
				require.NoError(t, os.WriteFile(filepath.Join(s.dir, "policy.yaml"), []byte(text), 0o600))
				line = " rotate -f policy.yaml"
			}
			cmd := exec.Command("sh", "-c", limit+"exec "+path+line)
			cmd.Env, cmd.Dir = append(s.env, "FULL="+full), s.dir
			if c.state {
				cmd.Env = append(cmd.Env, "XDG_STATE_HOME="+full)
			}
			out, err := cmd.CombinedOutput()
			require.Error(t, err)
			assert.Equal(t, 1, cmd.ProcessState.ExitCode(), "%s", out)
			assert.Empty(t, s.changing("katapult"), "%s", out)
			assert.Regexp(t, "no space left|file too large", string(out))
		})
	}
}

// A target that cannot be replaced, and an audit trail that cannot be added to, are
// found before anything is issued.
func TestWhatCannotBeChangedIsFoundBefore(t *testing.T) {
	t.Parallel()
	immutable := func(t *testing.T, path string) {
		t.Helper()
		if err := exec.Command("chattr", "+i", path).Run(); err != nil {
			t.Skipf("cannot make a file immutable: %v", err)
		}
		t.Cleanup(func() { _ = exec.Command("chattr", "-i", path).Run() })
	}
	for _, verb := range []string{"create", "rotate"} {
		t.Run(verb, func(t *testing.T) {
			s := newScene(t, sandbox.Options{})
			args := []string{"katapult", verb, "--to", "file:" + filepath.Join(s.dir, "key")}
			if verb == "create" {
				args = append(args, "--name", "x")
			} else {
				args = append(args, katapultBackup)
			}
			require.NoError(t, os.MkdirAll(s.state(), 0o700))
			trail := filepath.Join(s.state(), "audit.jsonl")
			require.NoError(t, os.WriteFile(trail, nil, 0o600))
			immutable(t, trail)
			got := s.run(args...)
			assert.NotEqual(t, 0, got.status)
			assert.Contains(t, got.stderr, "audit")
			assert.Zero(t, s.count("katapult", "create"))
			require.NoError(t, exec.Command("chattr", "-i", trail).Run())

			require.NoError(t, os.WriteFile(filepath.Join(s.dir, "key"), nil, 0o600))
			immutable(t, filepath.Join(s.dir, "key"))
			got = s.run(args...)
			assert.Equal(t, 5, got.status, got.stderr)
			assert.Zero(t, s.count("katapult", "create"))
		})
	}
}
