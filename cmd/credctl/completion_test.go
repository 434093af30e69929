package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// offered returns what a shell offers for the last of args.
func offered(t *testing.T, env []string, args ...string) (values []string) {
	t.Helper()
	p := prepare(t, env, append([]string{"__complete"}, args...)...)
	require.NoError(t, p.Run(), p.stderr.String())
	lines := strings.Split(strings.TrimSpace(p.stdout.String()), "\n")
	for _, line := range lines[:len(lines)-1] { // the last is a directive
		value, _, _ := strings.Cut(line, "\t")
		values = append(values, value)
	}
	return values
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	for _, line := range []string{"stratum role create readers --scopes read", "profile create work", "profile create home"} {
		require.Equal(t, 0, credctl(t, env, "", strings.Fields(line)...).status, line)
	}
	for line, want := range map[string]string{
		"katapult get ": "objkey_sbxBackup0000001 objkey_sbxWebAssets0002 objkey_sbxStaging000003",
		"katapult get objkey_sbxBackup0000001 ob": "objkey_sbxWebAssets0002 objkey_sbxStaging000003",
		"katapult rotate --name ":                 "backup web-assets staging",
		"katapult delete --name w":                "web-assets",
		"katapult create --name ":                 "",
		"katapult create --region ":               "uk-lon-1",
		"medianova create --bucket ":              "assets logs",
		"medianova create --bucket assets,":       "assets,logs",
		"katapult rotate x --verify ":             "auto none exec:",
		"katapult list -o ":                       "table wide json jsonl yaml csv name template=",
		"version --columns ":                      "version go platform latest newer url",
		"version --columns go,":                   "go,version go,platform go,latest go,newer go,url",
		"completion ":                             "bash fish install powershell zsh",
		"completion install ":                     "bash zsh fish powershell",
		"stratum create --role ":                  "readers",
		"stratum rotate x --role r":               "readers",
		"stratum rotate x --role w":               "",
		"--profile ":                              "home work",
		"profile use ":                            "home work",
		"help ex":                                 "exit-codes",
		"help katapult g":                         "generate get",
		"stratum list --status ":                  "active revoked expired",
		"sandbox -o ":                             "",
	} {
		words := strings.Split(line, " ")
		assert.Equal(t, strings.Fields(want), append([]string{}, offered(t, env, words...)...), line)
	}
	got := credctl(t, env, "", "__complete", "katapult", "list", "--o")
	assert.Contains(t, got.stdout, "--org\tID or subdomain of the organization\n")
	for _, command := range []string{"list", "katapult create", "medianova update", "losant rotate", "audit", "rotate", "sandbox"} {
		assert.NotContains(t, credctl(t, env, "", append([]string{"__complete"}, append(strings.Fields(command), "--")...)...).stdout, "`", command)
	}
	assert.Contains(t, offered(t, env, "katapult", "create", "-o", ""), "dotenv")
	assert.Contains(t, offered(t, env, "katapult", "list", "--columns", "id,"), "id,last_used")
	assert.NotContains(t, offered(t, env, "katapult", "list", "--columns", "id,"), "id,id")
	for _, command := range []string{"katapult create", "katapult rotate x", "rotation resume x"} {
		assert.Contains(t, offered(t, env, append(strings.Fields(command), "--to", "")...), "dotenv:", command)
	}
}

// TestCompletionOfBash works without the bash-completion package.
func TestCompletionOfBash(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	_, env := inSandbox(t, sandbox.Options{})
	p := execute(t, env, bash, "--norc", "--noprofile", "-c", `
compopt() { :; }
source <(credctl completion bash)
try() { COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; COMPREPLY=(); __start_credctl; echo "${COMPREPLY[*]}"; }
try credctl kat
try credctl katapult get --name w
try credctl stratum list --status = rev
`)
	require.NoError(t, p.Run(), p.stderr.String())
	assert.Empty(t, p.stderr.String())
	assert.Equal(t, []string{"katapult", "web-assets", "revoked"}, strings.Fields(p.stdout.String()))
}

func TestCompletionOfFish(t *testing.T) {
	t.Parallel()
	fish, err := exec.LookPath("fish")
	if err != nil {
		t.Skip("fish is not installed")
	}
	_, env := inSandbox(t, sandbox.Options{})
	p := execute(t, env, fish, "--no-config", "-c", `credctl completion fish | source
complete -C "credctl kat"
complete -C "credctl katapult get --name w"
complete -C "credctl katapult rotate x --to fi"`)
	require.NoError(t, p.Run(), p.stderr.String())
	assert.Equal(t, "katapult\tKatapult object storage\nweb-assets\tobjkey_sbxWebAssets0002\nfile:\tfile that contains only the secret (PATH)\n", p.stdout.String())
}

func TestCompletionOfZsh(t *testing.T) {
	t.Parallel()
	zsh, err := exec.LookPath("zsh")
	if err != nil {
		t.Skip("zsh is not installed")
	}
	_, env := inSandbox(t, sandbox.Options{})
	p := execute(t, env, zsh, "-f", "-c", `autoload -Uz compinit; compinit -u -D; source <(credctl completion zsh)
echo $_comps[credctl]; whence -w _credctl`)
	require.NoError(t, p.Run(), p.stderr.String())
	assert.Equal(t, "_credctl\n_credctl: function\n", p.stdout.String())
}

func TestCompletionInstall(t *testing.T) {
	t.Parallel()
	for shell, path := range map[string]string{
		"bash": ".local/share/bash-completion/completions/credctl", "zsh": ".local/share/zsh/site-functions/_credctl", "fish": ".config/fish/completions/credctl.fish",
	} {
		home := t.TempDir()
		require.NoError(t, os.Chmod(home, 0o700))
		env := []string{"HOME=" + home, "SHELL=/usr/bin/" + shell}
		for range 2 { // it may be repeated
			got := credctl(t, env, "", "completion", "install")
			require.Equal(t, 0, got.status, got.stderr)
			assert.Contains(t, got.stderr, "Installed "+filepath.Join(home, filepath.FromSlash(path)))
		}
		script, err := os.ReadFile(filepath.Join(home, filepath.FromSlash(path)))
		require.NoError(t, err)
		assert.Equal(t, credctl(t, env, "", "completion", shell).stdout, string(script))
	}
	_, env := inSandbox(t, sandbox.Options{})
	got := credctl(t, append(env, "CREDCTL_SANDBOX="), "", "completion", "install", "fish")
	assert.Contains(t, got.stderr, "Start a new shell to use it.")
	p := execute(t, env, "credctl", "sandbox", "--", "credctl", "completion", "install", "bash")
	require.NoError(t, p.Run(), p.stderr.String())
	assert.Contains(t, p.stderr.String(), ", which the sandbox removes when it ends. For your own shells, run the same command outside the sandbox.")
	assert.NotContains(t, p.stderr.String(), "~/.bashrc")

	got = credctl(t, privateVariables(t, "SHELL=/bin/dash"), "", "completion", "install")
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.stderr, `no completion for the shell "dash" (valid: bash, zsh, fish, powershell)`)
	assert.Contains(t, got.stderr, "hint: to name the shell, run: credctl completion install bash")
}
