package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// A system runs a build of the program for another system.
type system struct {
	*testing.T
	platform string
	run      []string                 // what runs programs of the system
	program  string                   // the build
	path     func(path string) string // of a file of this system, as the other one calls it
	env      []string
}

// quick has programs for other systems compiled in half the time.
const quick = "-gcflags=all=-N -l -dwarf=false"

// buildFor builds the program for platform.
func buildFor(t *testing.T, platform, name string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), name)
	goos, goarch, _ := strings.Cut(platform, "/")
	require.NoError(t, compile(program, []string{"GOOS=" + goos, "GOARCH=" + goarch}, quick))
	return program
}

// TestWindowsUnderWine runs the program for Windows.
func TestWindowsUnderWine(t *testing.T) {
	t.Parallel()
	smoke(system{
		T: t, platform: "windows/amd64", run: []string{wine(t)}, program: buildFor(t, "windows/amd64", "credctl.exe"),
		path: func(path string) string { return "Z:" + strings.ReplaceAll(path, "/", `\`) },
	})
}

// wine returns what runs programs of Windows.
func wine(t *testing.T) string {
	t.Helper()
	run, err := filepath.Abs(filepath.Join("..", "..", "bin", "wine", "run"))
	require.NoError(t, err)
	if _, err := os.Stat(run); err != nil {
		t.Skip("install Wine and run `make bin/wine` to run programs for Windows")
	}
	return run
}

// TestARM64UnderQEMU runs the program for another processor.
func TestARM64UnderQEMU(t *testing.T) {
	t.Parallel()
	qemu, err := exec.LookPath("qemu-aarch64-static")
	if err != nil {
		t.Skip("install qemu-user-static to run programs for arm64")
	}
	smoke(system{
		T: t, platform: "linux/arm64", run: []string{qemu}, program: buildFor(t, "linux/arm64", "credctl-arm64"),
		path: func(path string) string { return path },
	})
}

// command returns a command of the program.
func (s *system) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(s.Context(), s.run[0], append(append(s.run[1:], s.program), args...)...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, s.env...)
	return cmd
}

// folder returns a folder for files of the other system, which Wine does not find below
// /dev: t.TempDir may be there.
func (s *system) folder() string {
	s.Helper()
	parent, err := filepath.Abs(filepath.Join("..", "..", "bin"))
	require.NoError(s, err)
	require.NoError(s, os.MkdirAll(parent, 0o750))
	dir, err := os.MkdirTemp(parent, "system-")
	require.NoError(s, err)
	s.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// exits runs the program, which must end with this status.
func (s *system) exits(status int, args ...string) outcome {
	s.Helper()
	cmd := s.command(args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exited := (*exec.ExitError)(nil); !errors.As(err, &exited) {
		require.NoError(s, err)
	}
	o := outcome{strings.ReplaceAll(stdout.String(), "\r\n", "\n"), stderr.String(), cmd.ProcessState.ExitCode()}
	require.Equal(s, status, o.status, "%s: %s%s", args, o.stdout, o.stderr)
	return o
}

// smoke runs what depends on the system: processes, files, locks, signals.
func smoke(s system) {
	dir := s.folder()
	s.env = []string{
		"XDG_STATE_HOME=" + s.path(filepath.Join(dir, "state")), "XDG_CONFIG_HOME=" + s.path(filepath.Join(dir, "config")), "CREDCTL_KEYRING=off",
	}
	assert.Contains(s, s.exits(0, "version").stdout, s.platform)
	assert.Contains(s, s.exits(0, "katapult", "rotate", "--help").stdout, "--grace")
	s.interruptASandbox()

	server, err := sandbox.Start(sandbox.Options{ProvisionDelay: -1})
	require.NoError(s, err)
	s.Cleanup(func() { _ = server.Close() })
	s.env = append(s.env, server.Env()...)
	assert.Contains(s, s.exits(0, "katapult", "list", "-o", "name").stdout, katapultWeb)

	target := filepath.Join(dir, "ci.env")
	var made struct{ ID string }
	require.NoError(s, json.Unmarshal([]byte(s.exits(0, "katapult", "create", "--name", "ci", "--wait", "--to", "dotenv:"+s.path(target), "-o", "json").stdout), &made))
	first, err := os.ReadFile(target)
	require.NoError(s, err)
	assert.Contains(s, string(first), "AWS_SECRET_ACCESS_KEY=")

	var rotated struct {
		ID    string
		OldID string `json:"old_id"`
		State string
	}
	require.NoError(s, json.Unmarshal([]byte(s.exits(0, "katapult", "rotate", made.ID, "--grace", "0", "--to", "dotenv:"+s.path(target), "-o", "json").stdout), &rotated))
	assert.Equal(s, made.ID, rotated.OldID)
	assert.Equal(s, "done", rotated.State)
	second, err := os.ReadFile(target)
	require.NoError(s, err)
	assert.NotEqual(s, string(first), string(second))
	names, err := filepath.Glob(filepath.Join(dir, "*.env*"))
	require.NoError(s, err)
	assert.Equal(s, []string{target}, names, "it was replaced, and nothing is left of that")
	trail, err := os.ReadFile(filepath.Join(dir, "state", "credctl", "audit.jsonl"))
	require.NoError(s, err)
	assert.Contains(s, string(trail), rotated.ID)

	s.exits(0, "katapult", "delete", rotated.ID, "--yes", "--force")
	for _, c := range server.Credentials("katapult") {
		assert.False(s, c.Live && c.ID == rotated.ID)
	}
	s.lockAndInterrupt(dir)
}

// interruptASandbox starts the sandbox of the build itself, and ends it as Ctrl-C does.
func (s *system) interruptASandbox() {
	s.Helper()
	cmd := s.command("sandbox")
	out, err := cmd.StdoutPipe()
	require.NoError(s, err)
	require.NoError(s, cmd.Start())
	s.Cleanup(func() { _ = cmd.Process.Kill() })
	printed := make([]byte, 64<<10)
	for n := 0; !bytes.Contains(printed[:n], []byte("\n\n")); { // an empty line: it serves
		more, err := out.Read(printed[n:])
		require.NoError(s, err, "%s", printed[:n])
		n += more
	}
	require.NoError(s, cmd.Process.Signal(syscall.SIGINT))
	assert.NoError(s, cmd.Wait(), "an interrupt is how a sandbox ends")
}

// lockAndInterrupt has a run wait for a key that does not work yet. Another run finds
// its lock, until the first is interrupted.
func (s *system) lockAndInterrupt(dir string) {
	s.Helper()
	server, err := sandbox.Start(sandbox.Options{ProvisionDelay: -1, ActivationDelay: time.Hour})
	require.NoError(s, err)
	s.Cleanup(func() { _ = server.Close() })
	s.env = append(s.env, server.Env()...)
	rotate := []string{"katapult", "rotate", katapultWeb, "--to", "dotenv:" + s.path(filepath.Join(dir, "web.env"))}
	waiting := s.command(rotate...)
	var said bytes.Buffer
	waiting.Stderr = &said
	require.NoError(s, waiting.Start())
	s.Cleanup(func() { _ = waiting.Process.Kill() })
	require.Eventually(s, func() bool { // it was created, and is verified
		for _, r := range server.Requests("s3") {
			if r.Status == 403 {
				return true
			}
		}
		return false
	}, 2*time.Minute, 100*time.Millisecond, "the new key was not tried")
	assert.Contains(s, s.exits(75, rotate...).stderr, katapultWeb)
	require.NoError(s, waiting.Process.Signal(syscall.SIGINT))
	_ = waiting.Wait()
	assert.Equal(s, 130, waiting.ProcessState.ExitCode(), said.String())
	s.exits(0, "rotation", "abort", katapultWeb, "--yes") // it finds what the run left, and no lock
	_, err = os.Stat(filepath.Join(dir, "web.env"))
	assert.ErrorIs(s, err, fs.ErrNotExist)
}

// ofSystems returns the packages with files for Windows, or for all systems but Linux.
func ofSystems(t *testing.T) (packages []string) {
	t.Helper()
	root := filepath.Join("..", "..")
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && path == filepath.Join(root, "bin") { // it has copies of other programs' sources
			return filepath.SkipDir
		}
		name := strings.TrimSuffix(path, ".go")
		if dir := filepath.Dir(path); (strings.HasSuffix(name, "_windows") || strings.HasSuffix(name, "_other")) && !slices.Contains(packages, dir) {
			packages = append(packages, dir)
		}
		return err
	}))
	require.Greater(t, len(packages), 5)
	return packages
}

// goTest runs the tests of packages, as they are for another system.
func goTest(t *testing.T, packages []string, goos, run string, flags ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", slices.Concat([]string{"test", "-vet=off", quick, "-exec", run}, flags, packages)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos)
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

// leaveFiles are tests that leave files in t.TempDir, which Wine 8 cannot remove as Go does.
const leaveFiles = "TestPictures|TestAConnectionThatAPoolerLost|TestHowLongAConnectionMayTake|TestTheFileOfPasswords|TestVariablesThatCannotBeUnderstood|TestTheServerIsVerified|TestWhatIsWrongWithAURL|TestLibpqsOwnSettings|TestAServerThatStarts"

func TestPackagesUnderWine(t *testing.T) {
	t.Parallel()
	packages := ofSystems(t)
	out := goTest(t, packages, "windows", wine(t), "-skip", leaveFiles)
	assert.Equal(t, len(packages), strings.Count(out, "ok  \t"), "each has tests: %s", out)
}
