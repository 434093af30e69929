//go:build unix

package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// exposed returns the mode of every file and folder below dir that is not as private
// as it can be.
func exposed(t *testing.T, dir string) (found []string) {
	t.Helper()
	files := 0
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if !d.IsDir() {
			files++
		}
		if info.Mode().Perm()&0o077 != 0 {
			found = append(found, info.Mode().Perm().String()+" "+path)
		}
		return nil
	}))
	assert.Positive(t, files, "there is something to look at")
	return found
}

// Whatever credctl writes is for its user alone, also where the umask would let
// everybody in.
func TestAllFilesArePrivate(t *testing.T) {
	t.Parallel()
	s, env := withFaults(t, sandbox.Options{ProvisionDelay: -1}, "stratum:create:truncate:1")
	dir := t.TempDir()
	env = append(env, "HOME="+dir, "XDG_CONFIG_HOME="+filepath.Join(dir, "config"), "XDG_STATE_HOME="+filepath.Join(dir, "state"))
	p := prepareShell(t, env, `umask 000
		credctl config init &&
		printf %s "$KATAPULT_API_TOKEN" | credctl auth login katapult --yes &&
		credctl katapult create --name a --secret-file secret &&
		credctl katapult create --name b --to file:one --to json:two --to dotenv:three --to aws:four@four &&
		credctl katapult rotate `+katapultBackup+` --to file:five --verify none --grace 1h &&
		{ credctl stratum create --name c -o json; test $? = 9; }`)
	p.Dir = dir
	require.NoError(t, p.Run(), p.stderr.String())
	for _, name := range []string{"config/credctl/config.yaml", "config/credctl/tokens/default.katapult", "secret", "one", "two", "three", "four", "five"} {
		assert.FileExists(t, filepath.Join(dir, name))
	}
	assert.NotEmpty(t, kept(t, env))
	assert.Empty(t, exposed(t, dir))
	assert.NotEmpty(t, s.Requests(""))
}

// What credctl creates is not created where somebody has put a link before.
func TestLinksLeadNowhere(t *testing.T) {
	t.Parallel()
	s, env := inSandbox(t, sandbox.Options{ProvisionDelay: -1})
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	at := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, os.WriteFile(victim, []byte("untouched"), 0o600))
	require.NoError(t, os.Symlink(victim, at("symlink")))
	require.NoError(t, os.Symlink(at("nothing"), at("dangling")))
	require.NoError(t, os.Link(victim, at("hardlink")))
	for _, name := range []string{"victim", "symlink", "dangling", "hardlink", "."} {
		for _, args := range [][]string{
			{"katapult", "create", "--name", "x", "--secret-file", at(name)},
			{"config", "init", "--config", at(name)},
		} {
			got := credctl(t, env, "", args...)
			assert.Equal(t, 2, got.status, "%s: %s", args, got.stderr)
		}
	}
	got := credctl(t, env, "", "katapult", "create", "--name", "x", "--to", "file:"+at("hardlink"))
	assert.Equal(t, 5, got.status, got.stderr)
	assert.Contains(t, got.stderr, "hard links")
	assert.NoFileExists(t, at("nothing"))
	b, err := os.ReadFile(victim)
	require.NoError(t, err)
	assert.Equal(t, "untouched", string(b))
	assert.Zero(t, sent(s, "katapult", "create"), "all that is known before anything is issued")

	tokens := filepath.Join(valueOf(env, "XDG_CONFIG_HOME"), "credctl", "tokens")
	require.NoError(t, os.MkdirAll(tokens, 0o700))
	require.NoError(t, os.Link(victim, filepath.Join(tokens, "default.katapult")))
	got = credctl(t, env, sandbox.KatapultToken, "auth", "login", "katapult", "--yes")
	assert.Equal(t, 5, got.status, got.stderr)
	require.NoError(t, os.Remove(filepath.Join(tokens, "default.katapult")))
	require.NoError(t, os.Chmod(tokens, 0o777))
	got = credctl(t, env, sandbox.KatapultToken, "auth", "login", "katapult", "--yes")
	assert.Equal(t, 5, got.status, "a folder in which others can put files: %s", got.stderr)
	b, err = os.ReadFile(victim)
	require.NoError(t, err)
	assert.Equal(t, "untouched", string(b))
}

