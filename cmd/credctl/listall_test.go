package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// inProfiles returns an environment with these profiles, each with the tokens of some
// vendors in files, and nothing in variables but where the APIs are.
func inProfiles(t *testing.T, env []string, config string) []string {
	t.Helper()
	env = without(env, sandboxed()...)
	folder := filepath.Join(valueOf(env, "XDG_CONFIG_HOME"), "credctl")
	require.NoError(t, os.MkdirAll(folder, 0o700))
	for name, token := range map[string]string{
		"katapult": sandbox.KatapultToken, "losant": sandbox.LosantToken, "stratum": sandbox.StratumOperatorKey, "wrong": "wrong",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(token), 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "config.yaml"), []byte(config), 0o600))
	return env
}

// A profile that has settings of a vendor, and no token, is named; a vendor that other
// profiles reach is not missed elsewhere.
func TestAProfileWithoutItsToken(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	env = inProfiles(t, env, threeProfiles+"  new: {losant: {application: 66a0c0de5eed000000000001}}\n")
	got := credctl(t, env, "", "list", "--all-profiles", "-o", "name")
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, "note: not listed: medianova: no Medianova token found\nnote: not listed: losant (profile new): no Losant token found\n", got.stderr)
}

const threeProfiles = `profiles:
  work:
    katapult: {token_file: katapult}
    losant: {token_file: losant}
  client:
    katapult: {token_file: katapult, region: nowhere}
    stratum: {token_file: stratum}
  bare: {}
`

func rowsOf(t *testing.T, got outcome) (rows []string) {
	t.Helper()
	var all []struct{ Provider, Profile, ID, Name string }
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &all), got.stderr)
	for _, c := range all {
		rows = append(rows, strings.Join(strings.Fields(c.Provider+" "+c.Profile+" "+c.Name), " "))
	}
	return rows
}

// Profiles are listed at once, in the order of vendors and profiles; an account that two
// profiles reach is listed once.
func TestListOfSeveralProfiles(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	env = inProfiles(t, env, threeProfiles)
	got := credctl(t, env, "", "list", "--all-profiles", "-o", "json")
	assert.Equal(t, 0, got.status, got.stderr)
	want := []string{
		"katapult client backup", "katapult client web-assets", "katapult client staging",
		"losant work mqtt-client", "losant work reporting", "losant work warehouse", "losant work erp-api", "losant work archive-s3",
		"stratum client backup-job", "stratum client contractor", "stratum client old-ci", "stratum client ci-deploy",
	}
	assert.Equal(t, want, rowsOf(t, got))
	valid(t, published(t, "list"), "a list of profiles", got.stdout)
	for range 3 {
		assert.Equal(t, got.stdout, credctl(t, env, "", "list", "--all-profiles", "-o", "json").stdout)
	}
	got = credctl(t, env, "", "list", "--profile", "work", "--profile", "client", "--vendor", "katapult", "-o", "csv", "--columns", "provider,profile,name")
	assert.Equal(t, outcome{stdout: "provider,profile,name\nkatapult,work,backup\nkatapult,work,web-assets\nkatapult,work,staging\n"}, withoutNotes(got))
	got = credctl(t, env, "", "list", "--profile", "work", "-o", "json")
	assert.Equal(t, []string{"katapult backup", "katapult web-assets", "katapult staging"}, rowsOf(t, got)[:3], "one profile needs no name")
	got = credctl(t, env, "", "--profile", "work", "list", "-o", "name")
	assert.Equal(t, 8, strings.Count(got.stdout, "\n"), got.stderr)
}

// withoutNotes returns an outcome without the notes on standard error.
func withoutNotes(got outcome) outcome {
	var kept []string
	for line := range strings.Lines(got.stderr) {
		if !strings.HasPrefix(line, "note: ") {
			kept = append(kept, line)
		}
	}
	got.stderr = strings.Join(kept, "")
	return got
}

