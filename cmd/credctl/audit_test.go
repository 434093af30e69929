package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/audit/report"
	"github.com/credctl/credctl/internal/sandbox"
)

// auditAt is the time at which tests audit the sandbox: 2026-09-15.
const auditAt = "SOURCE_DATE_EPOCH=1789430400"

// inFile writes a file for a test.
func inFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

const someInventory = `credentials:
  - {provider: katapult, kind: access-key, id: objkey_sbxBackup0000001, owner: ops, purpose: backups, review: 2027-03-31}
exceptions:
  - {rule: CRD001, match: {provider: katapult, name: backup}, reason: replaced in November, until: 2026-11-30}
  - {rule: CRD005, match: {provider: katapult, id: objkey_sbxBackup0000001}, reason: matches nothing, until: 2026-11-30}
`

const somePolicy = `rotations:
  - {name: web, provider: katapult, id: objkey_sbxWebAssets0002, max_age: 200d, grace: 1d, to: ["file:/nowhere/web"]}
  - {name: ci, provider: stratum, select: {name: "ci-*"}, max_age: 30d, to: ["file:/nowhere/{name}"]}
`

func TestAuditInEveryFormat(t *testing.T) {
	_, env := inSandbox(t, sandbox.Options{})
	env = append(env, auditAt)
	schema := published(t, "audit")
	got := credctl(t, env, "", "audit", "-o", "json")
	assert.Equal(t, 0, got.status, got.stderr)
	valid(t, schema, "audit", got.stdout)
	for _, want := range []string{
		`"age_days":215,"age_basis":"created","last_used_basis":"none","active":true,"chain":"objkey_sbxBackup0000001"`,
		`"age_days":0,"age_basis":"first_seen"`, `"last_used_basis":"unreliable"`, `"fix":"credctl katapult rotate objkey_sbxBackup0000001"`,
		`"summary":{"credentials":14,"critical":5,"high":2,"medium":1,"low":1,"note":2,"muted":0,"unknown":2}`,
	} {
		assert.Contains(t, got.stdout, want)
	}
	assert.Equal(t, got.stdout, credctl(t, env, "", "audit", "-o", "json").stdout, "the same input has the same bytes")

	got = credctl(t, env, "", "audit", "-o", "json", "--inventory", inFile(t, "i.yaml", someInventory), "--policy", inFile(t, "p.yaml", somePolicy))
	assert.Equal(t, 0, got.status, got.stderr)
	valid(t, schema, "audit with files", got.stdout)
	for _, want := range []string{
		`"owner":"ops","purpose":"backups","review":"2027-03-31"`, `"policy":"web","due":"2026-12-04T14:40:00Z"`, `"policy":"ci"`,
		`"muted":true,"exception":{"reason":"replaced in November","until":"2026-11-30"}`, `"message":"216 days old (limit: 30 days)"`,
		`"rule":"CRD018","name":"exception-expired","severity":"low"`, `"rule":"CRD010"`, `"message":"not in the inventory"`,
	} {
		assert.Contains(t, got.stdout, want)
	}
	assert.NotContains(t, got.stdout, "118 days old", "the policy allows 200")

	rows, err := csv.NewReader(strings.NewReader(credctl(t, env, "", "audit", "-o", "csv").stdout)).ReadAll()
	require.NoError(t, err)
	assert.Equal(t, report.Columns(), rows[0])
	assert.Len(t, rows, 12)
	assert.Equal(t, "id\nobjkey_sbxBackup0000001\n", credctl(t, env, "", "audit", "-o", "csv", "--columns", "id", "--vendor", "katapult").stdout[:27])
	assert.Equal(t, "14\n", credctl(t, env, "", "audit", "--jq", ".summary.credentials").stdout)
	assert.Contains(t, credctl(t, env, "", "audit", "-o", "yaml").stdout, "credentials: 14\n")
	assert.Contains(t, credctl(t, env, "", "audit", "-o", "name").stdout, "objkey_sbxBackup0000001\n")
	assert.Contains(t, credctl(t, env, "", "audit", "-o", "prom").stdout, "\ncredctl_run_success{verb=\"audit\"} 1\n")
	assert.Contains(t, credctl(t, env, "", "audit", "-o", "html").stdout, "<h1>Credential audit</h1>")
	page := filepath.Join(t.TempDir(), "audit.html")
	assert.Equal(t, 0, credctl(t, env, "", "audit", "-o", "name", "--report", page).status)
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	assert.Equal(t, credctl(t, env, "", "audit", "-o", "html").stdout, string(text))
	table := credctl(t, env, "", "audit", "--inventory", inFile(t, "i.yaml", someInventory)).stdout
	assert.Contains(t, table, "\ncritical (muted)  CRD001  215 days old")
	assert.True(t, strings.HasSuffix(table, "14 credentials: 4 critical, 2 high, 1 medium, 11 low, 2 notes; 1 muted; 2 of unknown age\n"), table)
}