// An answer that cannot be read may be the only copy of a secret: it is kept, in a
// folder that is closed to others first.
func TestRecoveryIsKeptInAFolderOfOurs(t *testing.T) {
	t.Parallel()
	_, env := withFaults(t, sandbox.Options{}, "stratum:create:truncate")
	state := filepath.Join(valueOf(env, "XDG_STATE_HOME"), "credctl", "recovery")
	require.NoError(t, os.MkdirAll(state, 0o700))
	require.NoError(t, os.Chmod(state, 0o777))
	other := filepath.Join(state, "earlier")
	require.NoError(t, os.WriteFile(other, []byte("x"), 0o600))
	require.NoError(t, os.Chmod(other, 0o666))
	got := credctl(t, env, "", "stratum", "create", "--name", "x", "--secret-file", filepath.Join(t.TempDir(), "key"))
	assert.Equal(t, 9, got.status, got.stderr)
	assert.Contains(t, got.stderr, "note: closed "+state, "and it is said")
	assert.Contains(t, got.stderr, "the answer was saved to "+state)
	dir, err := os.Stat(state)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), dir.Mode().Perm())
	files, err := os.ReadDir(state)
	require.NoError(t, err)
	assert.Len(t, files, 2)
	for _, file := range files {
		info, err := file.Info()
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), file.Name())
	}
}

const tellEnvironment = `{ tr '\0' '\n' </proc/$$/cmdline; tr '\0' '\n' </proc/$$/environ; } >told`

func TestWhatACommandThatPrintsATokenLearns(t *testing.T) {
	t.Parallel()
	s, env := inSandbox(t, sandbox.Options{})
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yaml")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "get-token"), []byte("#!/bin/sh\ncd "+dir+"\n"+tellEnvironment+"\necho "+sandbox.KatapultToken+"\n"), 0o700))
	require.NoError(t, os.WriteFile(config, []byte("katapult: {token_command: ./get-token --for katapult}\n"), 0o600))
	env = append(without(env, "katapult"), "OTHER=variable", "MEDIANOVA_API_SECRET="+sandbox.MedianovaAPISecret)
	got := credctl(t, env, "", "katapult", "list", "--config", config)
	require.Equal(t, 0, got.status, got.stderr)
	assert.NotEmpty(t, s.Requests("katapult"))
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("there is no /proc")
	}
	told, err := os.ReadFile(filepath.Join(dir, "told"))
	require.NoError(t, err)
	assert.Contains(t, string(told), "get-token\n--for\nkatapult\n", "a path in the configuration begins at it")
	assert.Contains(t, string(told), "OTHER=variable")
	for _, secret := range []string{sandbox.MedianovaToken, sandbox.MedianovaAPISecret, sandbox.LosantToken, sandbox.StratumOperatorKey} {
		assert.NotContains(t, string(told), secret)
	}
}

