package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/sandbox"
)

// TestAFirstSessionSaysWhatToDo: without any token, each command says what to do next, of
// no vendor that the user did not name.
func TestAFirstSessionSaysWhatToDo(t *testing.T) {
	t.Parallel()
	env := append(privateVariables(t), "CREDCTL_KEYRING=off")
	got := credctl(t, env, "", "list")
	assert.Equal(t, outcome{"", "credctl: list: no vendor is configured\nhint: run: credctl auth login; to try credctl without an account, run: credctl sandbox -- credctl list\n", 3}, got)
	got = credctl(t, append(env, "KATAPULT_ORGANIZATION=acme"), "", "audit")
	assert.Contains(t, got.stderr, ": no vendor is configured: no Katapult token found\n")

	for args, want := range map[string]string{
		"auth login katapul": "credctl: unknown vendor \"katapul\"\nhint: did you mean katapult?\n",
		"auth login x":       "credctl: unknown vendor \"x\"\nhint: valid vendors: medianova, katapult, losant, stratum\n",
		"auth login sometoken123": "credctl: unexpected argument: tokens cannot be passed as arguments, because other users can read them\n" +
			"hint: pass --token-file FILE, or leave out the token to be asked for it\n",
		"auth login katapult CANARY": "credctl: unexpected argument: tokens cannot be passed as arguments, because other users can read them\n" +
			"hint: pass --token-file FILE, or leave out the token to be asked for it\n",
	} {
		assert.Equal(t, outcome{"", want, 2}, credctl(t, env, "", strings.Fields(args)...), args)
	}
	status, screen := sit(t, env, "auth", "status").status()
	assert.Equal(t, 0, status, screen)
	assert.Contains(t, screen, "To store a token, run: credctl auth login\r\n")
	assert.NotContains(t, credctl(t, env, "", "auth", "status").stderr, "credctl", "a pipe gets the table")
}

// TestALoginThatStoresNothing says why, and how to continue.
func TestALoginThatStoresNothing(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	got := credctl(t, env, sandbox.KatapultToken, "auth", "login", "katapult")
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.stderr, "credctl: auth login katapult: No system keyring is available (CREDCTL_KEYRING is off), and storing the token in a file needs confirmation\nhint: to store it in ")
	assert.Contains(t, got.stderr, ", readable only by you, pass --yes\n")

	p := sit(t, env, "auth", "login", "katapult")
	p.isAsked("(not shown): ")
	p.types(sandbox.KatapultToken + "\n")
	p.sees("readable only by you? [y/N] ")
	p.types("maybe\n")
	p.sees("Answer y for yes or n for no [y/N] ")
	p.types("n\n")
	status, screen := p.status()
	assert.Equal(t, 130, status, screen)
	assert.Equal(t, 1, strings.Count(screen, "readable only by you?"), "the question is asked once")
	assert.Contains(t, screen, "hint: to use a token without storing it, set CREDCTL_KATAPULT_TOKEN, or pass --token-file FILE")
}

// TestALoginWithoutANetwork says nothing of the account, which is not what is wrong.
func TestALoginWithoutANetwork(t *testing.T) {
	t.Parallel()
	for base, status := range map[string]int{"http://127.0.0.1:1": 75, "http://nobody.invalid": 2, "https://nobody.invalid": 1} {
		env := append(privateVariables(t), "CREDCTL_KEYRING=off")
		p := sit(t, env, "auth", "login", "katapult", "--base-url", base, "--max-wait", "1s")
		if status != 2 {
			p.sees("Katapult organization (")
			p.types("\n")
			p.isAsked("(not shown): ")
			p.types(sandbox.KatapultToken + "\n")
		}
		got, screen := p.status()
		assert.Equal(t, status, got, screen)
		assert.NotContains(t, screen, "--org")
		if status != 2 {
			assert.Contains(t, screen, "hint: check the ")
		}
	}
}
