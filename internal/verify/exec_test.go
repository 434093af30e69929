//go:build unix

package verify_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/verify"
)

func TestExecPassesTheCredentialOn(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	c := pair()
	c.Provider, c.Kind, c.ID, c.Name = "katapult", "access-key", "objkey_1", "it's \"ci\""
	t.Setenv("VENDOR_TOKEN", "hunter2")
	user := []string{"PATH=" + os.Getenv("PATH"), "STAYS=yes"}
	require.NoError(t, verify.Exec(t.Context(), `cat >stdin; env >env; echo "$0 $*" >argv`, command.Environ(user, nil, c), c))

	in, err := os.ReadFile(filepath.Join(dir, "stdin"))
	require.NoError(t, err)
	assert.JSONEq(t, `{"provider":"katapult","kind":"access-key","id":"objkey_1","name":"it's \"ci\"","key":"AKIATEST",
		"endpoint":"https://s3.example.com","region":"uk-lon-1","secret":"s3cr3t-value"}`, string(in))
	env, err := os.ReadFile(filepath.Join(dir, "env"))
	require.NoError(t, err)
	for _, want := range []string{
		"CREDCTL_PROVIDER=katapult", "CREDCTL_KIND=access-key", "CREDCTL_ID=objkey_1", "CREDCTL_NAME=it's \"ci\"", "CREDCTL_KEY=AKIATEST",
		"CREDCTL_ENDPOINT=https://s3.example.com", "CREDCTL_REGION=uk-lon-1", "STAYS=yes",
	} {
		assert.Contains(t, strings.Split(string(env), "\n"), want)
	}
	argv, err := os.ReadFile(filepath.Join(dir, "argv"))
	require.NoError(t, err)
	assert.NotContains(t, string(env)+string(argv), "s3cr3t-value")
	assert.NotContains(t, string(env), "VENDOR_TOKEN", "the environment is what was given, and nothing else")
}

func TestExecNeedsNoReader(t *testing.T) {
	c := pair()
	c.Details = strings.Repeat("x", 1<<20) // more than a pipe holds
	require.NoError(t, verify.Exec(t.Context(), "exit 0", nil, c))
}

func TestExecFailures(t *testing.T) {
	for name, c := range map[string]struct {
		command string
		class   error
		says    string
	}{
		"not yet":         {"echo no luck >&2; exit 3", provider.ErrPending, "exit status 3: no luck"},
		"silent":          {"exit 1", provider.ErrPending, "exit status 1"},
		"no such command": {"/nonexistent/cmd", provider.ErrVerify, "exit status 127"},
		"raw secret":      {`printf 'sent s3cr3t-"va/lue to it' >&2; exit 1`, provider.ErrPending, "sent [redacted] to it"},
		"as JSON":         {`cat >&2; exit 1`, provider.ErrPending, `"secret":"[redacted]"`},
		"as a URL":        {`printf '%s' 's3cr3t-%22va%2Flue!' >&2; exit 1`, provider.ErrPending, "[redacted]!"},
		"as base64":       {`printf 's3cr3t-"va/lue' | base64 >&2; exit 1`, provider.ErrPending, "[redacted]"},
		"controls":        {`printf 'a\033[2Jb\nc' >&2; exit 1`, provider.ErrPending, "a[2Jb c"},
	} {
		t.Run(name, func(t *testing.T) {
			cred := pair()
			cred.Secret = provider.NewSecret(`s3cr3t-"va/lue`)
			err := verify.Exec(t.Context(), c.command, environ(cred), cred)
			require.ErrorIs(t, err, c.class)
			require.ErrorContains(t, err, c.says)
			assert.NotContains(t, err.Error(), "s3cr3t-")
			assert.NotContains(t, err.Error(), "va/lue")
			assert.NotContains(t, err.Error(), "\x1b")
		})
	}
}

// environ is the environment of this process.
func environ(c provider.Credential) []string { return command.Environ(os.Environ(), nil, c) }

func TestExecEndsWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "child")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		defer cancel()
		assert.Eventually(t, func() bool { return exists(path) }, 10*time.Second, 10*time.Millisecond)
	}()
	require.Error(t, verify.Exec(ctx, "sleep 60 & echo $! >"+path+".new; mv "+path+".new "+path+"; sleep 60; exit 0", environ(pair()), pair()))
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	child, err := strconv.Atoi(strings.TrimSpace(string(b)))
	require.NoError(t, err)
	assert.Eventually(t, func() bool { return !running(child) }, 10*time.Second, 10*time.Millisecond, "its children end with it")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// running reports whether there is a process that has not ended; one that
// nobody has waited for yet has.
func running(pid int) bool {
	b, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(string(b), "Z")
}
