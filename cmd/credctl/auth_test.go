package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

// withKeyring runs the program with this keyring.
func withKeyring(t *testing.T, k tokenstore.Keyring, env []string, stdin string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	a := newApp(env, strings.NewReader(stdin), &stdout, &stderr)
	a.config.Store.Keyring = k
	status := a.execute(t.Context(), args)
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
	for vendor, c := range map[string]struct{ token, says string }{
		"medianova": {sandbox.MedianovaToken, "the token works at Medianova Stook object storage (org "},
		"katapult":  {sandbox.KatapultToken, "(org acme, region uk-lon-1, it lists object storage access keys); it is stored in the keyring"},
		"losant":    {sandbox.LosantToken, "(application 66a0c0de5eed000000000001, it lists service credentials of an application)"},
		"stratum":   {sandbox.StratumOperatorKey, "it lists API keys"},
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
			assert.Contains(t, got.stderr, "; it would be stored")
			assert.Empty(t, k.entries)
			assert.Empty(t, k.asked, "the token came from elsewhere")

			before := len(s.Requests(vendor))
			got = withKeyring(t, k, env, c.token+"\n", "auth", "login", vendor)
			require.Equal(t, 0, got.status, got.stderr)
			assert.Contains(t, got.stderr, c.says)
			assert.NotContains(t, got.stdout+got.stderr, c.token)
			assert.Len(t, s.Requests(vendor), before+1, "the cheapest call that proves it")
			assert.Contains(t, k.entries["default/"+vendor], c.token)

			got = withKeyring(t, k, env, "", vendor, "list", "-o", "name")
			assert.Equal(t, 0, got.status, got.stderr)
			got = withKeyring(t, k, env, "", "auth", "status", vendor, "--jq", ".[0] | [.configured, .source, .valid] | @csv", "-o", "json")
			assert.Equal(t, "true,\"keyring\",true\n", got.stdout)

			got = withKeyring(t, k, env, "", "auth", "logout", vendor, "--dry-run")
			assert.Equal(t, outcome{"", "would remove the stored token for " + vendor + "\n", 0}, got)
			assert.Contains(t, k.entries["default/"+vendor], c.token)
			got = withKeyring(t, k, env, "", "auth", "logout", vendor)
			assert.Equal(t, 0, got.status, got.stderr)
			assert.Empty(t, k.entries)
			assert.Equal(t, 3, withKeyring(t, k, env, "", vendor, "list").status)
			got = withKeyring(t, k, env, "", "auth", "logout", vendor, "--dry-run")
			assert.Equal(t, outcome{"", "there was no stored token for " + vendor + "\n", 0}, got)
			got = withKeyring(t, k, env, "", "auth", "logout", vendor)
			assert.Equal(t, outcome{"", "there was no stored token for " + vendor + "\n", 0}, got)
		})
	}
}

func TestLoginWithAPairAndAJWT(t *testing.T) {
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
	s, env := inSandbox(t, sandbox.Options{})
	env = without(env, "katapult", "medianova")
	k := &memory{entries: map[string]string{}}
	for name, c := range map[string]struct {
		stdin  string
		args   []string
		status int
		want   string
	}{
		"nothing":             {"", nil, 2, "there is no token on standard input"},
		"two lines":           {"a\nb\n", nil, 2, "a space or another character that no token has"},
		"a NUL":               {"a\x00b\n", nil, 2, "a space or another character that no token has"},
		"a space":             {"a b\n", nil, 2, "a space or another character that no token has"},
		"a profile not there": {"a\n", []string{"--profile", "nope"}, 2, `there is no profile "nope"`},
		"too much":            {strings.Repeat("x", 2<<20), nil, 2, "is longer than 1 MiB"},
		"an operand":          {"a\n", []string{"my-token"}, 2, "takes no operand"},
	} {
		got := withKeyring(t, k, env, c.stdin, append([]string{"auth", "login", "katapult"}, c.args...)...)
		assert.Equal(t, c.status, got.status, "%s: %s", name, got.stderr)
		assert.Contains(t, got.stderr, c.want, name)
		assert.Empty(t, k.entries, name)
	}
	assert.Empty(t, s.Requests("katapult"))
	got := withKeyring(t, k, append(env, "MEDIANOVA_ORG=", "CREDCTL_MEDIANOVA_ORG="), "a\n", "auth", "login", "medianova")
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.stderr, "medianova needs --org")
}

