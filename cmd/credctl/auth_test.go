package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/cli"
	"github.com/credctl/credctl/internal/config/tokenstore"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/sandbox"
)

// A memory is a keyring that writes down what it is asked.
type memory struct {
	mu      sync.Mutex
	entries map[string]string
	asked   []string
	fails   error
}

func (m *memory) ask(what, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked = append(m.asked, what+" "+name)
	return m.fails
}

func (m *memory) Get(name string) (string, error) {
	if err := m.ask("get", name); err != nil {
		return "", err
	}
	text, ok := m.entries[name]
	if !ok {
		return "", tokenstore.ErrNoEntry
	}
	return text, nil
}

func (m *memory) Set(name, text string) error {
	err := m.ask("set", name)
	if err == nil {
		m.entries[name] = text
	}
	return err
}

func (m *memory) Delete(name string) error {
	err := m.ask("delete", name)
	if _, ok := m.entries[name]; err == nil && !ok {
		err = tokenstore.ErrNoEntry
	}
	delete(m.entries, name)
	return err
}

// An authState is what `credctl auth status` says of a vendor in a profile, as
// programs read it.
type authState struct {
	Vendor     string `json:"provider"`
	Profile    string
	Configured bool
	Source     string
	Valid      *bool
	Expires    time.Time
	Error      string
	Hint       string
}

// withKeyring runs the program with this keyring.
func withKeyring(t *testing.T, k tokenstore.Keyring, env []string, stdin string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	run := cli.New(providers, noDestinations, env, strings.NewReader(stdin), &stdout, &stderr)
	run.Config.Store.Keyring = k
	status := cli.Execute(t.Context(), run, args)
	return outcome{stdout.String(), stderr.String(), status}
}

// without returns env without the variables of these vendors' tokens.
func without(env []string, vendors ...string) []string {
	var kept []string
	for _, kv := range env {
		name, _, _ := strings.Cut(kv, "=")
		drop := false
		for _, v := range vendors {
			for _, s := range []string{"_TOKEN", "_API_TOKEN", "_API_KEY", "_BEARER_TOKEN", "_API_SECRET"} {
				drop = drop || name == strings.ToUpper(v)+s || name == "CREDCTL_"+strings.ToUpper(v)+s
			}
		}
		if !drop {
			kept = append(kept, kv)
		}
	}
	return kept
}

func TestLoginKeepsWhatWorks(t *testing.T) {
	t.Parallel()
	for vendor, c := range map[string]struct{ token, says string }{
		"medianova": {sandbox.MedianovaToken, "The Medianova token works (org "},
		"katapult":  {sandbox.KatapultToken, "(org acme, region uk-lon-1; can list object storage access keys). Stored it in the keyring for profile default"},
		"losant":    {sandbox.LosantToken, "(application 66a0c0de5eed000000000001; can list service credentials of an application)"},
		"stratum":   {sandbox.StratumOperatorKey, "can list API keys"},
	} {
		t.Run(vendor, func(t *testing.T) {
			s, env := inSandbox(t, sandbox.Options{})
			env = without(env, vendor)
			k := &memory{entries: map[string]string{}}

			got := withKeyring(t, k, env, "nonsense-CANARY\n", "auth", "login", vendor)
			assert.Equal(t, 3, got.status, got.stderr)
			assert.Contains(t, got.stderr, "the token was not stored: ")
			assert.NotContains(t, got.stdout+got.stderr, "CANARY")
			assert.Empty(t, k.entries)

			got = withKeyring(t, k, env, c.token+"\n", "auth", "login", vendor, "--dry-run")
			assert.Equal(t, 0, got.status, got.stderr)
			assert.Contains(t, got.stderr, "Would store it for profile default")
			assert.Empty(t, k.entries)
			assert.Empty(t, k.asked, "the token came from elsewhere")

			before := len(s.Requests(vendor))
			got = withKeyring(t, k, env, c.token+"\n", "auth", "login", vendor)
			require.Equal(t, 0, got.status, got.stderr)
			assert.Contains(t, got.stderr, c.says)
			assert.NotContains(t, got.stdout+got.stderr, c.token)
			looks := 0 // which find out what key the token is
			if vendor == "stratum" {
				looks = 4
				assert.Contains(t, k.entries["default/"+vendor], stratumOperator)
			}
			assert.Len(t, s.Requests(vendor), before+1+looks, "the cheapest call that proves it")
			assert.Contains(t, k.entries["default/"+vendor], c.token)

			got = withKeyring(t, k, env, "", vendor, "list", "-o", "name")
			assert.Equal(t, 0, got.status, got.stderr)
			got = withKeyring(t, k, env, "", "auth", "status", vendor, "--jq", ".[0] | [.configured, .source, .valid] | @csv", "-o", "json")
			assert.Equal(t, "true,\"keyring\",true\n", got.stdout)

			got = withKeyring(t, k, env, "", "auth", "logout", vendor, "--dry-run")
			assert.Equal(t, outcome{"", "Would remove the stored token for " + vendor + "\n", 0}, got)
			assert.Contains(t, k.entries["default/"+vendor], c.token)
			got = withKeyring(t, k, env, "", "auth", "logout", vendor)
			assert.Equal(t, 0, got.status, got.stderr)
			assert.Empty(t, k.entries)
			assert.Equal(t, 3, withKeyring(t, k, env, "", vendor, "list").status)
			got = withKeyring(t, k, env, "", "auth", "logout", vendor, "--dry-run")
			assert.Equal(t, outcome{"", "No token is stored for " + vendor + "\n", 0}, got)
			got = withKeyring(t, k, env, "", "auth", "logout", vendor)
			assert.Equal(t, outcome{"", "No token is stored for " + vendor + "\n", 0}, got)
		})
	}
}