// A vendor that fails is named with its profile; the others are whole.
func TestOneOfTheListedFails(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{Faults: []sandbox.Fault{{Vendor: "losant", Verb: "list", Status: 500}}})
	env = inProfiles(t, env, threeProfiles+"  old: {stratum: {token_file: wrong}}\n")
	for _, format := range []string{"json", "jsonl"} {
		got := credctl(t, env, "", "list", "--all-profiles", "-o", format)
		assert.Equal(t, 8, got.status)
		assert.Equal(t, 7, strings.Count(got.stdout, `"kind":`))
		assert.Contains(t, got.stderr, `losant (profile work): `)
		assert.Contains(t, got.stderr, `stratum (profile old): `)
		assert.NotContains(t, got.stderr, "katapult", "it was listed")
	}
}

// A list that breaks off is not the only failure that is named.
func TestAllThatFailAreNamed(t *testing.T) {
	t.Parallel()
	_, env := withFaults(t, sandbox.Options{Count: 350}, "katapult:list:500:1+", "losant:list:500:9")
	for _, format := range []string{"json", "jsonl"} {
		got := credctl(t, env, "", "list", "-o", format)
		assert.Equal(t, 8, got.status)
		assert.Contains(t, got.stderr, "katapult: ")
		assert.Contains(t, got.stderr, "losant: ")
	}
}

// A vendor that is named must have a token in one of the profiles.
func TestListOfANamedVendor(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	env = inProfiles(t, env, threeProfiles)
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"--profile", "work", "--vendor", "stratum"}, 3, "no Stratum token found"},
		{[]string{"--all-profiles", "--vendor", "medianova"}, 3, "no Medianova token found"},
		{[]string{"--profile", "bare"}, 3, "no vendor is configured"},
		{[]string{"--vendor", "stratun"}, 2, "stratum"},
		{[]string{"--profile", "wok"}, 2, `did you mean "work"?`},
		{[]string{"--profile", "work", "--profile", "wok"}, 2, `no profile "wok"`},
		{[]string{"--profile", "work", "--all-profiles"}, 2, "cannot be combined"},
		{[]string{"--sort", "creatd"}, 2, "did you mean created?"},
		{[]string{"--limit", "-1"}, 2, "--limit cannot be negative"},
		{[]string{"--name", "["}, 2, `--name "[" is not a pattern`},
		{[]string{"--older-than", "90"}, 2, `--older-than: "90": a duration is a whole number with`},
		{[]string{"--all-profiles", "--vendor", "stratum", "-o", "name"}, 0, ""},
	} {
		got := credctl(t, env, "", append([]string{"list"}, c.args...)...)
		assert.Equal(t, c.status, got.status, "%v: %s", c.args, got.stderr)
		assert.Contains(t, got.stderr, c.says, c.args)
	}
}

// The flags that select, sort and limit work together.
func TestListSelects(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--status", "revoked,expired", "--sort", "name"}, "contractor old-ci"},
		{[]string{"--name", "*-assets"}, "web-assets web-assets"},
		{[]string{"--vendor", "katapult", "--vendor", "stratum", "--sort", "created", "--limit", "3"}, "ci-deploy backup old-ci"},
		{[]string{"--vendor", "losant", "--sort", "name", "--limit", "2"}, "archive-s3 erp-api"},
		{[]string{"--unused", "45d", "--status", "expired"}, "contractor"},
		{[]string{"--name", "nothing*"}, ""},
	} {
		got := credctl(t, env, "", append([]string{"list", "-o", "template={{.name}}"}, c.args...)...)
		assert.Equal(t, 0, got.status, got.stderr)
		assert.Equal(t, c.want, strings.Join(strings.Fields(got.stdout), " "), c.args)
	}
	got := credctl(t, env, "", "list", "--vendor", "medianova", "--older-than", "1d", "-o", "json")
	assert.Equal(t, outcome{stdout: "[]\n", stderr: "note: credentials left out by --older-than: 2 (the vendor does not report when they were created)\n"}, got)
}
