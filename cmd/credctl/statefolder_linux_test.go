package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/credctl/credctl/internal/sandbox"
)

// A pod runs the program as a user without an entry in /etc/passwd, in a folder
// that it can enter.
type pod struct {
	*testing.T

	dir, binary string
	env         []string
}

const podUser = 10001

func newPod(t *testing.T, env []string) pod {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can run the program as another user")
	}
	dir, err := os.MkdirTemp("", "credctl-pod-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755))
	self, err := os.Executable()
	require.NoError(t, err)
	binary := filepath.Join(dir, "credctl")
	require.NoError(t, exec.CommandContext(t.Context(), "cp", self, binary).Run())
	require.NoError(t, os.Chmod(binary, 0o755))
	return pod{t, dir, binary, env}
}

// run runs the program as the user of the pod.
func (p pod) run(args ...string) outcome {
	p.Helper()
	x := execute(p.T, p.env, p.binary, args...)
	x.Dir = "/"
	x.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: podUser, Gid: podUser, Groups: []uint32{podUser}}}
	err := x.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited { //nolint:errorlint // as os/exec returns it
		require.NoError(p, err)
	}
	return outcome{x.stdout.String(), x.stderr.String(), x.ProcessState.ExitCode()}
}

// mount does to a volume what the kubelet does with fsGroup before each pod.
func (p pod) mount(volume string) {
	p.Helper()
	require.NoError(p, exec.CommandContext(p.Context(), "chgrp", "-R", "10001", volume).Run())
	require.NoError(p, exec.CommandContext(p.Context(), "chmod", "-R", "g+rwX", volume).Run())
	require.NoError(p, exec.CommandContext(p.Context(), "find", volume, "-type", "d", "-exec", "chmod", "g+s", "{}", "+").Run())
}

// configMap is a volume as the kubelet makes it of a ConfigMap: read-only, with
// symlinks.
func (p pod) configMap(name, text string) (dir string) {
	p.Helper()
	dir = filepath.Join(p.dir, "etc")
	require.NoError(p, os.Mkdir(dir, 0o755))
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=3777"); err != nil {
		p.Skipf("a volume cannot be mounted: %v", err)
	}
	p.Cleanup(func() { _ = unix.Unmount(dir, 0) })
	data := filepath.Join(dir, "..2026_11_22")
	require.NoError(p, os.Mkdir(data, 0o777))
	require.NoError(p, os.Chmod(data, 0o777|os.ModeSetgid))
	require.NoError(p, os.WriteFile(filepath.Join(data, name), []byte(text), 0o644))
	require.NoError(p, os.Symlink(filepath.Base(data), filepath.Join(dir, "..data")))
	require.NoError(p, os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)))
	require.NoError(p, unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	return dir
}

// TestTheCronJobOfTheDocs runs the CronJob of docs/rotation.md three times as the
// kubelet would mount its volumes.
func TestTheCronJobOfTheDocs(t *testing.T) {
	t.Parallel()
	s, env := inSandbox(t, sandbox.Options{ProvisionDelay: -1})
	docs, err := os.ReadFile("../../docs/rotation.md")
	require.NoError(t, err)
	for _, line := range []string{"runAsUser: 10001, runAsNonRoot: true, fsGroup: 10001", "{name: XDG_STATE_HOME, value: /state}", "mountPath: /etc/credctl, readOnly: true"} {
		require.Contains(t, string(docs), line, "this test is of that CronJob")
	}
	p := newPod(t, env)
	state, out := filepath.Join(p.dir, "state"), filepath.Join(p.dir, "out")
	for _, dir := range []string{state, out} {
		require.NoError(t, os.Mkdir(dir, 0o755))
		require.NoError(t, os.Chown(dir, 0, podUser))
		require.NoError(t, os.Chmod(dir, 0o770|os.ModeSetgid))
	}
	policy := filepath.Join(p.configMap("rotations.yaml", `
rotations:
  - {name: web, provider: katapult, id: `+katapultWeb+`, max_age: 30d, grace: 1s, verify: none, to: ["file:`+out+`/web"]}
`), "rotations.yaml")
	p.env = append(env, "XDG_STATE_HOME="+state, "XDG_CONFIG_HOME=/nonexistent", "HOME=/")

	got := p.run("rotate", "-f", policy)
	require.Equal(t, 0, got.status, got.stderr)
	assert.NotContains(t, got.stderr, "note: closed")
	assert.FileExists(t, filepath.Join(out, "web"))
	p.mount(state)
	p.mount(out)
	require.Eventually(t, func() bool {
		got = p.run("rotate", "-f", policy)
		require.Equal(t, 0, got.status, got.stderr)
		if strings.Contains(got.stderr, "note: closed") {
			assert.Equal(t, 1, strings.Count(got.stderr, "note: closed"), got.stderr)
			assert.Contains(t, got.stderr, "closed "+filepath.Join(state, "credctl"))
		}
		return sent(s, "katapult", "delete") > 0
	}, 20*time.Second, time.Second, "the old key is deleted")
	assert.Empty(t, exposed(t, filepath.Join(state, "credctl")))
	p.mount(state)
	got = p.run("rotate", "-f", policy)
	assert.Equal(t, 0, got.status, got.stderr)
}

