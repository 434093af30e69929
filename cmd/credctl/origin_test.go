package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// A stored token goes to the server that it was checked with: for another scheme, host
// or port the command fails, and nothing is sent.
func TestAStoredTokenGoesToItsServerOnly(t *testing.T) {
	t.Parallel()
	for vendor, token := range map[string]string{
		"medianova": sandbox.MedianovaToken, "katapult": sandbox.KatapultToken,
		"losant": sandbox.LosantToken, "stratum": sandbox.StratumOperatorKey,
	} {
		t.Run(vendor, func(t *testing.T) {
			t.Parallel()
			s, env := inSandbox(t, sandbox.Options{})
			env = without(env, vendor)
			k := &memory{entries: map[string]string{}}
			got := withKeyring(t, k, env, token+"\n", "auth", "login", vendor)
			require.Equal(t, 0, got.status, got.stderr)
			got = withKeyring(t, k, env, "", vendor, "list")
			require.Equal(t, 0, got.status, got.stderr)

			other := serve(t, listNothing)
			before := len(s.Requests(""))
			variable := "CREDCTL_" + strings.ToUpper(vendor) + "_BASE_URL="
			for name, base := range map[string]string{
				"port":   other.URL,
				"host":   strings.Replace(s.URL(vendor), "127.0.0.1", "localhost", 1),
				"scheme": strings.Replace(s.URL(vendor), "http:", "https:", 1),
			} {
				for _, got := range []outcome{
					withKeyring(t, k, env, "", vendor, "list", "--base-url", base),
					withKeyring(t, k, append(slices.Clone(env), variable+base), "", vendor, "list"),
					withKeyring(t, k, env, "", vendor, "delete", "--name", "x", "--base-url", base, "--yes"),
				} {
					assert.Equal(t, 3, got.status, "%s: %s", name, got.stderr)
					assert.Contains(t, got.stderr, "the stored "+vendor+" token is for http://127.0.0.1:", name)
					assert.Contains(t, got.stderr, " and is not sent to ", name)
					assert.Empty(t, got.stdout, name)
				}
			}
			assert.Empty(t, other.requests(""), "nothing is sent")
			assert.Len(t, s.Requests(""), before, "nor to the same server by another name")
			got = withKeyring(t, k, env, "", vendor, "list")
			assert.Equal(t, 0, got.status, "the token is still stored: %s", got.stderr)
		})
	}
}

// A key of a server in production is not sent to whatever listens on port 3000 of this
// machine, which is Stratum's default, unless that URL was given.
func TestALiveKeyIsNotSentToTheDefaultURL(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	here := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		listNothing(w, r)
	}))
	if l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:3000"); err == nil { // else another program has the port: its answer is none of ours
		require.NoError(t, here.Listener.Close())
		here.Listener = l
	}
	here.Start()
	t.Cleanup(here.Close)

	const live, test = "sk_live_CANARY0123456789", "sk_test_0123456789"
	env := append(privateVariables(t), "CREDCTL_KEYRING=off")
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(live+"\n"), 0o600))
	withKey := append(slices.Clone(env), "STRATUM_API_KEY="+live)
	for name, got := range map[string]outcome{
		"a variable":     credctl(t, withKey, "", "stratum", "list"),
		"a file":         credctl(t, env, "", "stratum", "list", "--token-file", file),
		"standard input": credctl(t, env, live+"\n", "stratum", "list", "--token-file", "-"),
		"a login":        credctl(t, env, live+"\n", "auth", "login", "stratum", "--yes"),
		"a change":       credctl(t, withKey, "", "stratum", "delete", someUUID, "--yes"),
		"a dry run":      credctl(t, withKey, "", "stratum", "create", "--name", "x", "--dry-run"),
	} {
		assert.Equal(t, 2, got.status, "%s: %s", name, got.stderr)
		assert.Contains(t, got.stderr, "to the default http://localhost:3000", name)
		assert.NotContains(t, got.stderr, "CANARY", name)
		assert.Empty(t, got.stdout, name)
	}
	assert.Zero(t, asked.Load(), "nothing is sent")

	got := credctl(t, append(slices.Clone(withKey), "STRATUM_BASE_URL="+here.URL), "", "stratum", "list")
	assert.Equal(t, 0, got.status, "the URL was given: %s", got.stderr)
	assert.Positive(t, asked.Load())
	got = credctl(t, append(slices.Clone(env), "STRATUM_API_KEY="+test), "", "stratum", "list")
	assert.NotEqual(t, 2, got.status, "a key for tests may go to the default: %s", got.stderr)
}