// Stratum tells a key that is none from one that may not manage keys.
func TestLoginTellsWhatATokenMayNot(t *testing.T) {
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

func TestTheKeyringIsTheLastResort(t *testing.T) {
	_, env := inSandbox(t, sandbox.Options{})
	dir := t.TempDir()
	file, config := filepath.Join(dir, "token"), filepath.Join(dir, "config.yaml")
	require.NoError(t, os.WriteFile(file, []byte(sandbox.KatapultToken), 0o600))
	bare := without(env, "katapult")
	for name, c := range map[string]struct {
		env    []string
		config string
		args   []string
	}{
		"--token-file":           {bare, "", []string{"--token-file", file}},
		"CREDCTL_KATAPULT_TOKEN": {append(bare, "CREDCTL_KATAPULT_TOKEN="+sandbox.KatapultToken), "", nil},
		"KATAPULT_API_TOKEN":     {append(bare, "KATAPULT_API_TOKEN="+sandbox.KatapultToken), "", nil},
		"KATAPULT_API_KEY":       {append(bare, "KATAPULT_API_KEY="+sandbox.KatapultToken), "", nil},
		"token_file":             {bare, "katapult: {token_file: token}", nil},
		"token_command":          {bare, "katapult: {token_command: [cat, " + file + "]}", nil},
		"token":                  {bare, "katapult: {token: " + sandbox.KatapultToken + "}", nil},
	} {
		require.NoError(t, os.WriteFile(config, []byte(c.config), 0o600))
		k := &memory{entries: map[string]string{}}
		got := withKeyring(t, k, c.env, "", append([]string{"katapult", "list", "--config", config}, c.args...)...)
		assert.Equal(t, 0, got.status, "%s: %s", name, got.stderr)
		assert.Empty(t, k.asked, name)
	}
	k := &memory{entries: map[string]string{}, fails: errors.New("the bus is gone")}
	got := withKeyring(t, k, bare, "", "katapult", "list")
	assert.Equal(t, 3, got.status)
	assert.Equal(t, []string{"get default/katapult"}, k.asked)
	assert.Contains(t, got.stderr, "there is no token for katapult, and what is stored cannot be read: the bus is gone")
	for _, way := range []string{"--token-file", "CREDCTL_KATAPULT_TOKEN", "KATAPULT_API_TOKEN", "KATAPULT_API_KEY", "token_file", "token_command", "credctl auth login katapult"} {
		assert.Contains(t, got.stderr, way)
	}
	for _, args := range [][]string{{"--help"}, {"katapult", "--help"}, {"katapult", "list", "-o", "nonsense"}, {"version"}, {"config", "path"}} {
		k := &memory{}
		withKeyring(t, k, bare, "", args...)
		assert.Empty(t, k.asked, args)
	}
}

// TestOrder takes one way after another away, each with a token of its own.
func TestTheOrderOfTokens(t *testing.T) {
	v := serve(t, listNothing)
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	flag := write("flag", "1-flag")
	write("file", "4-file\r\n")
	config := write("config.yaml", "")
	k := &memory{entries: map[string]string{"default/stratum": `{"secrets":{"token":"7-keyring"}}`}}
	env := append(privateVariables(t), "STRATUM_BASE_URL="+v.URL, "PATH="+os.Getenv("PATH"))
	settings := []string{"STRATUM_API_KEY=3-vendors", "CREDCTL_STRATUM_TOKEN=2-ours"}
	const file, command, literal = "  token_file: file\n", "  token_command: echo 5-command\n", "  token: 6-literal\n"
	for _, c := range []struct {
		want, config string
		env, args    []string
	}{
		{"1-flag", file + command + literal, settings, []string{"--token-file", flag}},
		{"2-ours", file + command + literal, settings, nil},
		{"3-vendors", file + command + literal, settings[:1], nil},
		{"4-file", file + command + literal, nil, nil},
		{"5-command", command + literal, nil, nil},
		{"6-literal", literal, nil, nil},
		{"7-keyring", "", nil, nil},
	} {
		write("config.yaml", "stratum:\n"+c.config)
		got := withKeyring(t, k, append(env, c.env...), "", append([]string{"stratum", "list", "--config", config}, c.args...)...)
		require.Equal(t, 0, got.status, got.stderr)
		assert.Equal(t, c.want, v.last.Get("X-Api-Key"))
	}
	write("config.yaml", "default_profile: a\nprofiles: {a: {stratum: {token_command: echo of-the-profile}}}\nstratum: {token_file: file}\n")
	require.Equal(t, 0, withKeyring(t, k, env, "", "stratum", "list", "--config", config).status)
	assert.Equal(t, "of-the-profile", v.last.Get("X-Api-Key"), "whatever the profile says wins over what is for all")
}

func TestWrongTokenFiles(t *testing.T) {
	v := serve(t, listNothing)
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yaml")
	env := append(privateVariables(t), "STRATUM_BASE_URL="+v.URL)
	for text, want := range map[string]string{
		"nothing here":  "token_file: no such file",
		"CANARY\nline2": "a space or another character",
		"CANA\x00RY":    "a space or another character",
		"CANARY \n":     "a space or another character",
		"CANARY\n\n":    "a space or another character",
		"":              "it is empty",
		"\n":            "it is empty",
	} {
		name := "token"
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		if text == "nothing here" {
			name, want = "missing", "no such file"
		}
		require.NoError(t, os.WriteFile(config, []byte("stratum: {token_file: "+name+"}\n"), 0o600))
		for _, args := range [][]string{{"--config", config}, {"--token-file", filepath.Join(dir, name)}} {
			got := credctl(t, env, "", append([]string{"stratum", "list"}, args...)...)
			assert.Contains(t, []int{2, 3}, got.status, "%q", text)
			assert.Contains(t, got.stderr, want, "%q", text)
			assert.NotContains(t, got.stderr, "CANA")
		}
	}
	require.NoError(t, os.WriteFile(config, []byte("stratum: {token_file: '-'}\n"), 0o600))
	got := credctl(t, env, "CANARY", "stratum", "list", "--config", config)
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.stderr, "--token-file - can")
	assert.Empty(t, v.requests(""))

	require.NoError(t, os.WriteFile(filepath.Join(dir, "quoted"), []byte(`it's"quoted\`), 0o600))
	got = credctl(t, env, "", "stratum", "list", "--token-file", filepath.Join(dir, "quoted"))
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, `it's"quoted\`, v.last.Get("X-Api-Key"), "a quote is a character like others")
	got = credctl(t, env, "CANARY\n", "stratum", "delete", someUUID, "--yes", "--token-file", "-", "-")
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.stderr, "standard input is read for --token-file already")
	for _, token := range []string{"a\nb", "a\rb", "a b", "\u00e9"} {
		got := credctl(t, append(env, "STRATUM_API_KEY="+token), "", "stratum", "list")
		assert.Equal(t, 2, got.status, "%q", token)
		assert.Contains(t, got.stderr, "stratum token, from STRATUM_API_KEY: it holds a space or another character")
	}
}

func TestStatusOfEveryProfile(t *testing.T) {
	_, env := inSandbox(t, sandbox.Options{})
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yaml")
	exp := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	jwt := "e30." + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"exp":%d}`, exp.Unix())) + ".c2ln"
	env = without(env, "katapult", "stratum", "losant")
	require.NoError(t, os.WriteFile(config, []byte("profiles:\n  good:\n    katapult: {token: "+sandbox.KatapultToken+"}\n  bad:\n    katapult: {token: nonsense}\n    losant: {token: "+jwt+"}\n"), 0o600))
	k := &memory{entries: map[string]string{}}
	got := withKeyring(t, k, env, "", "auth", "status", "--config", config, "-o", "json")
	assert.Equal(t, 3, got.status, got.stderr)
	assert.NotContains(t, got.stdout+got.stderr, jwt)
	valid(t, published(t, "auth"), "auth status", got.stdout)
	var states []authState
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &states))
	say := map[string]string{}
	for _, s := range states {
		word := "unknown"
		if s.Valid != nil {
			word = strconv.FormatBool(*s.Valid)
		}
		say[s.Vendor+"/"+s.Profile] = strings.TrimSpace(word + " " + s.Source)
	}
	assert.Equal(t, map[string]string{
		"medianova/": "true MEDIANOVA_TOKEN", "medianova/good": "true MEDIANOVA_TOKEN", "medianova/bad": "true MEDIANOVA_TOKEN",
		"katapult/": "unknown", "katapult/good": "true profile good", "katapult/bad": "false profile bad",
		"losant/": "unknown", "losant/good": "unknown", "losant/bad": "false profile bad",
		"stratum/": "unknown", "stratum/good": "unknown", "stratum/bad": "unknown",
	}, say)
	for _, s := range states {
		if s.Vendor == "losant" && s.Profile == "bad" {
			assert.Equal(t, exp, s.Expires)
		}
	}
	assert.Equal(t, 0, withKeyring(t, k, env, "", "auth", "status", "--config", config, "--profile", "good").status, "what is not configured is not bad")
	got = withKeyring(t, k, env, "", "auth", "status", "stratum", "--config", config, "--profile", "good", "--columns", "provider,valid")
	assert.Equal(t, 3, got.status, "but what is asked for is")
	assert.Contains(t, got.stdout, "unknown")
	assert.Equal(t, 2, withKeyring(t, k, env, "", "auth", "status", "stratm").status)
}

// A vendor that is down says nothing about a token.
func TestStatusOfAVendorThatIsDown(t *testing.T) {
	v := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusInternalServerError, `{}`) })
	got := credctl(t, v.env, "", "auth", "status", "stratum", "-o", "json")
	assert.Equal(t, 75, got.status, got.stderr)
	var states []authState
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &states))
	assert.Nil(t, states[0].Valid)
	assert.True(t, states[0].Configured)
	assert.Contains(t, got.stderr, `"provider":"stratum","verb":"status","message":"GET /api-keys: 500`)
}

// TestWhatCannotBeLookedUpIsNotSaidToBeMissing, nor what was removed to be still there.
func TestWhatCannotBeLookedUpIsNotSaidToBeMissing(t *testing.T) {
	env := without(privateVariables(t), "katapult")
	m := &memory{fails: provider.WithClass(provider.ErrUnavailable, errors.New("it does not answer"))}
	got := withKeyring(t, m, env, "", "config", "view", "-o", "csv")
	assert.Equal(t, 0, got.status)
	assert.Contains(t, got.stdout, "katapult,token,,unknown\n")
	assert.Contains(t, got.stderr, "warning: what is stored for katapult cannot be read: it does not answer\n")

	got = withKeyring(t, m, env, "", "auth", "logout", "katapult", "--dry-run")
	assert.Equal(t, 75, got.status)
	assert.Contains(t, got.stderr, "whether there is a stored token for katapult is not known: it does not answer")
	file := newApp(env, nil, nil, nil).config.Store.Path("katapult", "")
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte("{}"), 0o600))
	got = withKeyring(t, m, env, "", "auth", "logout", "katapult")
	assert.Equal(t, 75, got.status)
	assert.Contains(t, got.stderr, "what the keyring may hold for katapult is not removed, but its token file is: it does not answer")
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