// The volume itself is judged as any folder on a path: in one that others can
// write nothing is begun.
func TestAVolumeThatOthersCanWrite(t *testing.T) {
	t.Parallel()
	s, env := inSandbox(t, sandbox.Options{ProvisionDelay: -1})
	p := newPod(t, env)
	state := filepath.Join(p.dir, "state")
	require.NoError(t, os.Mkdir(state, 0o755))
	require.NoError(t, os.Chmod(state, 0o777))
	p.env = append(env, "XDG_STATE_HOME="+state, "XDG_CONFIG_HOME=/nonexistent", "HOME=/")
	got := p.run("katapult", "rotate", katapultWeb, "--to", "exec:cat >/dev/null", "--verify", "none")
	assert.Equal(t, 5, got.status, got.stderr)
	assert.Contains(t, got.stderr, "other users can replace files in "+state)
	assert.Zero(t, sent(s, "katapult", "create"))
}

// A user without an entry in /etc/passwd has the HOME of another user, or none: the error
// says what to set, before anything is requested.
func TestAUserWithoutAHome(t *testing.T) {
	t.Parallel()
	s, env := inSandbox(t, sandbox.Options{})
	p := newPod(t, env)
	private := filepath.Join(p.dir, "root")
	require.NoError(t, os.Mkdir(private, 0o700))
	for home, says := range map[string]string{
		private:        "set HOME to your own home folder, or XDG_CONFIG_HOME and XDG_STATE_HOME to folders of yours",
		"/":            "set HOME to your own home folder, or XDG_STATE_HOME to a folder that you own",
		"/nonexistent": "set XDG_STATE_HOME to a folder that you own, such as a volume, or HOME to your home folder",
		"/dev/null":    "set HOME to the absolute path of your home folder; or set XDG_STATE_HOME",
		"":             "set HOME to the absolute path of your home folder; or set XDG_STATE_HOME",
	} {
		p.env = append(env, "HOME="+home, "XDG_STATE_HOME=", "XDG_CONFIG_HOME=")
		got := p.run("katapult", "rotate", katapultWeb, "--to", "exec:cat >/dev/null")
		assert.Equal(t, 2, got.status, "HOME=%s: %s", home, got.stderr)
		assert.Contains(t, got.stderr, "hint: "+says, "HOME=%s", home)
	}
	assert.Empty(t, s.Requests("katapult"), "nothing is sent")
}

// changeableByOthers calls try for a file, and for what others can do with it.
func changeableByOthers(t *testing.T, path string, try func(t *testing.T, refused bool)) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can make files of other users")
	}
	for name, c := range map[string]struct {
		owner      int
		file, dirs os.FileMode
		refused    bool
	}{
		"another user's, writable by all": {4321, 0o666, 0o755, true},
		"another user's":                  {4321, 0o600, 0o755, true},
		"writable by all":                 {0, 0o646, 0o755, true},
		"in a folder for all":             {0, 0o644, 0o777, true},
		"ours":                            {0, 0o600, 0o755, false},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.Chown(path, c.owner, c.owner))
			require.NoError(t, os.Chmod(path, c.file))
			require.NoError(t, os.Chmod(filepath.Dir(path), c.dirs))
			try(t, c.refused)
		})
	}
}

