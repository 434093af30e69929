package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// TestAFirstLoginAsksForTheAccount: a person who has a token and nothing else is asked
// for what is missing, and can list credentials afterwards.
func TestAFirstLoginAsksForTheAccount(t *testing.T) {
	t.Parallel()
	const tenant = "7b1e0c52-4d0a-4f6e-9a55-0c1d2e3f4a02"
	for vendor, c := range map[string]struct {
		number  string                              // of the vendor in the first question
		account func(p *person, s *sandbox.Sandbox) // answers what is asked before the token
		token   string
		choose  func(p *person) // answers what is asked after it
		stored  string          // in the configuration
	}{
		"medianova": {"1", func(p *person, _ *sandbox.Sandbox) {
			p.sees("Medianova organization (UUID of the organization; leave empty to choose from a list): ")
			p.types("\n")
		}, sandbox.MedianovaToken, nil, "org: 5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e500"},
		"katapult": {"2", func(p *person, _ *sandbox.Sandbox) {
			p.sees("Katapult organization (ID or subdomain of the organization; leave empty to choose from a list): ")
			p.types("\n")
		}, sandbox.KatapultToken, nil, "org: acme"},
		"losant": {"3", func(p *person, _ *sandbox.Sandbox) {
			p.sees("Losant application (ID of the application that has the credentials): ")
			p.types("66a0c0de5eed000000000001\n")
		}, sandbox.LosantToken, nil, "application: 66a0c0de5eed000000000001"},
		"stratum": {"4", func(p *person, s *sandbox.Sandbox) {
			p.sees("URL of your Stratum server [http://localhost:3000]: ")
			p.types(s.URL("stratum") + "\n")
			p.sees("Stratum tenant (UUID of the tenant that the keys belong to; leave empty to choose from a list): ")
			p.types("\n")
		}, sandbox.StratumOperatorKey, func(p *person) {
			p.sees("  2  " + tenant + "  Acme Staging")
			p.sees("Which tenant? [1-3, or leave empty for none] ")
			p.types("2\n")
		}, "tenant: " + tenant},
	} {
		t.Run(vendor, func(t *testing.T) {
			t.Parallel()
			s, env := inSandbox(t, sandbox.Options{})
			env = slices.DeleteFunc(env, func(kv string) bool {
				name, _, _ := strings.Cut(kv, "=")
				url := strings.HasSuffix(name, "_BASE_URL") || strings.HasSuffix(name, "_API_URL") || strings.HasSuffix(name, "_S3_ENDPOINT")
				return strings.Contains(name, strings.ToUpper(vendor)) && (!url || vendor == "stratum")
			})
			p := sit(t, env, "auth", "login")
			p.sees("Which vendor? [1-4] ")
			p.types(c.number + "\n")
			c.account(p, s)
			p.sees("Get a token from: ")
			p.sees("It needs: ")
			p.isAsked("(not shown")
			p.types(c.token + "\n")
			if c.choose != nil {
				c.choose(p)
			}
			p.sees("readable only by you? [y/N] ")
			p.types("y\n")
			status, screen := p.status()
			require.Equal(t, 0, status, screen)
			assert.NotContains(t, screen, c.token)
			assert.Contains(t, screen, "Try: credctl "+vendor+" list")
			config, err := os.ReadFile(filepath.Join(valueOf(env, "XDG_CONFIG_HOME"), "credctl", "config.yaml"))
			require.NoError(t, err)
			assert.Contains(t, string(config), c.stored)
			got := credctl(t, env, "", vendor, "list", "-o", "name")
			assert.Equal(t, 0, got.status, got.stderr)
		})
	}
}

// TestAQuestionFitsTheTerminal: a narrow terminal breaks no word of a question.
func TestAQuestionFitsTheTerminal(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	p := sit(t, append(without(env, "medianova"), "COLUMNS=40"), "auth", "login", "medianova")
	p.isAsked("Token for Medianova Stook object\r\nstorage (not shown; leave empty to\r\nenter the API key and the API secret): ")
	p.types("\x03")
	status, screen := p.status()
	assert.Equal(t, 130, status, screen)
}

// TestAProfileThatDoesNotExistIsSaidBeforeAQuestion: nobody answers for nothing.
func TestAProfileThatDoesNotExistIsSaidBeforeAQuestion(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	status, screen := sit(t, env, "auth", "login", "--profile", "nope").status()
	assert.Equal(t, 2, status, screen)
	assert.Contains(t, screen, `no profile "nope"`)
	assert.NotContains(t, screen, "Which vendor")
}

// TestABadAnswerIsAskedForAgain: one typing error does not end a login.
func TestABadAnswerIsAskedForAgain(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	env = slices.DeleteFunc(env, func(kv string) bool {
		return strings.Contains(kv, "_ORG") || strings.Contains(kv, "_APPLICATION") || strings.Contains(kv, "_TOKEN=") || strings.HasPrefix(kv, "LOSANT_APP")
	})
	p := sit(t, env, "auth", "login")
	for _, bad := range []string{"9", ""} {
		p.sees("Which vendor? [1-4] ")
		p.types(bad + "\n")
		p.sees(`invalid choice "` + bad + `" (valid: a name from the list, or a number from 1 to 4)`)
	}
	p.types("losant\n")
	p.sees("Losant application (")
	p.types("\n")
	p.sees("the application is required")
	p.types("66a0c0de5eed000000000001\n")
	p.isAsked("(not shown): ")
	p.types("wrong\n")
	status, screen := p.status()
	assert.Equal(t, 3, status, screen)
	assert.NotContains(t, screen, "LOSANT_API_TOKEN", "no variable was used")
	assert.Contains(t, screen, "hint: use an application API token with the scopes")

	p = sit(t, env, "auth", "login", "medianova")
	p.sees("Medianova organization (")
	p.types("acme\n")
	p.sees(`"acme" is not a valid organization ID`)
	p.types("5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e500\n")
	p.isAsked("(not shown; leave empty")
	p.types("\n")
	p.isAsked("API key for Medianova")
	p.types("wrong\n")
	p.isAsked("API secret for Medianova")
	p.types("wrong\n")
	status, screen = p.status()
	assert.Equal(t, 3, status, screen)
	assert.Equal(t, 1, strings.Count(screen, "create a "), screen)

	p = sit(t, env, "auth", "login", "katapult")
	p.sees("Katapult organization (")
	p.types("\n")
	p.isAsked("(not shown): ")
	p.types("wrong\n")
	status, screen = p.status()
	assert.Equal(t, 3, status, screen)
	assert.NotContains(t, screen, "--org", "no organization makes the token valid")
	assert.Contains(t, screen, "hint: check that you copied the whole token")
}
