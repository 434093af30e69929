package main

import (
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/sandbox"
	"github.com/credctl/credctl/internal/schematest"
)

// published returns one of the schemas that users are given, and allows no field
// beyond it.
func published(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	return schematest.Strict(t, name)
}

// valid checks text, which is one JSON value, against a schema.
func valid(t *testing.T, s *jsonschema.Schema, what, text string) {
	t.Helper()
	schematest.Valid(t, s, what, text)
}

func TestCommandsPrintWhatTheSchemasSay(t *testing.T) {
	t.Parallel()
	const k, l, m, s1, s2 = "objkey_sbxWebAssets0002", "66a0c0de5eed0000000000c1", "5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c1", "3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f501", "3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f504"
	_, env := inSandbox(t, sandbox.Options{ProvisionDelay: -1})
	schemas := map[string]*jsonschema.Schema{}
	for _, name := range []string{"list", "credential", "result", "error", "rotation-list"} {
		schemas[name] = published(t, name)
	}
	for _, line := range []string{
		"list: list", "list: medianova list", "list: katapult list", "list: losant list", "list: stratum list", "list: stratum list --dormant", "list: katapult list --region nowhere",
		"credential: medianova get " + m, "credential: katapult get " + k, "credential: losant get " + l, "credential: stratum get " + s1,
		"credential: medianova create --name a --bucket assets", "credential: katapult create --name a", "credential: katapult create --name n --no-generate",
		"credential: stratum create --name a", "credential: stratum create", "credential: losant create --name a --type mailgun --set-file apiKey=-",
		"credential: katapult generate objkey_sbxStaging000003", "credential: losant generate 66a0c0de5eed0000000000c4 --yes",
		"credential: medianova update " + m + " --new-name b", "credential: katapult update " + k + " --new-name b", "credential: losant update " + l + " --description d",
		"result: medianova delete " + m + " --yes", "result: katapult delete " + k + " " + k + "x --yes", "result: losant delete " + l + " --yes --force", "result: stratum delete " + s1 + " " + s2 + " " + someUUID + " --yes",
		"rotation-list: rotation list",
		"error: katapult get nothing", "error: katapult lst", "error: losant delete " + l, "error: stratum delete " + s1, "error: medianova generate " + m, "error: stratum create --tenant " + someUUID,
	} {
		schema, args, _ := strings.Cut(line, ": ")
		got := credctl(t, env, "a-secret-of-mailgun", append(strings.Fields(args), "-o", "json")...)
		switch schema {
		case "error":
			assert.NotEqual(t, 0, got.status, args)
			assert.Empty(t, got.stdout, args)
			valid(t, schemas[schema], args, got.stderr)
		default:
			assert.Contains(t, []int{0, 8}, got.status, "%s: %s", args, got.stderr)
			valid(t, schemas[schema], args, got.stdout)
		}
		if schema == "list" {
			for one := range strings.Lines(credctl(t, env, "", append(strings.Fields(args), "-o", "jsonl")...).stdout) {
				valid(t, schemas["credential"], args, one)
			}
		}
	}
}

// TestEveryCommandAnswersPrograms: also those that show no credentials.
func TestEveryCommandAnswersPrograms(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	env = append(without(env, "katapult"), "CREDCTL_KEYRING=off")
	schema := published(t, "answer")
	for _, x := range []struct{ args, people, json string }{
		{"version", "credctl ", `"platform": "`},
		{"config path", "config.yaml\n", `"source": "default"`},
		{"config init", "", `config.yaml"`},
		{"auth login katapult --dry-run", "", `"dry_run": true`},
		{"auth login katapult --yes", "", `"stored": "/`},
		{"auth logout katapult --dry-run", "", `"would_remove": true`},
		{"auth logout katapult", "", `"removed": true`},
		{"auth logout katapult", "", `"removed": false`},
	} {
		got := credctl(t, env, sandbox.KatapultToken, append(strings.Fields(x.args), "-o", "json")...)
		assert.Equal(t, 0, got.status, "%s: %s", x.args, got.stderr)
		assert.Empty(t, got.stderr, x.args)
		assert.Contains(t, got.stdout, x.json, x.args)
		valid(t, schema, x.args, got.stdout)
		if x.args == "config init" || strings.HasPrefix(x.args, "auth") {
			continue // the second time is another matter
		}
		assert.Contains(t, credctl(t, env, "", strings.Fields(x.args)...).stdout, x.people)
	}
	got := credctl(t, env, sandbox.KatapultToken, "auth", "login", "katapult", "--yes", "-o", "env")
	assert.Equal(t, 2, got.status, "such a format is refused before anything is stored")
	assert.Equal(t, 3, credctl(t, env, "", "auth", "status", "katapult").status)
}