func TestLoginWithAPairAndAJWT(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	env = without(env, "medianova", "stratum")
	dir := t.TempDir()
	key, jwt := filepath.Join(dir, "key"), filepath.Join(dir, "jwt")
	require.NoError(t, os.WriteFile(key, []byte(sandbox.MedianovaAPIKey+"\n"), 0o600))
	require.NoError(t, os.WriteFile(jwt, []byte(sandbox.StratumBearer+"\n"), 0o600))
	k := &memory{entries: map[string]string{}}

	got := withKeyring(t, k, env, "wrong-secret\n", "auth", "login", "medianova", "--api-key-file", key, "--api-secret-file", "-")
	assert.Equal(t, 3, got.status, got.stderr)
	got = withKeyring(t, k, append(env, "MEDIANOVA_TOKEN="+sandbox.MedianovaToken), "wrong-secret\n", "auth", "login", "medianova", "--api-key-file", key, "--api-secret-file", "-")
	assert.Equal(t, 3, got.status, "another token does not prove the pair")
	assert.Empty(t, k.entries)
	got = withKeyring(t, k, env, sandbox.MedianovaAPISecret+"\n", "auth", "login", "medianova", "--api-key-file", key, "--api-secret-file", "-")
	require.Equal(t, 0, got.status, got.stderr)
	got = withKeyring(t, k, env, "", "auth", "status", "medianova", "-o", "json")
	require.Equal(t, 0, got.status, got.stderr)
	var states []authState
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &states))
	assert.WithinDuration(t, time.Now().Add(30*24*time.Hour), states[0].Expires, time.Minute, "a pair lives for 30 days")

	got = withKeyring(t, k, env, sandbox.MedianovaToken, "auth", "login", "medianova")
	require.Equal(t, 0, got.status, got.stderr)
	got = withKeyring(t, k, env, "", "auth", "status", "medianova", "-o", "json")
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &states))
	assert.WithinDuration(t, time.Now().Add(4*time.Hour), states[0].Expires, time.Minute, "and a token for 4 hours")
	assert.NotContains(t, k.entries["default/medianova"], sandbox.MedianovaAPISecret, "what was stored before is replaced")

	got = withKeyring(t, k, append(env, "STRATUM_API_KEY=nonsense"), "", "auth", "login", "stratum", "--bearer-token-file", jwt)
	require.Equal(t, 0, got.status, "another key does not stand in for the JWT: %s", got.stderr)
	assert.Contains(t, k.entries["default/stratum"], sandbox.StratumBearer)
}

func TestLoginRefuses(t *testing.T) {
	t.Parallel()
	s, env := inSandbox(t, sandbox.Options{})
	env = without(env, "katapult", "medianova")
	k := &memory{entries: map[string]string{}}
	for name, c := range map[string]struct {
		stdin  string
		args   []string
		status int
		want   string
	}{
		"nothing":             {"", nil, 2, "no token on standard input"},
		"two lines":           {"a\nb\n", nil, 2, "a space or another character that tokens do not have"},
		"a NUL":               {"a\x00b\n", nil, 2, "a space or another character that tokens do not have"},
		"a space":             {"a b\n", nil, 2, "a space or another character that tokens do not have"},
		"a profile not there": {"a\n", []string{"--profile", "nope"}, 2, `no profile "nope"`},
		"too much":            {strings.Repeat("x", 2<<20), nil, 2, "is longer than 1 MiB"},
		"an operand":          {"a\n", []string{"my-token"}, 2, "unexpected argument: tokens cannot be passed as arguments"},
	} {
		got := withKeyring(t, k, env, c.stdin, append([]string{"auth", "login", "katapult"}, c.args...)...)
		assert.Equal(t, c.status, got.status, "%s: %s", name, got.stderr)
		assert.Contains(t, got.stderr, c.want, name)
		assert.Empty(t, k.entries, name)
	}
	assert.Empty(t, s.Requests("katapult"))
	got := withKeyring(t, k, append(env, "MEDIANOVA_ORG=", "CREDCTL_MEDIANOVA_ORG="), "a\n", "auth", "login", "medianova")
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.stderr, "no Medianova organization is set")
}