// That no vendor counts because the keyring is locked is not told as if there were no login.
func TestAListWithoutAnyToken(t *testing.T) {
	env := privateVariables(t)
	k := &memory{fails: errors.New("the keyring is locked")}
	got := withKeyring(t, k, env, "", "list")
	assert.Equal(t, 2, got.status, got.stderr)
	assert.Contains(t, got.stderr, "no vendor is configured")
	assert.Contains(t, got.stderr, "the keyring is locked")
	assert.Contains(t, got.stderr, "hint: set a token")
}

// A vendor that is configured, but whose token cannot be had, is not left out of a list in silence.
func TestAListWithoutOneToken(t *testing.T) {
	_, env := inSandbox(t, sandbox.Options{})
	env = without(env, "katapult")
	list := func(k tokenstore.Keyring, more ...string) outcome {
		return withKeyring(t, k, env, "", append([]string{"list", "--jq", "[.[].provider] | unique | length"}, more...)...)
	}
	got := list(&memory{})
	assert.Equal(t, outcome{"3\n", "", 0}, got, "one that has no token is not configured")

	config := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(config, []byte("katapult: {token_command: [\"false\"]}\n"), 0o600))
	got = list(&memory{}, "--config", config)
	assert.Equal(t, 8, got.status, got.stderr)
	assert.Equal(t, "3\n", got.stdout)
	assert.Contains(t, got.stderr, "katapult token_command false: ")

	got = list(&memory{fails: errors.New("the keyring is locked")})
	assert.Equal(t, 8, got.status, got.stderr)
	assert.Equal(t, "3\n", got.stdout)
	assert.Contains(t, got.stderr, "katapult: there is no token for katapult, and what is stored cannot be read: the keyring is locked")

	bare := slices.DeleteFunc(slices.Clone(env), func(kv string) bool { return strings.Contains(kv, "KATAPULT") })
	got = withKeyring(t, &memory{fails: errors.New("the keyring is locked")}, bare, "", "list", "--jq", "length > 0")
	assert.Equal(t, outcome{"true\n", "", 0}, got, "of one that nothing at all is set for, nothing can be missing")

	file := newApp(env, nil, nil, nil).config.Store.Path("katapult", "")
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte("CANARY"), 0o644))
	got = list(&memory{})
	assert.Equal(t, 8, got.status, got.stderr)
	assert.Contains(t, got.stderr, "other users may read")
}

// A vendor that only some profiles are for is not bad because others have none.
func TestStatusOfAVendorOfOneProfile(t *testing.T) {
	_, env := inSandbox(t, sandbox.Options{})
	env = without(env, "katapult", "stratum")
	config := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(config, []byte("profiles:\n  work:\n    katapult: {token: "+sandbox.KatapultToken+"}\n  home:\n    losant: {token: nonsense}\n"), 0o600))
	for args, want := range map[string]int{
		"katapult":                0,
		"katapult --profile work": 0,
		"katapult --profile home": 3, // it was asked for
		"stratum":                 3, // it is nowhere
	} {
		got := credctl(t, env, "", append([]string{"auth", "status", "--config", config}, strings.Fields(args)...)...)
		assert.Equal(t, want, got.status, "%s: %s", args, got.stderr)
	}
	got := credctl(t, append(env, "CREDCTL_PROFILE=home"), "", "auth", "status", "katapult", "--config", config)
	assert.Equal(t, 3, got.status, got.stderr)
}