// In the shell of a sandbox, credctl contacts that sandbox or nothing, also after it ended.
func TestASandboxThatHasEnded(t *testing.T) {
	t.Parallel()
	needsShell(t)
	v := serve(t, listNothing)
	dir := t.TempDir()
	env := append(slices.Clone(v.env), "PATH="+os.Getenv("PATH"))
	p := prepareShell(t, env, `eval "$(credctl sandbox --detach)"; credctl list -o name >listed; echo $? >status; env >variables
		credctl stratum list --base-url `+v.URL+` 2>refused; echo $? >>status
		credctl sandbox stop >/dev/null; echo $? >>status`)
	p.Dir = dir
	require.NoError(t, p.Run(), p.stderr.String())
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		return string(text)
	}
	require.Equal(t, "0\n5\n0\n", read("status"), "%s%s", p.stderr.String(), read("refused"))
	require.Contains(t, read("listed"), "objkey_sbxBackup0000001\n")
	var inside []string
	for line := range strings.Lines(read("variables")) {
		inside = append(inside, strings.TrimSuffix(line, "\n"))
	}
	require.NotEmpty(t, valueOf(inside, "CREDCTL_SANDBOX"))
	for _, args := range []string{
		"list", "katapult list", "losant get 66a0c0de5eed0000000000c4", "stratum create --name x", "medianova delete --name x --yes",
		"auth status", "rotation list", "rotate -f rotations.yaml", "stratum list --base-url " + v.URL,
	} {
		for _, env := range [][]string{inside, append(slices.Clone(v.env), "CREDCTL_SANDBOX="+valueOf(inside, "CREDCTL_SANDBOX"))} {
			got := credctl(t, env, "", strings.Fields(args)...)
			assert.Equal(t, 75, got.status, "%s: %s", args, got.stderr)
			assert.Contains(t, got.stderr, "the sandbox of this shell has ended", args)
			assert.Empty(t, got.stdout, args)
		}
	}
	assert.Empty(t, v.requests(""), "the user's own account is not asked")
}

// A detached sandbox serves on when what started it has ended, and its pipes with it.
func TestADetachedSandboxOutlastsWhatStartedIt(t *testing.T) {
	t.Parallel()
	needsShell(t)
	for range 10 {
		p := prepareShell(t, privateVariables(t), `eval "$(credctl sandbox --detach)"; sleep 0.1; credctl sandbox stop >/dev/null`)
		require.NoError(t, p.Run(), p.stderr.String())
	}
}

// A shell has its own variables again when it leaves a sandbox, which no program in the
// sandbox sees, and which are not printed.
func TestAShellGetsItsVariablesBack(t *testing.T) {
	t.Parallel()
	needsShell(t)
	env := append(privateVariables(t), "KATAPULT_API_TOKEN=its own $HOME 'token'", "AWS_PROFILE=its own")
	for _, again := range []string{"", `eval "$(credctl sandbox --detach)"; `} { // the first is forgotten, and is ended below
		p := prepareShell(t, env, `before="$XDG_CONFIG_HOME$XDG_STATE_HOME"; credctl sandbox --detach >exports || exit 1; . ./exports; first=$CREDCTL_SANDBOX
			`+again+`env >inside; credctl list -o name >/dev/null || exit 2
			eval "$(credctl sandbox stop)"; test -z "$CREDCTL_SANDBOX$STRATUM_API_KEY" || exit 3
			test "$KATAPULT_API_TOKEN" = "its own \$HOME 'token'" && test "$AWS_PROFILE" = "its own" || exit 4
			test "$XDG_CONFIG_HOME$XDG_STATE_HOME" = "$before" || exit 5
			env >after; CREDCTL_SANDBOX=$first credctl sandbox stop >/dev/null; ! command -v credctl_restore`)
		p.Dir = t.TempDir()
		require.NoError(t, p.Run(), p.stderr.String())
		read := func(name string) string {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			require.NoError(t, err)
			return string(text)
		}
		for _, name := range []string{"exports", "inside"} {
			assert.NotContains(t, read(name), "its own", name)
		}
		assert.Contains(t, read("after"), "AWS_PROFILE=its own\n", "exported, as before")
		assert.Equal(t, again != "", strings.Contains(p.stderr.String(), "still runs. To stop it, run: CREDCTL_SANDBOX=/"), p.stderr.String())
	}
}

// TestASandboxIsStoppedTwice: the one recipe works in a shell that it did not leave.
func TestASandboxIsStoppedTwice(t *testing.T) {
	t.Parallel()
	needsShell(t)
	p := prepareShell(t, privateVariables(t), `eval "$(credctl sandbox --detach)" && credctl sandbox stop >/dev/null && credctl list
		test $? = 75 && eval "$(credctl sandbox stop)" && test -z "$CREDCTL_SANDBOX" || exit 1
		credctl sandbox stop; test $? = 2`)
	require.NoError(t, p.Run(), p.stderr.String())
	assert.Contains(t, p.stderr.String(), "Stopped the sandbox\n")
	assert.Contains(t, p.stderr.String(), "\nThe sandbox of this shell has already ended\n")
	assert.NotContains(t, p.stderr.String(), "could not stop")
}
