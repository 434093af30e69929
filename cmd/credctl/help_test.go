package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/cli/help"
	"github.com/credctl/credctl/internal/sandbox"
)

// TestTheFirstScreen: without a configuration credctl alone shows all commands, in
// groups, on a terminal of 24 lines.
func TestTheFirstScreen(t *testing.T) {
	t.Parallel()
	got := credctl(t, privateVariables(t), "")
	require.Equal(t, 0, got.status, got.stderr)
	lines := strings.Split(strings.TrimRight(got.stdout, "\n"), "\n")
	assert.LessOrEqual(t, len(lines), 24, got.stdout)
	for _, line := range lines {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), 80, line)
	}
	at := -1
	for _, group := range []string{"\nVendors:\n", "\nCredentials:\n", "\nSetup:\n", "\nOther: "} {
		next := strings.Index(got.stdout, group)
		assert.Greater(t, next, at, group)
		at = next
	}
	for _, name := range append(sandboxed(), "list", "rotate", "rotation", "auth", "config", "sandbox", "completion", "help", "version") {
		assert.Regexp(t, `(?m)^(  |Other: )(.*, )?`+name+`\b`, got.stdout)
	}
	assert.NotContains(t, got.stdout, "--timeout")
	for _, args := range [][]string{{"help"}, {"--help"}, {"-h"}} {
		assert.Equal(t, got.stdout, credctl(t, privateVariables(t), "", args...).stdout, args)
	}
}

// TestCredctlAloneShowsWhatIsConfigured, and what needs attention.
func TestCredctlAloneShowsWhatIsConfigured(t *testing.T) {
	t.Parallel()
	s, env := inSandbox(t, sandbox.Options{ProvisionDelay: -1})
	got := credctl(t, env, "")
	require.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stdout, "  katapult   token: KATAPULT_API_TOKEN, org acme, region uk-lon-1\n")
	assert.Contains(t, got.stdout, "\nNext:\n  credctl list ")
	assert.NotContains(t, got.stdout, "Unfinished")
	assert.Empty(t, s.Requests(""), "nothing is asked of a vendor")

	file := "file:" + filepath.Join(t.TempDir(), "key")
	rotated := credctl(t, env, "", "katapult", "rotate", katapultWeb, "--to", file, "--verify", "none", "--grace", "24h", "-o", "json")
	require.Equal(t, 0, rotated.status, rotated.stderr)
	got = credctl(t, env, "")
	assert.Contains(t, got.stdout, "\nRotations in the grace period: 1\n  katapult   web-assets (objkey_")
	assert.Contains(t, got.stdout, ") keeps the old credential until ")
	assert.NotContains(t, got.stdout, katapultWeb, "the list has the replacement")
	assert.NotContains(t, got.stdout, "Unfinished")
	assert.NotContains(t, got.stdout, "rotation resume")

	stopped := credctl(t, env, "", "katapult", "rotate", "objkey_sbxBackup0000001", "--to", "exec:exit 1", "-o", "json")
	require.NotEqual(t, 0, stopped.status)
	got = credctl(t, env, "")
	assert.Contains(t, got.stdout, "\nUnfinished rotations: 1\n  katapult   backup (objkey_")
	assert.NotContains(t, got.stdout, "objkey_sbxBackup0000001", "the list has the replacement")
	assert.Contains(t, got.stdout, "\nRotations in the grace period: 1\n")
	assert.Contains(t, got.stdout, "\nNext:\n  credctl rotation resume --all ")
	assert.NotContains(t, got.stdout, "Policies")

	policy := filepath.Join(t.TempDir(), "my rotations.yaml")
	require.NoError(t, os.WriteFile(policy, []byte("rotations:\n  - {name: gone, provider: katapult, id: objkey_sbxGone00000000001, max_age: 30d, to: ['"+file+"']}\n"), 0o600))
	require.NotEqual(t, 0, credctl(t, env, "", "rotate", "-f", policy).status)
	got = credctl(t, env, "")
	assert.Contains(t, got.stdout, "\nPolicies:\n  "+policy+": the last run failed (exit status ")
	assert.Contains(t, got.stdout, "\n  credctl rotate -f '"+policy+"'\n    rotate the credentials that are due\n")
}

