package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry/placetest"
	"github.com/credctl/credctl/internal/sandbox"
)

// built is the folder of what a test run builds, once it has built something.
var built string

// TestMain lets scripts run this test binary as credctl.
func TestMain(m *testing.M) {
	placetest.Program()
	testscript.Main(tidying{m}, map[string]func(){"credctl": scripted})
}

// tidying removes what was built for the tests.
type tidying struct{ m *testing.M }

func (t tidying) Run() int {
	var err error
	if built, err = os.MkdirTemp("", "credctl-test-"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(built)
	return t.m.Run()
}

// compile builds the program without cgo, as it is released.
func compile(program string, env []string, flags ...string) error {
	cmd := exec.Command("go", slices.Concat([]string{"build", "-o", program}, flags, []string{"."})...)
	cmd.Env = slices.Concat(os.Environ(), []string{"CGO_ENABLED=0"}, env)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// privateEnv keeps a test away from the files of whoever runs it, and its processes
// from what takes time and finds nothing: the collection of garbage, and the second
// that the race detector waits at the end.
func privateEnv(dir string) map[string]string {
	env := map[string]string{
		"GOGC":            "off",
		"GORACE":          "atexit_sleep_ms=0",
		"HOME":            filepath.Join(dir, "home"),
		"XDG_CONFIG_HOME": filepath.Join(dir, "config"),
		"XDG_STATE_HOME":  filepath.Join(dir, "state"),
		"CREDCTL_KEYRING": "off",
	}
	if counts, ok := os.LookupEnv("GOCOVERDIR"); ok { // set by go test -cover, which adds what is counted there
		env["GOCOVERDIR"] = counts
	}
	return env
}

// sandboxed names the vendors of the sandbox. Tests that expect something of each
// vendor name these: any other vendor has its own tests.
func sandboxed() []string { return []string{"medianova", "katapult", "losant", "stratum"} }

// The credentials of the sandbox that the tests of rotation are about.
const (
	katapultWeb     = "objkey_sbxWebAssets0002" // with a grant for a bucket
	katapultBackup  = "objkey_sbxBackup0000001"
	medianovaWeb    = "5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c1"
	stratumOperator = "3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f500"
	stratumCI       = "3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f501"
	stratumBackup   = "3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f504"
	losantArchive   = "66a0c0de5eed0000000000c1"
	losantHTTP      = "66a0c0de5eed0000000000c2"
	losantSnowflake = "66a0c0de5eed0000000000c4"
)

// noDestinations are those of a program that delivers to files and vendors alone.
func noDestinations() []deliver.Scheme { return nil }

// An outcome is what a run of the program left.
type outcome struct {
	stdout, stderr string
	status         int
}

// credctl runs the program in this process. What it needs of the environment is given.
func credctl(t *testing.T, env []string, stdin string, args ...string) outcome {
	t.Helper()
	return debugging(t.Context(), t, args, env, strings.NewReader(stdin))
}

// inSandbox starts a sandbox and returns it with the environment that leads to it.
func inSandbox(t *testing.T, o sandbox.Options) (*sandbox.Sandbox, []string) {
	t.Helper()
	s, err := sandbox.Start(o)
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.Empty(t, leaked(writtenDown(t), secretsOf(s)), "no secret is on standard error")
		_ = s.Close()
	})
	env := append(s.Env(), "PATH="+os.Getenv("PATH"))
	for k, v := range privateEnv(t.TempDir()) {
		env = append(env, k+"="+v)
	}
	return s, env
}