func TestAuditExitStatuses(t *testing.T) {
	box, env := inSandbox(t, sandbox.Options{})
	env = append(env, auditAt, "CREDCTL_KEYRING=off")
	inventory := inFile(t, "i.yaml", "exceptions: ["+
		"{rule: CRD001, match: {provider: stratum, name: \"*\", glob: true}, reason: r, until: 2026-11-30}]\n")
	baseline := inFile(t, "b.json", credctl(t, env, "", "audit", "-o", "json").stdout)
	run := func(want int, args ...string) outcome {
		t.Helper()
		got := credctl(t, env, "", append([]string{"audit"}, args...)...)
		assert.Equal(t, want, got.status, "%s: %s", args, got.stderr)
		return got
	}
	run(0)
	assert.Contains(t, run(11, "--fail-on", "high").stderr, "audit: 7 findings at or above high")
	assert.Contains(t, run(11, "--fail-on", "critical", "-o", "json").stderr, `"code":"findings","exit":11`)
	run(0, "--fail-on", "critical", "--vendor", "medianova")
	run(11, "--fail-on", "note", "--vendor", "medianova")
	run(0, "--fail-on", "high", "--vendor", "stratum", "--inventory", inventory)
	run(0, "--fail-on", "note", "--baseline", baseline)
	run(2, "--fail-on", "urgent")
	run(2, "--vendor", "acme")
	run(2, "-o", "env")
	run(2, "-o", "html", "--columns", "id")
	assert.Contains(t, run(2, "-o", "sarf").stderr, "sarif, prom, html")
	assert.Contains(t, run(2, "-o", "sarif").stderr, "-o sarif needs a file of the repository")
	run(1, "--report", "/nowhere/audit.html")
	assert.Contains(t, run(2, "--inventory", inFile(t, "x.yaml", "credentials:\n  - {provider: acme, id: a}\n")).stderr, `x.yaml:2:16: unknown vendor "acme"`)
	assert.Contains(t, run(2, "--policy", inFile(t, "p.yaml", "rotations:\n  - {nam: a}\n")).stderr, `p.yaml:2:6: unknown key "nam"`)
	assert.Contains(t, run(2, "--baseline", inFile(t, "b.json", "{\"schema_version\":\n2}")).stderr, `b.json:2:1: schema_version 2`)
	run(2, "--inventory", "/nowhere")

	requests := len(box.Requests("katapult"))
	run(2, "--inventory", inFile(t, "x.yaml", "more: 1\n"))
	assert.Len(t, box.Requests("katapult"), requests, "a mistake in a file is found before a request")

	env = without(env, "katapult")
	assert.NotContains(t, run(0).stdout, "katapult", "a vendor without a token is left out")
	run(3, "--vendor", "katapult")
}

// TestAVendorThatCannotBeListedIsNotJudged: that there is no finding says nothing.
func TestAVendorThatCannotBeListedIsNotJudged(t *testing.T) {
	_, env := withFaults(t, sandbox.Options{}, "katapult:list:403")
	env = append(env, auditAt)
	inventory := inFile(t, "i.yaml", "exceptions: [{rule: CRD001, match: {provider: katapult, name: backup}, reason: r, until: 2026-11-30}]\n")
	got := credctl(t, env, "", "audit", "-o", "json", "--inventory", inventory)
	assert.Equal(t, 8, got.status)
	valid(t, published(t, "audit"), "audit", got.stdout)
	assert.Contains(t, got.stdout, `{"name":"katapult","ok":false,"error":"`)
	assert.Contains(t, got.stdout, `{"name":"losant","ok":true}`)
	assert.NotContains(t, got.stdout, "CRD018", "whether the exception matches is not known")
	got = credctl(t, env, "", "audit", "--fail-on", "low")
	assert.Equal(t, 11, got.status, "before 8")
	assert.Contains(t, got.stdout, "\nNot checked: katapult\n")
	assert.Contains(t, got.stderr, "could not list katapult: ")
}

