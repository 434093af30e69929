package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// floors says what each package may import of this module; a test may import
// more. A package that is not named here is a destination, if it is below
// internal/deliver, and else an adapter: a new one needs no line.
func floors() map[string][]string {
	return map[string][]string{
		"internal/provider":              {"internal/pace"},
		"internal/provider/spelling":     {},
		"internal/provider/setting":      {"internal/provider"},
		"internal/visible":               {},
		"internal/quote":                 {"internal/provider"},
		"internal/command":               {"internal/provider", "internal/visible"},
		"internal/failpoint":             {},
		"internal/fsafe/trust":           {"internal/provider"},
		"internal/fsafe":                 {"internal/failpoint", "internal/provider", "internal/fsafe/trust"},
		"internal/fsafe/fsafetest":       {},
		"internal/pace":                  {},
		"internal/provider/vendorjson":   {"internal/provider"},
		"internal/provider/rest":         {"internal/provider", "internal/provider/vendorjson", "internal/visible", "internal/pace"},
		"internal/provider/rest/reach":   {"internal/visible", "internal/provider"},
		"internal/provider/rest/overlap": {"internal/provider"},
		"internal/provider/providertest": {"internal/provider", "internal/provider/vendortest"},
		"internal/provider/vendortest":   {"internal/provider"},
		"internal/conformance":           {"internal/provider", "internal/provider/providertest", "internal/provider/vendortest"},
		"internal/verify":                {"internal/failpoint", "internal/provider", "internal/provider/rest", "internal/provider/rest/reach", "internal/command"},
		"internal/journal":               {"internal/provider"},
		"internal/journal/entry":         {"internal/provider", "internal/journal/seal"},
		"internal/journal/finished":      {"internal/journal/keyed"},
		"internal/journal/folder":        {"internal/provider", "internal/journal/seal", "internal/fsafe", "internal/failpoint", "internal/journal", "internal/journal/backend", "internal/journal/entry", "internal/journal/identity", "internal/journal/keyed", "internal/journal/lines", "internal/journal/lookup", "internal/journal/spool", "internal/journal/trail"},
		"internal/journal/keyed":         {},
		"internal/journal/spool":         {"internal/fsafe", "internal/provider"},
		"internal/journal/transfer":      {"internal/provider", "internal/journal", "internal/journal/backend", "internal/journal/entry", "internal/journal/finished", "internal/journal/seal", "internal/journal/sighting", "internal/journal/trail"},
		"internal/journal/backend":       {"internal/provider", "internal/journal/seal", "internal/journal/keyed", "internal/journal/spool", "internal/journal/trail"},
		"internal/journal/journaltest":   {"internal/pace", "internal/provider", "internal/journal", "internal/journal/backend", "internal/journal/folder", "internal/journal/keyed", "internal/journal/seal", "internal/journal/trail", "internal/journal/transfer"},
		"internal/journal/postgres":      {"internal/pace", "internal/provider", "internal/failpoint", "internal/journal", "internal/journal/backend", "internal/journal/entry", "internal/journal/identity", "internal/journal/keyed", "internal/journal/postgres/dsn", "internal/journal/postgres/schema", "internal/journal/seal", "internal/journal/spool", "internal/journal/trail"},
		"internal/journal/lines":         {"internal/fsafe", "internal/provider", "internal/quote"},
		"internal/journal/lookup":        {"internal/fsafe"},
		"internal/journal/trail":         {},
		"internal/journal/seal":          {"internal/provider"},
		"internal/journal/sighting":      {"internal/journal/finished", "internal/journal/keyed"},
		"internal/journal/identity":      {"internal/provider", "internal/fsafe"},
		"internal/journal/pgtest":        {},
		"internal/deliver/edit":          {"internal/provider", "internal/quote"},
		"internal/deliver/spec":          {"internal/provider"},
		"internal/deliver/recognize":     {"internal/provider"},
		"internal/deliver":               {"internal/provider", "internal/deliver/edit", "internal/deliver/spec", "internal/deliver/recognize", "internal/fsafe", "internal/quote", "internal/command"},
		"internal/output":                {"internal/provider", "internal/quote", "internal/table", "internal/visible"},
		"internal/output/bounds":         {"internal/provider"},
		"internal/output/itemquery":      {"internal/visible"},
		"internal/output/itemtemplate":   {},
		"internal/output/rowtext":        {"internal/provider", "internal/visible"},
		"internal/output/yamltext":       {},
		"internal/table":                 {"internal/visible"},
		"internal/duration":              {},
		"internal/glob":                  {},
		"internal/yamlfile":              {"internal/provider", "internal/duration"},
		"internal/rotation/oplog":        {"internal/provider", "internal/provider/setting", "internal/journal"},
		"internal/rotation/locks":        {"internal/journal", "internal/rotation/oplog"},
		"internal/rotation/signer":       {"internal/provider", "internal/journal", "internal/rotation/oplog"},
		"internal/rotation/listing":      {"internal/provider"},
		"internal/rotation/ours":         {"internal/provider", "internal/journal", "internal/rotation/oplog"},
		"internal/rotation/run":          {"internal/rotation/drift", "internal/pace", "internal/rotation/ours", "internal/provider", "internal/command", "internal/failpoint", "internal/journal", "internal/deliver", "internal/rotation/oplog"},
		"internal/rotation/rights":       {"internal/provider", "internal/rotation/oplog", "internal/rotation/run"},
		"internal/rotation/drift":        {"internal/provider", "internal/quote", "internal/journal", "internal/deliver", "internal/deliver/entry", "internal/deliver/host", "internal/rotation/oplog"},
		"internal/rotation/arrival":      {"internal/command", "internal/deliver", "internal/journal", "internal/provider", "internal/rotation/drift", "internal/rotation/oplog", "internal/rotation/run"},
		"internal/rotation/creation":     {"internal/provider/setting", "internal/rotation/arrival", "internal/rotation/locks", "internal/pace", "internal/provider", "internal/journal", "internal/journal/backend", "internal/rotation/drift", "internal/rotation/oplog", "internal/rotation/ours", "internal/rotation/run"},
		"internal/rotation/step":         {"internal/rotation/arrival", "internal/rotation/ours", "internal/deliver/entry", "internal/provider/setting", "internal/pace", "internal/provider", "internal/rotation/drift", "internal/duration", "internal/command", "internal/journal", "internal/deliver", "internal/verify", "internal/rotation/oplog", "internal/rotation/rights", "internal/rotation/run"},
		"internal/rotation/aside":        {"internal/rotation/locks", "internal/provider", "internal/journal", "internal/journal/backend", "internal/journal/finished", "internal/journal/keyed", "internal/rotation/oplog", "internal/rotation/run"},
		"internal/rotation/replaced":     {"internal/provider", "internal/rotation/drift", "internal/quote", "internal/journal", "internal/deliver", "internal/rotation/listing", "internal/rotation/oplog", "internal/rotation/ours", "internal/rotation/run"},
		"internal/rotation/reopen":       {"internal/quote", "internal/provider", "internal/duration", "internal/deliver", "internal/journal", "internal/rotation/drift", "internal/rotation/oplog", "internal/rotation/run", "internal/rotation/step"},
		"internal/rotation/undo":         {"internal/rotation/arrival", "internal/deliver", "internal/pace", "internal/provider", "internal/journal", "internal/rotation/drift", "internal/rotation/oplog", "internal/rotation/run", "internal/rotation/step"},
		"internal/rotation/ahead":        {},
		"internal/rotation/together":     {"internal/provider"},
		"internal/rotation":              {"internal/rotation/together", "internal/rotation/ahead", "internal/rotation/locks", "internal/journal/backend", "internal/provider", "internal/rotation/listing", "internal/rotation/ours", "internal/rotation/replaced", "internal/duration", "internal/journal", "internal/deliver", "internal/rotation/oplog", "internal/rotation/signer", "internal/rotation/run", "internal/rotation/step", "internal/rotation/aside", "internal/rotation/reopen", "internal/rotation/undo", "internal/rotation/impact", "internal/rotation/redelivery"},
		"internal/rotation/policy":       {"internal/rotation/drift", "internal/rotation/together", "internal/journal/backend", "internal/provider", "internal/provider/setting", "internal/quote", "internal/glob", "internal/journal", "internal/deliver", "internal/duration", "internal/yamlfile", "internal/rotation", "internal/rotation/reopen", "internal/rotation/replaced", "internal/rotation/run", "internal/rotation/listing", "internal/rotation/oplog", "internal/rotation/ours", "internal/rotation/redelivery"},
		"internal/rotation/rotationtest": {"internal/provider", "internal/journal/folder", "internal/deliver", "internal/deliver/entry", "internal/deliver/host", "internal/rotation", "internal/rotation/oplog"},
		"internal/term":                  {"internal/provider", "internal/visible"},
		"internal/config/configfile":     {"internal/provider", "internal/yamlfile", "internal/deliver", "internal/config/statesetting", "internal/journal/postgres/dsn"},
		"internal/config/environment":    {"internal/provider"},
		"internal/config/jwt":            {"internal/provider"},
		"internal/config/memo":           {},
		"internal/config/vendors":        {"internal/provider", "internal/provider/setting"},
		"internal/config/tokencommand":   {"internal/provider", "internal/command", "internal/term", "internal/config/environment"},
		"internal/config/tokenstore":     {"internal/provider", "internal/provider/setting", "internal/visible", "internal/fsafe", "internal/term"},
		"internal/config/userfile":       {"internal/provider", "internal/quote", "internal/fsafe", "internal/deliver", "internal/sandbox/control", "internal/term", "internal/config/configfile", "internal/config/environment", "internal/config/tokenstore", "internal/config/vendors"},
		"internal/config":                {"internal/provider", "internal/provider/setting", "internal/visible", "internal/fsafe", "internal/term", "internal/journal/postgres/dsn"},
		"internal/session":               {"internal/provider", "internal/duration", "internal/pace", "internal/provider/rest", "internal/visible", "internal/fsafe", "internal/journal", "internal/journal/backend", "internal/journal/folder", "internal/journal/identity", "internal/journal/postgres", "internal/journal/postgres/dsn", "internal/journal/spool", "internal/deliver", "internal/deliver/entry", "internal/deliver/host", "internal/rotation", "internal/rotation/oplog", "internal/term", "internal/config", "internal/config/environment", "internal/config/tokencommand", "internal/config/statesetting", "internal/config/tokenstore", "internal/session/recovery"},
		"internal/session/recovery":      {"internal/provider", "internal/fsafe", "internal/journal", "internal/output"},
		"internal/audit":                 {"internal/provider", "internal/provider/setting", "internal/duration", "internal/glob", "internal/journal", "internal/rotation/oplog"},
		"internal/audit/ledger":          {"internal/journal", "internal/rotation/oplog"},
		"internal/audit/inventory":       {"internal/provider", "internal/glob", "internal/visible", "internal/yamlfile", "internal/journal", "internal/audit"},
		"internal/audit/sarif":           {"internal/visible", "internal/audit", "internal/audit/report"},
		"internal/audit/metrics":         {"internal/prom", "internal/audit", "internal/audit/report"},
		"internal/audit/html":            {"internal/duration", "internal/visible", "internal/journal", "internal/audit", "internal/audit/report"},
		"internal/audit/leaks":           {"internal/provider", "internal/visible", "internal/yamlfile", "internal/journal"},
		"internal/audit/report":          {"internal/provider", "internal/duration", "internal/visible", "internal/yamlfile", "internal/output", "internal/output/rowtext", "internal/audit", "internal/audit/ledger"},
		"internal/survey":                {"internal/provider", "internal/duration", "internal/glob", "internal/audit", "internal/config", "internal/config/tokenstore", "internal/config/userfile", "internal/session"},
		"internal/exit":                  {"internal/provider", "internal/term"},
		"internal/results":               {"internal/provider", "internal/output", "internal/output/bounds", "internal/term"},
		"internal/prom":                  {"internal/provider"},
		"internal/runs":                  {"internal/fsafe"},
		"internal/release":               {"internal/provider", "internal/provider/rest", "internal/provider/vendorjson", "internal/visible"},
		"internal/cli/monitor":           {"internal/provider", "internal/quote", "internal/provider/rest", "internal/prom", "internal/runs", "internal/journal", "internal/rotation", "internal/rotation/oplog", "internal/rotation/drift", "internal/rotation/policy", "internal/visible", "internal/duration", "internal/exit", "internal/results", "internal/cli/syntax", "internal/cli/invocation"},
		"internal/dryrun":                {"internal/provider", "internal/visible", "internal/term", "internal/results"},
		"internal/bulk":                  {"internal/provider", "internal/visible", "internal/term", "internal/exit", "internal/results"},
		"internal/guard":                 {"internal/journal", "internal/provider", "internal/visible", "internal/rotation/listing", "internal/rotation", "internal/rotation/oplog", "internal/rotation/signer", "internal/term", "internal/config", "internal/exit"},
		"internal/issuing":               {"internal/provider/setting", "internal/provider", "internal/verify", "internal/output", "internal/fsafe", "internal/deliver", "internal/deliver/entry", "internal/rotation", "internal/rotation/creation", "internal/term", "internal/config", "internal/session", "internal/exit", "internal/results"},
		"internal/cli/syntax":            {"internal/provider", "internal/quote", "internal/duration"},
		"internal/cli/invocation":        {"internal/provider", "internal/survey", "internal/visible", "internal/deliver", "internal/fsafe", "internal/journal", "internal/term", "internal/config", "internal/config/environment", "internal/session", "internal/exit", "internal/results", "internal/dryrun", "internal/cli/syntax"},
		"internal/cli/call":              {"internal/provider", "internal/journal", "internal/provider/setting", "internal/quote", "internal/visible", "internal/deliver", "internal/term", "internal/config", "internal/exit", "internal/bulk", "internal/cli/syntax", "internal/cli/invocation"},
		"internal/cli/verbs":             {"internal/provider/setting", "internal/provider", "internal/glob", "internal/visible", "internal/term", "internal/config", "internal/session", "internal/exit", "internal/survey", "internal/bulk", "internal/guard", "internal/issuing", "internal/cli/syntax", "internal/cli/invocation", "internal/cli/call"},
		"internal/cli/rotations/adjust":  {"internal/provider", "internal/cli/invocation"},
		"internal/cli/rotations":         {"internal/provider/setting", "internal/journal", "internal/cli/rotations/adjust", "internal/provider", "internal/visible", "internal/fsafe", "internal/output", "internal/rotation", "internal/rotation/oplog", "internal/rotation/policy", "internal/deliver", "internal/term", "internal/config", "internal/exit", "internal/results", "internal/bulk", "internal/cli/syntax", "internal/cli/invocation", "internal/cli/call", "internal/rotation/redelivery"},
		"internal/cli/audits":            {"internal/provider", "internal/fsafe", "internal/audit/html", "internal/audit/leaks", "internal/audit/metrics", "internal/audit/sarif", "internal/prom", "internal/visible", "internal/quote", "internal/journal", "internal/journal/trail", "internal/audit", "internal/audit/inventory", "internal/audit/ledger", "internal/audit/report", "internal/rotation/policy", "internal/rotation/drift", "internal/rotation/oplog", "internal/exit", "internal/survey", "internal/cli/syntax", "internal/cli/invocation", "internal/cli/monitor"},
		"internal/cli/policies":          {"internal/provider", "internal/visible", "internal/fsafe", "internal/rotation/policy", "internal/bulk", "internal/exit", "internal/results", "internal/cli/monitor", "internal/cli/rotations", "internal/cli/rotations/mail", "internal/cli/syntax", "internal/cli/invocation", "internal/cli/help", "internal/cli/rotations/history"},
		"internal/cli/rotations/mail":    {"internal/provider", "internal/visible", "internal/rotation", "internal/rotation/oplog", "internal/rotation/policy"},
		"internal/cli/rotations/history": {"internal/deliver", "internal/provider", "internal/quote", "internal/visible", "internal/duration", "internal/exit", "internal/journal", "internal/rotation", "internal/rotation/drift", "internal/rotation/oplog", "internal/results", "internal/cli/syntax", "internal/cli/invocation", "internal/rotation/redelivery"},
		"internal/cli/playground":        {"internal/provider", "internal/quote", "internal/config", "internal/config/environment", "internal/exit", "internal/sandbox", "internal/sandbox/control", "internal/cli/syntax", "internal/cli/invocation"},
		"internal/cli/setup":             {"internal/provider", "internal/journal", "internal/provider/setting", "internal/quote", "internal/visible", "internal/term", "internal/config", "internal/config/tokenstore", "internal/release", "internal/session", "internal/exit", "internal/results", "internal/cli/syntax", "internal/cli/invocation"},
		"internal/cli/help":              {"internal/provider", "internal/provider/setting", "internal/visible", "internal/audit", "internal/output", "internal/config", "internal/exit", "internal/cli/syntax"},
		"internal/cli/completion":        {"internal/provider", "internal/config/environment", "internal/fsafe", "internal/cli/syntax", "internal/cli/invocation"},
		"internal/cli":                   {"internal/provider", "internal/command", "internal/quote", "internal/runs", "internal/visible", "internal/rotation", "internal/rotation/oplog", "internal/rotation/drift", "internal/output", "internal/deliver", "internal/term", "internal/config", "internal/config/configfile", "internal/exit", "internal/bulk", "internal/cli/syntax", "internal/cli/invocation", "internal/cli/call", "internal/cli/verbs", "internal/cli/audits", "internal/cli/monitor", "internal/cli/policies", "internal/cli/rotations", "internal/cli/playground", "internal/cli/setup", "internal/cli/states", "internal/cli/help", "internal/cli/completion"},
		"internal/sandbox":               {},
		"internal/sandbox/control":       {"internal/fsafe"},
		"internal/schematest":            {},
		"internal/bench":                 {"internal/bench/kvtest", "internal/bench/picture", "internal/bench/states", "internal/sandbox"},
		"internal/bench/picture":         {},
		"internal/bench/states":          {"internal/provider", "internal/journal", "internal/journal/entry", "internal/journal/folder", "internal/rotation/oplog"},

		"internal/rotation/impact":            {"internal/provider", "internal/duration", "internal/rotation/oplog", "internal/rotation/run"},
		"internal/rotation/redelivery":        {"internal/deliver", "internal/rotation/arrival", "internal/rotation/locks", "internal/journal/backend", "internal/provider", "internal/quote", "internal/journal", "internal/rotation/creation", "internal/rotation/drift", "internal/rotation/oplog", "internal/rotation/reopen", "internal/rotation/run", "internal/rotation/step"},
		"internal/rotation/policy/policyfile": {"internal/provider", "internal/deliver", "internal/deliver/entry", "internal/glob", "internal/yamlfile", "internal/rotation", "internal/rotation/oplog"},

		"internal/journal/postgres/dsn":      {"internal/provider", "internal/provider/rest/reach", "internal/visible"},
		"internal/journal/postgres/schema":   {"internal/provider", "internal/journal/postgres/dsn"},
		"internal/journal/rekey":             {"internal/provider", "internal/journal", "internal/journal/backend", "internal/journal/entry", "internal/journal/seal"},
		"internal/config/statesetting":       {"internal/provider", "internal/duration", "internal/journal/postgres/dsn"},
		"internal/journal/postgres/overview": {"internal/journal/postgres/dsn"},
		"internal/cli/states":                {"internal/rotation/locks", "internal/provider", "internal/visible", "internal/fsafe", "internal/session", "internal/exit", "internal/journal", "internal/journal/folder", "internal/journal/identity", "internal/journal/rekey", "internal/journal/transfer", "internal/journal/postgres", "internal/journal/postgres/overview", "internal/journal/postgres/schema", "internal/results", "internal/rotation/oplog", "internal/cli/syntax", "internal/cli/invocation"},
	}
}