func TestTheHelpOfACommand(t *testing.T) {
	t.Parallel()
	create := credctl(t, nil, "", "katapult", "create", "--help").stdout
	assert.Equal(t, create, credctl(t, nil, "", "help", "katapult", "create").stdout)
	assert.Regexp(t, `--name name +name of the new credential \(required\)`, create)
	assert.Regexp(t, `(?s)--org ID  .*\(required\).*--region region .*\(required\)`, create)
	assert.Contains(t, create, "Aliases:\n  create, new, add\n")
	assert.Contains(t, create, `See "credctl help options"`)
	for _, global := range []string{"--timeout", "--jq", "--quiet"} {
		assert.NotContains(t, create, global)
	}
	list := credctl(t, nil, "", "katapult", "list", "--help").stdout
	assert.Regexp(t, `(?s)--org ID  .*\(required\).*--region`, list)
	assert.NotRegexp(t, `--region.*\(required\)`, list)
	assert.NotContains(t, list, "--secret-file")
	assert.Contains(t, credctl(t, nil, "", "losant", "rotate", "--help").stdout, "--to ", "a new public key is delivered")
	assert.NotContains(t, credctl(t, nil, "", "losant", "update", "--help").stdout, "--to ")
	for _, flag := range []string{"--overlap", "--in-place"} { // only where the vendor can
		assert.Equal(t, flag == "--in-place", strings.Contains(credctl(t, nil, "", "losant", "rotate", "--help").stdout, flag))
		assert.Equal(t, flag == "--overlap", strings.Contains(credctl(t, nil, "", "medianova", "rotate", "--help").stdout, flag))
	}
}

// TestAHelpBeginsWithHowToCall: the first screen of 24 lines shows the usage and an
// example, and what is looked up comes after the flags.
func TestAHelpBeginsWithHowToCall(t *testing.T) {
	t.Parallel()
	for _, cmd := range commandTree(t) {
		var b strings.Builder
		require.NoError(t, help.Page(&b, cmd, 80))
		lines := strings.Split(b.String(), "\n")
		first := strings.Join(lines[:min(24, len(lines))], "\n")
		assert.True(t, strings.HasPrefix(first, "Usage:\n  credctl "), cmd.CommandPath())
		assert.NotContains(t, first, "Destinations for --to:", cmd.CommandPath())
	}
	create := credctl(t, nil, "", "losant", "create", "--help").stdout
	at := -1
	for _, part := range []string{"Usage:\n", "\nExamples:\n", "\nFlags:\n", "\nAccount flags:\n", "\nFields of each type:\n\nTYPE ", "\nSee \""} {
		next := strings.Index(create, part)
		assert.Greater(t, next, at, part)
		at = next
	}
	for columns, width := range map[int]int{200: 100, 90: 90, 0: 80} {
		var b strings.Builder
		require.NoError(t, help.Page(&b, find(t, "credctl katapult rotate"), columns))
		widest := 0
		for line := range strings.Lines(b.String()) {
			widest = max(widest, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")))
		}
		assert.LessOrEqual(t, widest, width)
		assert.Greater(t, widest, width-8)
	}
}

// TestAHelpFitsEveryTerminal: no line of a page is wider than the terminal, unless it is one
// word, and what is copied from a narrow one is the same command.
func TestAHelpFitsEveryTerminal(t *testing.T) {
	t.Parallel()
	for _, cmd := range commandTree(t) {
		for _, width := range []int{40, 80, 100} {
			var b strings.Builder
			require.NoError(t, help.Page(&b, cmd, width))
			for line := range strings.Lines(b.String()) {
				words := strings.Fields(strings.TrimSuffix(strings.TrimRight(line, "\n"), ` \`))
				if len(words) > 1 && !strings.ContainsAny(words[0], `'"`) {
					assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimRight(line, "\n")), width, "%s: %s", cmd.CommandPath(), line)
				}
			}
			joined := func(text string) string {
				return strings.Join(strings.Fields(strings.ReplaceAll(text, "\\\n", " ")), " ")
			}
			for line := range strings.Lines(strings.ReplaceAll(help.Example(cmd), "\\\n", " ")) {
				if !strings.HasPrefix(line, "#") {
					assert.Contains(t, joined(b.String()), joined(line), cmd.CommandPath())
				}
			}
		}
	}
}

// find returns the command that is called so.
func find(t *testing.T, path string) *cobra.Command {
	t.Helper()
	all := commandTree(t)
	i := slices.IndexFunc(all, func(cmd *cobra.Command) bool { return cmd.CommandPath() == path })
	require.GreaterOrEqual(t, i, 0, path)
	return all[i]
}

func TestTheTopicsOfHelp(t *testing.T) {
	t.Parallel()
	for topic, says := range map[string]string{
		"concepts": "grace period", "environment": "CREDCTL_KATAPULT_ORG, KATAPULT_ORGANIZATION", "exit-codes": "rate limited",
		"options": "--timeout duration", "output": "jsonl", "policy": "max_age: 30d",
	} {
		got := credctl(t, nil, "", "help", topic)
		assert.Equal(t, 0, got.status, topic)
		assert.Contains(t, got.stdout, says, topic)
	}
	got := credctl(t, nil, "", "help", "polcy")
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.stderr, `hint: did you mean "credctl help policy"?`)
}

func TestFlagsOfResultsNeedResults(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"sandbox --columns id -- true", "completion bash --jq .", "completion install --no-headers"} {
		got := credctl(t, privateVariables(t), "", strings.Fields(args)...)
		assert.Equal(t, 2, got.status, args)
		assert.Contains(t, got.stderr, "is not supported by credctl ", args)
	}
}