// Stratum tells a key that is none from one that may not manage keys.
func TestLoginTellsWhatATokenMayNot(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	made := credctl(t, env, "", "stratum", "create", "--name", "reader", "--jq", ".secret")
	require.Equal(t, 0, made.status, made.stderr)
	k := &memory{entries: map[string]string{}}
	got := withKeyring(t, k, without(env, "stratum"), made.stdout, "auth", "login", "stratum")
	assert.Equal(t, 3, got.status)
	assert.Contains(t, got.stderr, "403")
	assert.Contains(t, got.stderr, "admin scope")
	got = withKeyring(t, k, without(env, "stratum"), "sk_test_nonsense", "auth", "login", "stratum")
	assert.Contains(t, got.stderr, "401")
	assert.Contains(t, got.stderr, "unknown, revoked or expired")
	assert.Empty(t, k.entries)
}

// TestWhatCannotBeLookedUpIsNotSaidToBeMissing, nor what was removed to be still there.
func TestWhatCannotBeLookedUpIsNotSaidToBeMissing(t *testing.T) {
	t.Parallel()
	env := without(privateVariables(t), "katapult")
	m := &memory{fails: provider.WithClass(provider.ErrUnavailable, errors.New("it does not answer"))}
	got := withKeyring(t, m, env, "", "config", "view", "-o", "csv")
	assert.Equal(t, 0, got.status)
	assert.Contains(t, got.stdout, "katapult,token,,unknown\n")
	assert.Contains(t, got.stderr, "warning: could not read the stored katapult token: it does not answer\n")

	got = withKeyring(t, m, env, "", "auth", "logout", "katapult", "--dry-run")
	assert.Equal(t, 75, got.status)
	assert.Contains(t, got.stderr, "could not find out whether a katapult token is stored: it does not answer")
	file := cli.New(providers, noDestinations, env, nil, nil, nil).Config.Store.Path("katapult", "")
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte("{}"), 0o600))
	got = withKeyring(t, m, env, "", "auth", "logout", "katapult")
	assert.Equal(t, 75, got.status)
	assert.Contains(t, got.stderr, "removed the token file, but could not remove the katapult token from the keyring: it does not answer")
	assert.NoFileExists(t, file)
}

// TestNoSessionBusIsStarted: dbus-launch would leave a process behind, with our environment.
func TestNoSessionBusIsStarted(t *testing.T) {
	bin, started := t.TempDir(), filepath.Join(t.TempDir(), "started")
	require.NoError(t, os.WriteFile(filepath.Join(bin, "dbus-launch"), []byte("#!/bin/sh\necho >"+started+"\n"), 0o700))
	t.Setenv("PATH", bin)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	env := without(privateVariables(t), "katapult")
	got := credctl(t, append(env, "KATAPULT_ORGANIZATION=acme"), "", "katapult", "list")
	assert.Equal(t, 3, got.status, got.stderr)
	assert.NoFileExists(t, started)
}

// TestLogoutWithoutAKeyring removes the token file, and says what it could not look for.
func TestLogoutWithoutAKeyring(t *testing.T) {
	t.Parallel()
	env := append(privateVariables(t), "CREDCTL_KEYRING=")
	if cli.New(providers, noDestinations, env, nil, nil, nil).Config.Store.HasKeyring() {
		t.Skip("this system has a keyring")
	}
	for _, args := range [][]string{{"auth", "logout", "katapult"}, {"auth", "logout", "katapult", "--dry-run"}} {
		got := credctl(t, env, "", args...)
		assert.Equal(t, 0, got.status, got.stderr)
		assert.Contains(t, got.stderr, "No token is stored for katapult")
		assert.Contains(t, got.stderr, "note: no system keyring is available in this session. If a katapult token is in the keyring of a desktop session, remove it there: credctl auth logout katapult\n")
	}
	require.Equal(t, 0, credctl(t, env, "", "profile", "create", "client").status)
	file := cli.New(providers, noDestinations, env, nil, nil, nil).Config.Store.Path("katapult", "client")
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte("{}"), 0o600))
	got := credctl(t, env, "", "auth", "logout", "katapult", "--profile", "client", "-o", "json")
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stdout, `"removed": true`)
	assert.Contains(t, got.stderr, "credctl auth logout katapult --profile client\n")
	assert.NoFileExists(t, file)

	got = credctl(t, env, "", "profile", "delete", "client", "--yes")
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stderr, "If tokens of profile client are in the keyring of a desktop session, remove them there: credctl profile create client && credctl profile delete client --yes\n")
	assert.Contains(t, got.stderr, "Deleted profile client\n")
	assert.Equal(t, 2, credctl(t, env, "", "profile", "use", "client").status)
	got = credctl(t, append(env, "CREDCTL_KEYRING=off"), "", "auth", "logout", "katapult")
	assert.Equal(t, outcome{"", "No token is stored for katapult\n", 0}, got)
}
