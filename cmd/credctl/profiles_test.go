package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/sandbox"
)

// withConfig returns an environment without settings, in which text is the configuration.
func withConfig(t *testing.T, text string) (env []string, file string) {
	t.Helper()
	env = privateVariables(t)
	dir := filepath.Join(valueOf(env, "XDG_CONFIG_HOME"), "credctl")
	require.NoError(t, os.MkdirAll(dir, 0o700))
	file = filepath.Join(dir, "config.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return env, file
}

// view returns value and source of each setting, as "vendor.setting", of the vendors of the sandbox.
func view(t *testing.T, env []string, args ...string) map[string][2]string {
	t.Helper()
	got := credctl(t, env, "", append([]string{"config", "view", "-o", "json"}, args...)...)
	require.Equal(t, 0, got.status, got.stderr)
	valid(t, published(t, "settings"), "config view", got.stdout)
	var all []config.Setting
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &all))
	found := map[string][2]string{}
	for _, s := range all {
		if s.Vendor != "" && !slices.Contains(sandboxed(), s.Vendor) {
			continue
		}
		found[strings.TrimPrefix(s.Vendor+"."+s.Name, ".")] = [2]string{s.Value, s.Source}
	}
	return found
}

const twoProfiles = `default_profile: Work
profiles:
  Work:
    katapult: {org: acme, region: uk-lon-1, token_file: token}
    losant: {application: 575000000000000000000001}
  home.lab:
    katapult: {org: 0123, token_command: [pass, show, katapult]}
katapult: {region: everywhere, base_url: https://katapult.example}
stratum: {tenant: ` + someUUID + `, bearer_token_file: ~/jwt}
`

func TestConfigViewTellsWhatIsInForceAndFromWhere(t *testing.T) {
	t.Parallel()
	env, file := withConfig(t, twoProfiles)
	got := view(t, env)
	assert.Equal(t, map[string][2]string{
		"config":                {file, "default"},
		"profile":               {"Work", "configuration"},
		"katapult.base_url":     {"https://katapult.example/core/v1", "configuration"},
		"katapult.org":          {"acme", "profile Work"},
		"katapult.region":       {"uk-lon-1", "profile Work"},
		"katapult.token":        {"[redacted]", "profile Work (token_file)"},
		"losant.base_url":       {"https://api.losant.com", "default"},
		"losant.application":    {"575000000000000000000001", "profile Work"}, // and not 5.75e+23
		"losant.token":          {"", "unset"},
		"losant.accept_version": {"", "unset"},
		"stratum.base_url":      {"http://localhost:3000/api/v1", "default"},
		"stratum.tenant":        {someUUID, "configuration"},
		"stratum.token":         {"", "unset"},
		"stratum.bearer_token":  {"[redacted]", "configuration (bearer_token_file)"},
		"medianova.base_url":    {"https://cloud.medianova.com/api/api/v2", "default"},
		"medianova.org":         {"", "unset"},
		"medianova.token":       {"", "unset"},
		"medianova.api_key":     {"", "unset"},
		"medianova.api_secret":  {"", "unset"},
		"medianova.s3_endpoint": {"", "unset"},
	}, got, "no file of a token was read: there is none")

	got = view(t, env, "--profile", "home.lab")
	assert.Equal(t, [2]string{"0123", "profile home.lab"}, got["katapult.org"], "as it stands in the file")
	assert.Equal(t, [2]string{"everywhere", "configuration"}, got["katapult.region"])
	assert.Equal(t, [2]string{"[redacted]", "profile home.lab (token_command)"}, got["katapult.token"])
	assert.Equal(t, [2]string{"", "unset"}, got["losant.application"])

	got = view(t, append(env, "CREDCTL_PROFILE=home.lab", "KATAPULT_ORGANIZATION=theirs", "KATAPULT_API_KEY=k", "CREDCTL_KATAPULT_REGION=ours"))
	assert.Equal(t, [2]string{"home.lab", "CREDCTL_PROFILE"}, got["profile"])
	assert.Equal(t, [2]string{"theirs", "KATAPULT_ORGANIZATION"}, got["katapult.org"])
	assert.Equal(t, [2]string{"ours", "CREDCTL_KATAPULT_REGION"}, got["katapult.region"])
	assert.Equal(t, [2]string{"[redacted]", "KATAPULT_API_KEY"}, got["katapult.token"])
	assert.Equal(t, "Work", view(t, append(env, "CREDCTL_PROFILE=home.lab"), "--profile", "Work")["profile"][0], "the flag wins")

	got = view(t, append(env, "STRATUM_API_KEY=k"))
	assert.Equal(t, [2]string{"[redacted]", "STRATUM_API_KEY"}, got["stratum.token"])
	assert.Equal(t, [2]string{"", "configuration (bearer_token_file) (not used)"}, got["stratum.bearer_token"], "one way to authenticate is enough")
}

