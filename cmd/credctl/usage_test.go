package main

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/sandbox"
)

func TestExitCodes(t *testing.T) {
	t.Parallel()
	help := credctl(t, nil, "", "help", "exit-codes")
	require.Equal(t, 0, help.status)
	assert.Equal(t, exit.Help, strings.TrimSpace(help.stdout)+"\n")
	listed := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^ +(\d+)  `).FindAllStringSubmatch(help.stdout, -1) {
		listed[m[1]] = true
	}
	for _, s := range exit.Statuses() {
		assert.True(t, listed[strconv.Itoa(s.Number)], "%d %s", s.Number, s.Code)
	}
	for _, class := range []error{
		provider.ErrUsage, provider.ErrInvalid, provider.ErrDenied, provider.ErrNotFound, provider.ErrRefused, provider.ErrConflict, provider.ErrVerify,
		provider.ErrPartial, provider.ErrPending, provider.ErrRateLimited, provider.ErrUnavailable, provider.ErrLocked, provider.ErrUnknown,
	} {
		code, status := exit.Of(class)
		assert.NotEqual(t, "error", code, class)
		assert.NotEqual(t, 1, status, class)
	}
}

// about is what an error says that it is about.
type about struct{ provider, verb, id string }

func TestAnErrorIsJSONWhateverIsWrong(t *testing.T) {
	t.Parallel()
	s, env := inSandbox(t, sandbox.Options{})
	for args, want := range map[string]about{
		"katapult list --regoin x -o json":            {"katapult", "list", ""},
		"katapult list --timeout soon --output=json":  {"katapult", "list", ""},
		"katapult list --max-wait x --jq .":           {"katapult", "list", ""},
		"katapult list --max-wait -1s -o json":        {"katapult", "list", ""},
		"katapult list --token-file /nope -ojsonl":    {"katapult", "list", ""},
		"katapult list extra -o json":                 {"katapult", "list", ""},
		"katapult list --columns id -o json":          {"katapult", "list", ""},
		"katapult create --region -o json":            {"katapult", "create", ""},
		"katapult get a/b -o json":                    {"katapult", "get", "a/b"},
		"losant create --set k -o json":               {"losant", "create", ""},
		"katpult list -o json":                        {},
		"katapult lst -o json":                        {"katapult", "", ""},
		"sandbox --fault x -o json":                   {},
		"sandbox --port 70000 -o json":                {},
		"completion fosh -o json":                     {},
		"config nope -o json":                         {},
		"version extra -o json":                       {},
		"help nope -o json":                           {},
		"list extra -o json":                          {},
		"stratum update x -o json":                    {"stratum", "update", "x"},
		"stratum list --status no -o json":            {"stratum", "list", ""},
		"losant list --sort no -o json":               {"losant", "list", ""},
		"katapult list --config /nope -o json":        {"katapult", "list", ""},
		"stratum create --rate-limit-max 0 -o json":   {"stratum", "create", ""},
		"stratum list --days 3 -o json":               {"stratum", "list", ""},
		"katapult list --base-url http://x.y -o json": {"katapult", "list", ""},
	} {
		got := credctl(t, env, "", strings.Fields(args)...)
		assert.Equal(t, 2, got.status, "%s: %s", args, got.stderr)
		assert.Empty(t, got.stdout, args)
		e := failed(t, got)
		assert.Equal(t, "usage", e.Code, args)
		said := about{e.Provider, e.Verb, e.ID}
		assert.Equal(t, want, said, args)
	}
	assert.Empty(t, s.Requests(""), "nothing was asked of a vendor")
}

func TestTheSandboxEndsAsItsCommand(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -9 $$": 137} {
		got := credctl(t, privateVariables(t), "", "sandbox", "--", "/bin/sh", "-c", script)
		assert.Equal(t, want, got.status, "%s: %s", script, got.stderr)
		assert.Empty(t, got.stderr)
	}
}

func TestTheHelpOfTheSandboxHasEveryFault(t *testing.T) {
	t.Parallel()
	help := credctl(t, nil, "", "sandbox", "--help").stdout
	_, kinds, found := strings.Cut(credctl(t, nil, "", "sandbox", "--fault", "katapult:get:explode", "--", "true").stderr, "(valid: a status, ")
	require.True(t, found)
	for kind := range strings.SplitSeq(strings.TrimSuffix(strings.TrimSpace(kinds), ")"), ", ") {
		assert.Contains(t, help, "\n    "+kind+" ")
	}
	assert.Contains(t, help, "\n    STATUS-after ")
	assert.Contains(t, help, "[:[SKIP+]TIMES[:WAIT]]")
}