// A file with a token in it that others can read is used, with one warning.
func TestATokenFileThatOthersCanRead(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	env = without(env, "stratum")
	file, config := filepath.Join(t.TempDir(), "token"), filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(file, []byte(sandbox.StratumOperatorKey+"\n"), 0o600))
	require.NoError(t, os.WriteFile(config, []byte("stratum: {token_file: "+file+"}\n"), 0o600))
	for mode, warned := range map[os.FileMode]bool{0o600: false, 0o400: false, 0o640: true, 0o604: true} {
		require.NoError(t, os.Chmod(file, mode))
		for _, way := range [][]string{{"--token-file", file}, {"--config", config}} {
			for _, command := range [][]string{
				{"list"},
				{"rotate", "3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f501", "--overlap", "--to", "file:" + filepath.Join(t.TempDir(), "new"), "--dry-run"},
			} {
				got := credctl(t, env, "", slices.Concat([]string{"stratum"}, command, way)...)
				assert.Equal(t, 0, got.status, got.stderr)
				want := 0
				if warned {
					want = 1
				}
				warning := fmt.Sprintf("credctl: warning: other users can read %s (mode %04o), which contains a secret; run: chmod 600 %[1]s\n", file, mode)
				assert.Equal(t, want, strings.Count(got.stderr, warning), "%s: %s", command, got.stderr)
			}
		}
	}
	require.NoError(t, os.Chmod(file, 0o644))
	policy := filepath.Join(t.TempDir(), "rotations.yaml")
	other := filepath.Join(t.TempDir(), "other")
	require.NoError(t, os.WriteFile(other, []byte(sandbox.KatapultToken), 0o644))
	require.NoError(t, os.WriteFile(config, []byte("stratum: {token_file: "+file+"}\nkatapult: {token_file: "+other+"}\n"), 0o600))
	require.NoError(t, os.WriteFile(policy, []byte(`rotations:
  - {name: a, provider: stratum, id: 3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f501, max_age: 1y, to: ["file:a"]}
  - {name: b, provider: katapult, id: objkey_sbxBackup0000001, max_age: 9y, to: ["file:b"]}
  - {name: c, provider: stratum, id: 3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f504, max_age: 1y, to: ["file:c"]}
`), 0o600))
	got := credctl(t, without(env, "katapult"), "", "rotate", "-f", policy, "--config", config)
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, 1, strings.Count(got.stderr, file+" (mode"), "between others, too: %s", got.stderr)
	assert.Equal(t, 1, strings.Count(got.stderr, other+" (mode"), got.stderr)
	got = credctl(t, env, "", "stratum", "list", "--config", config, "-q")
	assert.Empty(t, got.stderr)
	got = credctl(t, append(env, "STRATUM_API_KEY="+sandbox.StratumOperatorKey), "", "stratum", "list", "--config", config)
	assert.Empty(t, got.stderr, "it is not used")
	token, err := os.ReadFile(file)
	require.NoError(t, err)
	got = credctl(t, env, string(token), "stratum", "list", "--token-file", "-")
	assert.Equal(t, outcome{got.stdout, "", 0}, got)
}

func TestATokenCommandThatFails(t *testing.T) {
	t.Parallel()
	v := serve(t, listNothing)
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yaml")
	env := append(privateVariables(t), "STRATUM_BASE_URL="+v.URL)
	for name, c := range map[string]struct {
		command string
		status  int
		want    string
	}{
		"it says why":        {`[sh, -c, "echo the vault is sealed >&2; exit 3"]`, 3, "exit status 3: the vault is sealed"},
		"it says the token":  {`[sh, -c, "echo CANARY-token; echo tried CANARY-token in vain >&2; exit 1"]`, 3, "tried [redacted] in vain"},
		"it says it hostile": {`[sh, -c, 'printf "a\033[2Jb" >&2; exit 1']`, 3, ": a"},
		"it says too much":   {`[sh, -c, "yes why >&2 & sleep 0.2; kill $!; exit 1"]`, 3, "exit status 1: …"},
		"it prints nothing":  {`["true"]`, 3, "token_command true: the command printed nothing"},
		"it prints too much": {`["yes"]`, 3, "token_command yes: it was stopped: the command printed more than 1 MiB"},
		"it prints two":      {`[printf, 'CANARY\nb']`, 2, "a space or another character"},
		"it prints a NUL":    {`[printf, 'CANARY\0b']`, 2, "a space or another character"},
		"it is not there":    {`no-such-command`, 3, "no-such-command"},
		"it is empty":        {`[]`, 2, "token_command: the command is empty"},
		"its name is empty":  {`['', x]`, 2, "token_command: the command is empty"},
		"it needs a shell":   {`echo 'a b'`, 2, "quotes have no meaning without a shell"},
		"it has no shell":    {`echo $HOME;id`, 0, ""}, // one argument, as it stands there
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(config, []byte("stratum:\n  token_command: "+c.command+"\n"), 0o600))
			got := credctl(t, append(env, "PATH="+os.Getenv("PATH")), "", "stratum", "list", "--config", config)
			assert.Equal(t, c.status, got.status, got.stderr)
			assert.Contains(t, got.stderr, c.want)
			assert.NotContains(t, got.stderr, "CANARY")
			assert.NotContains(t, got.stderr, "\x1b")
			assert.Less(t, len(got.stderr), 3000)
			if c.status != 0 {
				assert.Empty(t, got.stdout)
				return
			}
			assert.Equal(t, "$HOME;id", v.last.Get("X-Api-Key"))
		})
	}
}