// TestWhoCanNameACommand has the policy, or its folder, be what others can change.
func TestWhoCanNameACommand(t *testing.T) {
	t.Parallel()
	s, env := inSandbox(t, sandbox.Options{})
	dir := t.TempDir()
	ran := filepath.Join(dir, "ran")
	policy := filepath.Join(dir, "policies", "rotations.yaml")
	text := `rotations: [{name: web, provider: katapult, id: ` + katapultWeb + `, max_age: 30d, to: ["exec:touch ` + ran + `"]}]`
	require.NoError(t, os.MkdirAll(filepath.Dir(policy), 0o755))
	require.NoError(t, os.WriteFile(policy, []byte(text), 0o600))
	changeableByOthers(t, policy, func(t *testing.T, refused bool) {
		for _, args := range [][]string{{"rotate", "-f", policy, "--check"}, {"rotate", "-f", policy, "--dry-run"}, {"audit", "--policy", policy, "-q"}} {
			got := credctl(t, env, "", args...)
			if refused {
				assert.Equal(t, 5, got.status, got.stderr)
				assert.Contains(t, got.stderr, policy)
			} else {
				assert.Equal(t, 0, got.status, got.stderr)
			}
		}
		assert.NoFileExists(t, ran)
		assert.Zero(t, sent(s, "katapult", "create"))
	})
}

// TestWhoCanChangeATokenOrAnInventory has a file with a token, and the inventory, be
// what others can change.
func TestWhoCanChangeATokenOrAnInventory(t *testing.T) {
	t.Parallel()
	s, env := inSandbox(t, sandbox.Options{})
	dir := filepath.Join(t.TempDir(), "dir")
	require.NoError(t, os.Mkdir(dir, 0o755))
	for name, c := range map[string]struct {
		text string
		args []string
	}{
		"token":     {sandbox.KatapultToken, []string{"katapult", "list", "--token-file"}},
		"inventory": {"credentials: []\n", []string{"audit", "-q", "--inventory"}},
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(c.text), 0o600))
		changeableByOthers(t, path, func(t *testing.T, refused bool) {
			before := len(s.Requests("katapult"))
			got := credctl(t, env, "", append(c.args, path)...)
			if refused {
				assert.Equal(t, 5, got.status, got.stderr)
				assert.Contains(t, got.stderr, path)
				assert.Len(t, s.Requests("katapult"), before, "nothing is sent")
			} else {
				assert.Equal(t, 0, got.status, got.stderr)
			}
		})
	}
	require.NoError(t, os.Chmod(dir, 0o777))
	got := credctl(t, env, "", "katapult", "list", "--token-file", filepath.Join(dir, "CANARY"))
	assert.Equal(t, 2, got.status, got.stderr)
	assert.NotContains(t, got.stderr, "CANARY", "a token in place of a path")
}

// Root with the HOME of a user, as some sudo keep it, is told how to run credctl: no
// configuration of the user is looked for where there is none.
func TestRootInTheHomeOfAUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can make files of other users")
	}
	s, env := inSandbox(t, sandbox.Options{})
	home := t.TempDir()
	require.NoError(t, os.Chown(home, 4321, 4321))
	env = append(env, "HOME="+home, "XDG_CONFIG_HOME=", "XDG_STATE_HOME=")
	for _, args := range [][]string{{"stratum", "create", "--name", "x", "-o", "json"}, {"config", "init"}, {"profile", "create", "x"}, {"config", "set", "katapult.org", "acme"}} {
		got := credctl(t, env, "", args...)
		assert.Equal(t, 2, got.status, got.stderr)
		assert.Contains(t, got.stderr, "sudo -H credctl", args)
	}
	assert.Zero(t, sent(s, "stratum", "create"))
	assert.NoDirExists(t, filepath.Join(home, ".config"))
	assert.NoDirExists(t, filepath.Join(home, ".local"))
	got := credctl(t, env, "", "stratum", "list", "--columns", "id")
	assert.Equal(t, 0, got.status, got.stderr)
}
