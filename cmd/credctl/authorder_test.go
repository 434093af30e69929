package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/cli"
	"github.com/credctl/credctl/internal/config/tokenstore"
	"github.com/credctl/credctl/internal/sandbox"
)

func TestTheKeyringIsTheLastResort(t *testing.T) {
	t.Parallel()
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
	assert.Contains(t, got.stderr, "no Katapult token found (could not read the stored token: the bus is gone)")
	for _, way := range []string{"--token-file", "KATAPULT_API_TOKEN", "credctl auth login katapult"} {
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
	t.Parallel()
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
	k := &memory{entries: map[string]string{"default/stratum": `{"secrets":{"token":"7-keyring"},"origin":"` + v.URL + `"}`}}
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
	t.Parallel()
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
		"":              "the value is empty",
		"\n":            "the value is empty",
	} {
		name := "token"
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		if text == "nothing here" {
			name, want = "missing", ""
		}
		require.NoError(t, os.WriteFile(config, []byte("stratum: {token_file: "+name+"}\n"), 0o600))
		for _, args := range [][]string{{"--config", config}, {"--token-file", filepath.Join(dir, name)}} {
			got := credctl(t, env, "", append([]string{"stratum", "list"}, args...)...)
			assert.Contains(t, []int{2, 3}, got.status, "%q", text)
			assert.Contains(t, got.stderr, want, "%q", text)
			if name == "missing" {
				assert.Regexp(t, "no such file|does not exist", got.stderr)
			}
			assert.NotContains(t, got.stderr, "CANA")
		}
	}
	require.NoError(t, os.WriteFile(config, []byte("stratum: {token_file: '-'}\n"), 0o600))
	got := credctl(t, env, "CANARY", "stratum", "list", "--config", config)
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.stderr, "pass --token-file - instead")
	assert.Empty(t, v.requests(""))

	require.NoError(t, os.WriteFile(filepath.Join(dir, "quoted"), []byte(`it's"quoted\`), 0o600))
	got = credctl(t, env, "", "stratum", "list", "--token-file", filepath.Join(dir, "quoted"))
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, `it's"quoted\`, v.last.Get("X-Api-Key"), "a quote is a character like others")
	got = credctl(t, env, "CANARY\n", "stratum", "delete", someUUID, "--yes", "--token-file", "-", "-")
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.stderr, "standard input is already read for --token-file")
	for _, token := range []string{"a\nb", "a\rb", "a b", "\u00e9"} {
		got := credctl(t, append(env, "STRATUM_API_KEY="+token), "", "stratum", "list")
		assert.Equal(t, 2, got.status, "%q", token)
		assert.Contains(t, got.stderr, "stratum token, from STRATUM_API_KEY: the value contains a space or another character")
	}
}

// That no vendor counts because the keyring is locked is not told as if there were no login.
func TestAListWithoutAnyToken(t *testing.T) {
	t.Parallel()
	env := privateVariables(t)
	k := &memory{fails: errors.New("the keyring is locked")}
	got := withKeyring(t, k, env, "", "list")
	assert.Equal(t, 3, got.status, got.stderr)
	assert.Contains(t, got.stderr, "no vendor is configured")
	assert.Contains(t, got.stderr, "the keyring is locked")
	assert.Contains(t, got.stderr, "hint: run: credctl auth login")
}

// A list reports each configured vendor whose token cannot be read.
func TestAListWithoutOneToken(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	env = without(env, "katapult")
	list := func(k tokenstore.Keyring, more ...string) outcome {
		return withKeyring(t, k, env, "", append([]string{"list", "--jq", "[.[].provider] | unique | length"}, more...)...)
	}
	got := list(&memory{})
	assert.Equal(t, outcome{"3\n", "note: not listed: katapult: no Katapult token found\n", 0}, got, "it has an account and no token")

	config := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(config, []byte("katapult: {token_command: [\"false\"]}\n"), 0o600))
	got = list(&memory{}, "--config", config)
	assert.Equal(t, 8, got.status, got.stderr)
	assert.Equal(t, "3\n", got.stdout)
	assert.Contains(t, got.stderr, "katapult token_command false: ")

	const locked = "note: not listed: katapult: no Katapult token found (could not read the stored token: the keyring is locked)\n"
	assert.Equal(t, outcome{"3\n", locked, 0}, list(&memory{fails: errors.New("the keyring is locked")}))

	bare := slices.DeleteFunc(slices.Clone(env), func(kv string) bool { return strings.Contains(kv, "KATAPULT") })
	listBare := func(k tokenstore.Keyring) outcome { return withKeyring(t, k, bare, "", "list", "--jq", "length > 0") }
	assert.Equal(t, outcome{"true\n", locked, 0}, listBare(&memory{fails: errors.New("the keyring is locked")}))
	assert.Equal(t, outcome{"true\n", "", 0}, listBare(&memory{fails: tokenstore.ErrNoKeyring}), "where there is no keyring, nothing is in it")

	file := cli.New(providers, noDestinations, env, nil, nil, nil).Config.Store.Path("katapult", "")
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte("CANARY"), 0o644))
	got = list(&memory{})
	assert.Equal(t, 8, got.status, got.stderr)
	assert.Contains(t, got.stderr, "other users can read")
}