// A setting is no way into a header or a path.
func TestSettingsWithControlCharacters(t *testing.T) {
	t.Parallel()
	v := serve(t, listNothing)
	for _, setting := range []string{"KATAPULT_ORGANIZATION", "CREDCTL_KATAPULT_REGION", "CREDCTL_LOSANT_ACCEPT_VERSION", "LOSANT_APPLICATION_ID", "STRATUM_TENANT_ID", "MEDIANOVA_ORG", "STRATUM_BASE_URL"} {
		for _, text := range []string{"a\nX-Evil: b", "a\r\nb", "a\x1bb"} {
			vendor, _, _ := strings.Cut(strings.ToLower(strings.TrimPrefix(setting, "CREDCTL_")), "_")
			got := credctl(t, append(v.env, setting+"="+text), "", vendor, "list")
			assert.Equal(t, 2, got.status, "%s=%q: %s", setting, text, got.stderr)
			assert.NotContains(t, got.stderr, "\x1b")
		}
	}
	got := credctl(t, v.env, "", "losant", "list", "--accept-version", "a\nX-Evil: b")
	assert.Equal(t, 2, got.status, got.stderr)
	assert.Empty(t, v.requests(""))
	credctl(t, v.env, "", "katapult", "list", "--org", `it's "quoted" & /../`)
	assert.NotEmpty(t, v.requests("GET "), "quotes and slashes are characters of a value")
	for _, r := range v.requests("") {
		assert.NotContains(t, r, "quoted", "not of the path")
	}
}

// A journal whose identity is lost or damaged cannot keep a secret: a dry run says so
// by the exit status of the real one.
func TestADryRunChecksTheIdentity(t *testing.T) {
	t.Parallel()
	for status, spoil := range map[int]func(path string) error{
		5: os.Remove,
		2: func(path string) error { return os.WriteFile(path, nil, 0o600) },
	} {
		s := newScene(t, sandbox.Options{})
		require.Equal(t, 0, s.run("katapult", "create", "--name", "first", "--region", "uk-lon-1", "--to", "file:first").status)
		require.NoError(t, spoil(filepath.Join(s.state(), "identity", "age.txt")))
		before := len(s.changing("katapult"))
		for _, args := range [][]string{
			{"create", "--name", "n", "--region", "uk-lon-1", "--to", "file:new"},
			{"generate", "objkey_sbxStaging000003", "--to", "file:new"},
			{"rotate", katapultWeb, "--to", "file:new"},
		} {
			for _, more := range []string{"--dry-run", "--yes"} {
				got := s.run(append(append([]string{"katapult"}, args...), more)...)
				assert.Equal(t, status, got.status, "%s %s: %s", args, more, got.stderr)
				assert.Contains(t, got.stderr, "state identity")
			}
		}
		assert.Len(t, s.changing("katapult"), before)
	}
}
