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

// Each sort of destination that is a file is on a disk that is full. Where that can be seen,
// nothing is issued. Where the disk fills up later, the file stays as it is, the secret and
// the old credential are kept, and the same command ends the rotation once there is room.
func TestF11EachDestinationOnAFullDisk(t *testing.T) {
	t.Parallel()
	const fill = "cat /dev/zero >disk/filler; true"
	eachKind(t, func(t *testing.T, o destinationKind) {
		ready := func(t *testing.T) (*scene, *placed) {
			t.Helper()
			s, p := o.in(t, sandbox.Options{})
			if p.file == "" {
				t.Skip("it is not a file")
			}
			moved := filepath.Join(small(t, false), filepath.Base(p.file))
			text, err := os.ReadFile(p.file)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(moved, text, 0o600))
			require.NoError(t, os.Remove(p.file))
			require.NoError(t, os.Symlink(moved, p.file))
			require.NoError(t, os.Symlink(filepath.Dir(moved), filepath.Join(s.dir, "disk")))
			return s, p
		}
		filling := func(t *testing.T, s *scene, command string) outcome {
			t.Helper()
			got := s.run(s.rotate(o.flags("--verify", s.breaking(command), "-o", "json")...)...)
			s.silent(got)
			return got
		}
		ends := func(t *testing.T, s *scene, p *placed, others string) {
			t.Helper()
			require.NoError(t, os.Remove(filepath.Join(s.dir, "disk", "filler")))
			got := s.run(s.rotate(o.flags()...)...)
			require.Zero(t, got.status, got.stderr)
			_, secret := p.get()
			assert.Equal(t, s.made(s.subjects[0].vendor)[0].Secret, secret)
			assert.Equal(t, others, p.others())
			assert.Equal(t, 1, s.count(s.subjects[0].vendor, "create"))
			s.ended()
		}
		t.Run("before", func(t *testing.T) {
			s, p := ready(t)
			require.NoError(t, exec.Command("sh", "-c", "cd "+s.dir+" && "+fill).Run())
			was, others := content(t, p.file), p.others()
			got := s.run(s.rotate(o.flags("-o", "json")...)...)
			assert.Equal(t, 1, failed(t, got).Exit, got.stderr)
			assert.Contains(t, got.stderr, "no space left on device")
			assert.Empty(t, s.changing(s.subjects[0].vendor))
			assert.Equal(t, was, content(t, p.file))
			ends(t, s, p, others)
		})
		t.Run("after", func(t *testing.T) {
			s, p := ready(t)
			reserved := s.subjects[0].inPlace
			was, others := content(t, p.file), p.others()
			got := filling(t, s, fill)
			if reserved {
				require.Zero(t, got.status, got.stderr)
				assert.Equal(t, others, p.others())
				s.ended()
				return
			}
			e := failed(t, got)
			assert.Equal(t, 8, e.Exit, got.stderr)
			assert.Contains(t, e.Message, "no space left on device")
			assert.NotEmpty(t, e.Hint)
			assert.Equal(t, was, content(t, p.file))
			left, err := filepath.Glob(filepath.Join(s.dir, "disk", ".*"))
			require.NoError(t, err)
			assert.Empty(t, left)
			s.kept()
			s.invariant("a full disk")
			ends(t, s, p, others)
		})
		t.Run("after, without the space that was reserved", func(t *testing.T) {
			s, p := ready(t)
			if !s.subjects[0].inPlace {
				t.Skip("nothing is reserved for what is replaced")
			}
			path := "disk/" + filepath.Base(p.file)
			got := filling(t, s, "umask 077; >empty && mv empty "+path+" && "+fill)
			e := failed(t, got)
			assert.Equal(t, 8, e.Exit, got.stderr)
			assert.Contains(t, e.Message, "no space left on device")
			assert.Empty(t, content(t, p.file))
			assert.True(t, s.credential(s.subjects[0].vendor, s.subjects[0].id).Live)
			ends(t, s, p, p.others())
		})
	})
}

// What an abort, or a resume, is to write is known: its dry run finds that there is room for it
// on a full disk where the run does, and none where the run finds none.
func TestAPlanOnAFullDiskSaysWhatTheRunDoes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spec string
		fits bool
	}{"in place": {"?inplace=1", true}, "replaced": {"", false}} {
		for _, verb := range []string{"abort", "resume"} {
			t.Run(verb+", "+name, func(t *testing.T) {
				t.Parallel()
				s := newScene(t, sandbox.Options{}, subject{vendor: "stratum", id: stratumCI, places: []string{"file:%s/key" + c.spec}})
				dir, given := small(t, false), filepath.Join(s.dir, "key")
				path := filepath.Join(dir, "key")
				require.NoError(t, os.WriteFile(path, []byte(content(t, given)), 0o600))
				require.NoError(t, os.Remove(given))
				require.NoError(t, os.Symlink(path, given))
				more := []string{"--overlap", "--not-self", stratumCI, "--accept-drift", "--grace", "1h"}
				if verb == "resume" {
					more = append(more, "--verify", "exec:test -e "+s.dir+"/ready", "--verify-timeout", "1s")
				}
				got := s.run(s.rotate(more...)...)
				require.Equal(t, map[string]int{"abort": 0, "resume": 75}[verb], got.status, got.stderr)
				before := content(t, path)
				_ = os.WriteFile(filepath.Join(dir, "filler"), make([]byte, 1<<20), 0o600) // as much as there is room for
				require.NoError(t, os.WriteFile(filepath.Join(s.dir, "ready"), nil, 0o600))
				plan := s.run("rotation", verb, stratumCI, "--dry-run")
				got = s.run(append([]string{"rotation", verb, stratumCI}, map[string][]string{"abort": {"--yes"}}[verb]...)...)
				if c.fits {
					assert.Zero(t, plan.status, plan.stdout+plan.stderr)
					assert.NotContains(t, plan.stdout, "[fail]")
					require.Zero(t, got.status, got.stderr)
					assert.NotEqual(t, before, content(t, path))
					return
				}
				assert.NotZero(t, plan.status)
				assert.Contains(t, plan.stdout, "[fail]")
				assert.NotZero(t, got.status)
				assert.Equal(t, before, content(t, path))
			})
		}
	}
}

// content returns what a file holds.
func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(b)
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
			assert.Contains(t, got.stderr, "run: chattr -i -a "+trail)
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