// TestInitInventory: what it prints is an inventory, and keeps what there was.
func TestInitInventory(t *testing.T) {
	_, env := inSandbox(t, sandbox.Options{})
	env = append(env, auditAt)
	got := credctl(t, env, "", "audit", "--init-inventory", "--inventory", inFile(t, "i.yaml", someInventory))
	assert.Equal(t, 0, got.status, got.stderr)
	assert.True(t, strings.HasPrefix(got.stdout, strings.SplitAfter(someInventory, "\n")[0]+strings.SplitAfter(someInventory, "\n")[1]), got.stdout)
	assert.Contains(t, got.stdout, "objkey_sbxWebAssets0002} # web-assets\n")
	assert.NotContains(t, got.stdout, "sbxStaging", "it does not work yet")
	path := inFile(t, "again.yaml", got.stdout)
	assert.Equal(t, got.stdout, credctl(t, env, "", "audit", "--init-inventory", "--inventory", path).stdout)
	assert.NotContains(t, credctl(t, env, "", "audit", "--inventory", path).stdout, "not in the inventory")
}

// TestAuditAsSARIF: results are located in the files of the repository.
func TestAuditAsSARIF(t *testing.T) {
	_, env := inSandbox(t, sandbox.Options{})
	env = append(env, auditAt)
	repository := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(repository, ".git"), 0o700))
	require.NoError(t, os.MkdirAll(filepath.Join(repository, "ops team"), 0o700))
	inventory := filepath.Join(repository, "ops team", "inventory.yaml")
	require.NoError(t, os.WriteFile(inventory, []byte(someInventory), 0o600))
	got := credctl(t, env, "", "audit", "-o", "sarif", "--inventory", inventory)
	require.Equal(t, 0, got.status, got.stderr)
	var log struct {
		Runs []struct {
			Results []struct {
				RuleID    string
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &log))
	at := map[string]int{}
	for _, r := range log.Runs[0].Results {
		assert.Equal(t, "ops%20team/inventory.yaml", r.Locations[0].PhysicalLocation.ArtifactLocation.URI)
		at[r.RuleID] = r.Locations[0].PhysicalLocation.Region.StartLine
	}
	assert.Equal(t, map[string]int{"CRD001": 1, "CRD002": 1, "CRD008": 2, "CRD009": 1, "CRD012": 1, "CRD018": 5}, at)
	assert.Equal(t, len(log.Runs[0].Results)+1, strings.Count(credctl(t, env, "", "audit", "-o", "sarif", "--sarif-muted", "--inventory", inventory).stdout, `"ruleId"`))
}

// TestAuditFindsLeakedCredentials by their key IDs and by the secrets that credctl
// issued, and shows no secret.
func TestAuditFindsLeakedCredentials(t *testing.T) {
	_, env := inSandbox(t, sandbox.Options{})
	env = append(env, auditAt)
	created := credctl(t, env, "", "stratum", "create", "--name", "leaky", "-o", "json", "--jq", ".secret")
	require.Equal(t, 0, created.status, created.stderr)
	secret := strings.TrimSpace(created.stdout)
	report := inFile(t, "leaks.json", `{"DetectorName":"Stratum","Raw":"`+secret+`","SourceMetadata":{"Data":{"Git":{"file":".env","line":3}}}}
{"DetectorName":"AWS","Raw":"8f004108f9d90eda81c1de80f6a3daea","SourceMetadata":{"Data":{"Git":{"file":"s3.txt","line":1}}}}
`)
	got := credctl(t, env, "", "audit", "--leaks", report, "--fail-on", "critical", "-o", "csv", "--columns", "rule,severity,name,message,fix")
	assert.Equal(t, 11, got.status)
	assert.Contains(t, got.stdout, "CRD019,critical,backup,found by the leak scanner in s3.txt:1,credctl katapult rotate objkey_sbxBackup0000001\n")
	assert.Contains(t, got.stdout, "CRD019,critical,leaky,found by the leak scanner in .env:3,credctl stratum rotate ")
	assert.Equal(t, 2, strings.Count(got.stdout, "CRD019"))
	for _, format := range []string{"json", "html", "prom", "table"} {
		got := credctl(t, env, "", "audit", "--leaks", report, "-o", format)
		assert.NotContains(t, got.stdout+got.stderr, secret, format)
	}
	assert.Equal(t, 2, credctl(t, env, "", "audit", "--leaks", inFile(t, "x.json", "{}")).status)
}