// A token comes from one place, the better one: a flag before a variable before the file.
func TestAWayToAuthenticateWinsWhole(t *testing.T) {
	t.Parallel()
	v := serve(t, listNothing)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "jwt"), []byte("a.b.c\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.yaml"), []byte("stratum: {token: from-the-file}\n"), 0o600))
	env := append(privateVariables(t), "STRATUM_BASE_URL="+v.URL)
	for _, c := range []struct {
		env, args []string
		key, auth string
	}{
		{[]string{"STRATUM_API_KEY=k"}, nil, "k", ""},
		{[]string{"STRATUM_API_KEY=k", "STRATUM_BEARER_TOKEN=j.w.t"}, nil, "k", ""},
		{[]string{"STRATUM_API_KEY=k"}, []string{"--bearer-token-file", filepath.Join(dir, "jwt")}, "", "Bearer a.b.c"},
		{[]string{"STRATUM_BEARER_TOKEN=j.w.t"}, []string{"--config", filepath.Join(dir, "config.yaml")}, "", "Bearer j.w.t"},
		{nil, []string{"--config", filepath.Join(dir, "config.yaml")}, "from-the-file", ""},
		{[]string{"CREDCTL_STRATUM_TOKEN=ours", "STRATUM_API_KEY=k"}, []string{"--config", filepath.Join(dir, "config.yaml")}, "ours", ""},
	} {
		got := credctl(t, append(env, c.env...), "", append([]string{"stratum", "list"}, c.args...)...)
		require.Equal(t, 0, got.status, got.stderr)
		assert.Equal(t, c.key, v.last.Get("X-Api-Key"), "%v", c)
		assert.Equal(t, c.auth, v.last.Get("Authorization"), "%v", c)
	}
}