const module = "github.com/credctl/credctl/"

func TestFloors(t *testing.T) {
	t.Parallel()
	list, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, module+"...").Output()
	require.NoError(t, err)
	adapter := []string{"internal/provider", "internal/provider/setting", "internal/provider/rest", "internal/provider/vendorjson", "internal/verify"}
	destination := []string{
		"internal/provider", "internal/provider/rest", "internal/provider/vendorjson", "internal/visible", "internal/command", "internal/fsafe", "internal/deliver", "internal/deliver/spec", "internal/deliver/recognize", "internal/deliver/entry", "internal/quote",
	}
	for line := range strings.Lines(string(list)) {
		f := strings.Fields(line)
		pkg := strings.TrimPrefix(f[0], module)
		if strings.HasPrefix(pkg, "cmd/") {
			continue
		}
		allowed, ok := floors()[pkg]
		switch {
		case ok:
		case strings.HasPrefix(pkg, "internal/deliver/"):
			allowed = destination
		default:
			allowed = adapter
		}
		for _, imp := range f[1:] {
			if own, ours := strings.CutPrefix(imp, module); ours {
				if !strings.HasPrefix(own, pkg+"/") { // a part of its own
					assert.Contains(t, allowed, own, "%s imports %s", pkg, own)
				}
				continue
			}
			switch {
			case pkg == "internal/config/configfile" && imp == "github.com/spf13/viper":
			case strings.HasPrefix(pkg, "internal/cli") && (imp == "github.com/spf13/cobra" || imp == "github.com/spf13/pflag"):
			default:
				assert.NotContains(t, imp, "spf13", "%s: only the command line knows cobra, and only internal/config/configfile viper", pkg)
			}
			if pkg == "internal/provider" {
				assert.NotContains(t, strings.SplitN(imp, "/", 2)[0], ".", "the vocabulary imports %s, but may import the standard library alone", imp)
			}
		}
	}
	assert.True(t, slices.Contains(strings.Fields(string(list)), module+"internal/provider"))
}