func TestWrongConfigurations(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want, hint string }{
		"an unknown key":            {"katapultt: {}\n", `config.yaml:1:1: unknown key "katapultt"`, "did you mean katapult?"},
		"an unknown setting":        {"katapult:\n  orgg: x\n", `config.yaml:2:3: katapult has no setting "orgg"`, "did you mean org?"},
		"a vendor of a profile":     {"profiles:\n  a:\n    kataplt: {org: x}\n", `config.yaml:3:5: unknown key "kataplt"`, "did you mean katapult?"},
		"a setting of no vendor":    {"katapult: {tenant: x}\n", `katapult has no setting "tenant"`, ""},
		"a key twice":               {"katapult: {org: a}\nlosant: {}\nkatapult: {org: b}\n", `config.yaml:3:1: duplicate key "katapult" (first in line 1)`, ""},
		"a setting twice":           {"katapult: {org: a, org: b}\n", "config.yaml:1:20: duplicate key \"org\"", ""},
		"a profile in two cases":    {"profiles:\n  Work: {}\n  work: {}\n", `config.yaml:3:3: profiles "Work" and "work" differ only in case`, ""},
		"a profile without a name":  {"profiles:\n  '': {}\n", "config.yaml:2:3: the name of a profile", ""},
		"a profile with an escape":  {"profiles:\n  \"a\\e[2J\": {}\n", "the name of a profile must be printable", ""},
		"a list":                    {"- a\n", "config.yaml:1:1: expected a mapping", ""},
		"a text":                    {"hello\n", "config.yaml:1:1: expected a mapping", ""},
		"a text for a vendor":       {"katapult: CANARY\n", "config.yaml:1:11: expected a mapping", ""},
		"a list for a setting":      {"katapult: {org: [CANARY]}\n", "config.yaml:1:17: org must be a single value", ""},
		"a mapping in a command":    {"katapult: {token_command: [{a: CANARY}]}\n", "token_command must be a single value", ""},
		"an alias":                  {"katapult: &k {org: a}\nlosant: *k\n", "config.yaml:2:9: aliases and merge keys", ""},
		"a merge":                   {"katapult: &k {org: a}\nlosant:\n  <<: *k\n", "config.yaml:3:3: aliases and merge keys", ""},
		"an alias that is a token":  {"katapult: {token: *CANARY}\n", "config.yaml:1:19: undefined alias; quote a value that begins with *", ""},
		"a tag":                     {"katapult: {org: !!binary CANARY}\n", "config.yaml:1:17: org has a YAML tag", ""},
		"a missing space":           {"katapult: {token:CANARY}\n", `config.yaml:1:12: katapult has no setting "token"`, "write a space after the colon"},
		"a tab":                     {"katapult:\n\torg: CANARY\n", "config.yaml:2:1: found character that cannot start any token", ""},
		"invalid UTF-8":             {"katapult: {org: \xff}\n", "config.yaml:1:17: invalid leading UTF-8 octet", ""},
		"a NUL":                     {"katapult: {org: \x00}\n", "config.yaml:1:17: control characters are not allowed", ""},
		"an open quote":             {"katapult:\n  org: \"CANARY\n", "config.yaml:2:15: found unexpected end of stream while scanning a quoted scalar", ""},
		"two documents":             {"katapult: {}\n---\nlosant: {}\n", "config.yaml:2:1: only one YAML document is allowed", ""},
		"too much":                  {"# " + strings.Repeat("x", 2<<20), "is longer than 1 MiB", ""},
		"too deep":                  {strings.Repeat("[", 100_000), "config.yaml", ""},
		"a bomb":                    {bomb, "config.yaml", ""},
		"no such default":           {"default_profile: wark\nprofiles: {work: {}}\n", `no profile "wark"`, `did you mean "work"?`},
		"no such default at all":    {"default_profile: x\nprofiles: {work: {}}\n", `no profile "x"`, "use one of work; to create it, run: credctl profile create x"},
		"a list for the default":    {"default_profile: [a]\n", "config.yaml:1:18: default_profile must be a single value", ""},
		"a setting with a newline":  {"katapult: {org: \"a\\nb\"}\n", "katapult org, from configuration: the value contains a newline", ""},
		"what no tenant is":         {"stratum: {tenant: true}\n", `"true" is not a valid tenant ID`, ""},
		"a base URL that is none":   {"katapult: {base_url: 5}\n", "(from configuration)", ""},
		"a token file of two lines": {"katapult: {token: \"a\\nb\"}\n", "katapult token, from configuration: the value contains a space or another character", ""},
	} {
		t.Run(name, func(t *testing.T) {
			env, _ := withConfig(t, c.text)
			args := []string{"config", "view"}
			if strings.Contains(name, "token") {
				args = []string{"katapult", "list"}
			}
			got := credctl(t, env, "", args...)
			assert.Equal(t, 2, got.status, got.stderr)
			assert.Contains(t, got.stderr, c.want)
			assert.NotContains(t, got.stderr, "CANARY")
			assert.NotContains(t, got.stderr, "\x1b")
			if c.hint != "" {
				assert.Contains(t, got.stderr, "hint: "+c.hint)
			}
			assert.Empty(t, got.stdout)
		})
	}
}

const bomb = `a: &a [x,x,x,x,x,x,x,x,x]
b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]
c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]
d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]
e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]
f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]
g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]
katapult: *g
`

func TestConfigurationsThatSayNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "# only this\n", "---\n", "{}", "profiles:\n", "katapult:\nlosant: {token: }\nprofiles: {a: }\n", "\ufeffkatapult: {}\n"} {
		env, _ := withConfig(t, text)
		assert.Equal(t, [2]string{"", "unset"}, view(t, env)["katapult.token"], "%q", text)
	}
}

func TestPlacesOfTheConfiguration(t *testing.T) {
	t.Parallel()
	env, file := withConfig(t, "katapult: {org: mine}\n")
	dir := t.TempDir()
	other := filepath.Join(dir, "other.yaml")
	require.NoError(t, os.WriteFile(other, []byte("katapult: {org: other}\n"), 0o600))
	link := filepath.Join(dir, "link.yaml")
	require.NoError(t, os.Symlink(other, link))
	assert.Equal(t, "mine", view(t, env)["katapult.org"][0])
	assert.Equal(t, "other", view(t, append(env, "CREDCTL_CONFIG="+other))["katapult.org"][0])
	assert.Equal(t, "other", view(t, env, "--config", link)["katapult.org"][0])
	assert.Equal(t, "mine", view(t, append(env, "CREDCTL_CONFIG="+other), "--config", file)["katapult.org"][0], "the flag wins")

	for _, args := range [][]string{{"--config", filepath.Join(dir, "none.yaml")}, {"--config", dir}} {
		got := credctl(t, env, "", append([]string{"katapult", "list"}, args...)...)
		assert.Equal(t, 2, got.status)
		assert.Contains(t, got.stderr, "could not read the configuration")
	}
	got := credctl(t, append(env, "CREDCTL_CONFIG="+filepath.Join(dir, "none.yaml")), "", "katapult", "list")
	assert.Equal(t, 2, got.status, "one that was named must be there")

	got = credctl(t, env, "", "config", "path", "--config", "none.yaml")
	assert.Equal(t, outcome{"none.yaml\n", "", 0}, got, "the path is told whatever is there")
}

func TestAConfigurationThatOthersCanRead(t *testing.T) {
	t.Parallel()
	env, file := withConfig(t, "losant: {}\nkatapult:\n  token: CANARY-of-the-file\n")
	got := credctl(t, env, "", "config", "view")
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, 1, strings.Count(got.stderr, "config.yaml:3 contains a token"), "once: %s", got.stderr)
	assert.NotContains(t, got.stdout+got.stderr, "CANARY")
	for mode, want := range map[os.FileMode]string{0o640: "other users can", 0o604: "other users can read it", 0o602: "other users can change"} {
		require.NoError(t, os.Chmod(file, mode))
		got = credctl(t, env, "", "katapult", "list")
		assert.Equal(t, map[bool]int{true: 5, false: 2}[mode == 0o602], got.status)
		assert.Contains(t, got.stderr, want)
		assert.Regexp(t, "hint: run: chmod (600|go-w) "+file, got.stderr)
		assert.NotContains(t, got.stderr, "CANARY")
	}
	require.NoError(t, os.WriteFile(file, []byte("katapult: {token_command: [id]}\n"), 0o600))
	require.NoError(t, os.Chmod(file, 0o644))
	assert.Equal(t, 0, credctl(t, env, "", "config", "view").status, "without a token others may read it")
	require.NoError(t, os.Chmod(file, 0o646))
	assert.Equal(t, 5, credctl(t, env, "", "config", "view").status, "but everybody could say what runs")
}

func TestConfigInit(t *testing.T) {
	t.Parallel()
	env, file := withConfig(t, "")
	got := credctl(t, env, "", "config", "init")
	assert.Equal(t, 2, got.status, "what is there is never overwritten")
	assert.Contains(t, got.stderr, "already exists")
	require.NoError(t, os.Remove(file))
	require.Equal(t, 0, credctl(t, env, "", "config", "init").status)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "default", view(t, env)["profile"][0])

	lines := strings.Split(string(text), "\n")
	uncommented := 0
	for i, line := range lines {
		bare := strings.TrimSpace(line)
		if !strings.HasPrefix(bare, "#") || strings.HasPrefix(bare, "# ") {
			continue
		}
		uncommented++
		one := append([]string{}, lines...)
		one[i] = strings.Replace(line, "#", "", 1)
		require.NoError(t, os.WriteFile(file, []byte(strings.Join(one, "\n")), 0o600))
		got := credctl(t, env, "", "config", "view")
		assert.Equal(t, 0, got.status, "%s: %s", line, got.stderr)
	}
	assert.Greater(t, uncommented, 10)
	assert.Equal(t, len(providers()), strings.Count(string(text), "#token_command:"))

	elsewhere := filepath.Join(t.TempDir(), "new.yaml")
	got = credctl(t, env, "", "config", "init", "--config", elsewhere)
	assert.Equal(t, 0, got.status, got.stderr)
	assert.FileExists(t, elsewhere)
}

func TestProfilesKeepTheirTokensApart(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	env = append(env, "KATAPULT_API_TOKEN=", "CREDCTL_KATAPULT_TOKEN=")
	dir := filepath.Join(valueOf(env, "XDG_CONFIG_HOME"), "credctl")
	require.NoError(t, os.MkdirAll(dir, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.yaml"), []byte("profiles:\n  a/../b: {}\n  other: {}\n"), 0o600))
	got := credctl(t, env, sandbox.KatapultToken+"\n", "auth", "login", "katapult", "--yes", "--profile", "a/../b")
	require.Equal(t, 0, got.status, got.stderr)
	files, err := os.ReadDir(filepath.Join(dir, "tokens"))
	require.NoError(t, err)
	require.Len(t, files, 1, "a profile's name leads to no other folder")
	assert.Equal(t, 0, credctl(t, env, "", "katapult", "list", "--profile", "a/../b").status)
	assert.Equal(t, 3, credctl(t, env, "", "katapult", "list", "--profile", "other").status)
	assert.Equal(t, 3, credctl(t, env, "", "katapult", "list").status)
	got = credctl(t, env, "", "katapult", "list", "--profile", "Other")
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.stderr, `did you mean "other"?`)
}

func TestProfilesAreCompleted(t *testing.T) {
	t.Parallel()
	env, _ := withConfig(t, twoProfiles)
	got := credctl(t, env, "", "__complete", "katapult", "list", "--profile", "")
	assert.Contains(t, got.stdout, "Work\nhome.lab\n", got.stderr)
	env, _ = withConfig(t, "nonsense: 1\n")
	assert.Equal(t, 0, credctl(t, env, "", "__complete", "katapult", "list", "--profile", "").status)
}

// Without a home folder nothing is read from, or put into, where credctl happens to stand.
func TestWithoutAHome(t *testing.T) {
	box, env := inSandbox(t, sandbox.Options{ProvisionDelay: -1})
	t.Chdir(t.TempDir())
	require.NoError(t, os.MkdirAll(filepath.Join(".config", "credctl"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(".config", "credctl", "config.yaml"), []byte("katapult: {token_command: [touch, ran]}\n"), 0o600))
	require.NoError(t, os.WriteFile("tok", []byte(sandbox.KatapultToken), 0o600))
	require.NoError(t, os.WriteFile("named.yaml", []byte("katapult: {token_file: ~/tok}\n"), 0o600))
	homeless := slices.DeleteFunc(env, func(kv string) bool { return strings.HasPrefix(kv, "HOME=") || strings.HasPrefix(kv, "XDG_") })
	bare := without(homeless, "katapult")
	for args, want := range map[string]string{
		"katapult list --config named.yaml": "set HOME to the absolute path",
		"config path":                       "set HOME to the absolute path of your home folder; or set XDG_CONFIG_HOME",
		"config init":                       "XDG_CONFIG_HOME",
		"rotation list":                     "XDG_STATE_HOME",
		"katapult create --name x --region uk-lon-1 --to json:k.json": "XDG_STATE_HOME",
		"katapult create --name x --region uk-lon-1 -o json":          "XDG_STATE_HOME",
		"katapult rotate objkey_sbxBackup0000001 --to json:k.json":    "XDG_STATE_HOME",
	} {
		env := homeless
		if strings.Contains(args, "named") {
			env = bare
		}
		got := credctl(t, env, "", strings.Fields(args)...)
		assert.Equal(t, 2, got.status, "%s: %s", args, got.stderr)
		assert.Contains(t, got.stderr, want, args)
	}
	got := credctl(t, append(homeless, "XDG_STATE_HOME="+t.TempDir()), "", "katapult", "create", "--name", "x", "--region", "uk-lon-1", "--to", "json:~/k.json")
	assert.Equal(t, 2, got.status, got.stderr)
	assert.Contains(t, got.stderr, "the home folder is not known")
	assert.Empty(t, box.Requests(""), "no vendor was asked anything")

	got = credctl(t, bare, "", "katapult", "list")
	assert.Equal(t, 3, got.status, got.stderr)
	assert.NoFileExists(t, "ran")
	assert.Equal(t, 0, credctl(t, homeless, "", "katapult", "list").status, "what needs no home works")
	got = credctl(t, bare, sandbox.KatapultToken, "auth", "login", "katapult", "--yes")
	assert.Equal(t, 2, got.status, got.stderr)
	assert.Contains(t, got.stderr, "the home folder is not known", "before a token is stored")
}

// The token for completion may be in a file that a flag names, but not on standard
// input, which the shell has.
func TestCompletionReadsItsTokenFile(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	env = append(env, "KATAPULT_API_TOKEN=", "CREDCTL_KATAPULT_TOKEN=", "KATAPULT_API_KEY=")
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(sandbox.KatapultToken), 0o600))
	got := credctl(t, env, "", "__complete", "katapult", "get", "--token-file", file, "")
	assert.Contains(t, got.stdout, "objkey_sbxWebAssets0002")
	got = credctl(t, env, sandbox.KatapultToken, "__complete", "katapult", "get", "--token-file", "-", "")
	assert.NotContains(t, got.stdout, "objkey_")
}

// A name that a shell would take apart is quoted in what to run next.
func TestAProfileWithASpace(t *testing.T) {
	t.Parallel()
	got := credctl(t, privateVariables(t), "", "profile", "create", "a b; rm x")
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stderr, "credctl auth login --profile 'a b; rm x'\n")
}
