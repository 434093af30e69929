package sarif

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/audit/report"
	"github.com/credctl/credctl/internal/journal"
)

const inventory = "credentials:\n  - {provider: acme, id: k1}\n"

func options() Options {
	return Options{Files: map[string]File{"inventory.yaml": {URI: "ops/inventory.yaml", Text: []byte(inventory)}}, Fallback: "inventory.yaml", Category: "prod"}
}

func reportOf(n int) *report.Report {
	r := &report.Report{Header: report.Header{Version: "v1"}, Vendors: []report.Vendor{{Name: "acme", OK: true}, {Name: "other", Error: "403 \x1b[31m"}}}
	rules := audit.Rules()
	names := []string{"web", "<script>", "\u202eevil\x00", strings.Repeat("x", 10_000), "", "\xff"}
	for i := range n {
		rule := &rules[i%len(rules)]
		f := audit.Finding{Rule: rule, Severity: rule.Severity(), Score: rule.Score, Ref: journal.Ref{Provider: "acme", Kind: "key", ID: "k" + strconv.Itoa(i)}, Name: names[i%len(names)], Message: "100 days old", Fix: "credctl acme rotate k", Fingerprint: strings.Repeat("ab", 32)}
		if i%5 == 1 {
			f.At = audit.Place{File: "inventory.yaml", Line: 2, Column: 5}
		}
		if i%7 == 6 {
			f.Muted = &audit.Exception{Reason: "accepted", Until: time.Now()}
		}
		r.Findings = append(r.Findings, f)
	}
	return r
}

func write(t *testing.T, r *report.Report, o Options) (text string, left int) {
	t.Helper()
	var b strings.Builder
	left, err := Write(&b, r, o)
	require.NoError(t, err)
	return b.String(), left
}

// TestIsValidByThePublishedSchema needs `make bin/audit`, which fetches the schema.
func TestIsValidByThePublishedSchema(t *testing.T) {
	path := filepath.Join("..", "..", "..", "bin", "audit", "sarif-2.1.0.json")
	if _, err := os.Stat(path); err != nil {
		t.Skip("no schema of SARIF to test with: run `make bin/audit` first, as CI does")
	}
	schema, err := jsonschema.NewCompiler().Compile(path)
	require.NoError(t, err)
	for _, n := range []int{0, 1, 60} {
		for _, muted := range []bool{false, true} {
			o := options()
			o.Muted = muted
			text, _ := write(t, reportOf(n), o)
			v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
			require.NoError(t, err)
			require.NoError(t, schema.Validate(v))
		}
	}
}

// TestIsWhatGitHubDemands: GitHub refuses the whole file for one result that is not.
func TestIsWhatGitHubDemands(t *testing.T) {
	text, left := write(t, reportOf(60), options())
	assert.Zero(t, left)
	for _, bad := range []string{"\x1b", "\u202e", `"text": ""`} {
		assert.NotContains(t, text, bad)
	}
	var got log
	require.NoError(t, json.Unmarshal([]byte(text), &got))
	assert.Equal(t, "2.1.0", got.Version)
	require.Len(t, got.Runs, 1)
	one := got.Runs[0]
	assert.Equal(t, "credctl/prod/", one.Automation.ID)
	assert.Len(t, one.Tool.Driver.Rules, len(audit.Rules()))
	for _, r := range one.Tool.Driver.Rules {
		for _, s := range []string{r.ID, r.Short.Text, r.Full.Text, r.Help.Text} {
			assert.NotEmpty(t, s)
			assert.LessOrEqual(t, len(s), 1024)
		}
		assert.Contains(t, r.Properties.Tags, "security")
		assert.LessOrEqual(t, len(r.Properties.Tags), 10)
		rule, _ := audit.Find(r.ID)
		if rule.Note {
			assert.Empty(t, r.Properties.Severity, r.ID)
			continue
		}
		f, err := strconv.ParseFloat(r.Properties.Severity, 64)
		require.NoError(t, err)
		assert.True(t, f > 0 && f <= 10)
	}
	assert.Len(t, one.Results, 52, "muted ones are left out")
	for i, r := range one.Results {
		require.Len(t, r.Locations, 1)
		at := r.Locations[0].Physical
		u, err := url.Parse(at.Artifact.URI)
		require.NoError(t, err)
		assert.False(t, u.IsAbs() || strings.HasPrefix(u.Path, "/"))
		assert.True(t, at.Region.StartLine >= 1 && at.Region.StartColumn >= 1 && at.Region.EndColumn > at.Region.StartColumn && at.Region.EndLine >= at.Region.StartLine)
		assert.Equal(t, strings.Repeat("ab", 32)+":1", r.Fingerprints["primaryLocationLineHash"])
		assert.NotEmpty(t, r.Message.Text)
		assert.Less(t, len(r.Message.Text), 600)
		assert.Empty(t, r.Suppressions)
		if i == 1 {
			assert.Equal(t, region{2, 5, 2, 29}, at.Region)
		}
	}
	assert.False(t, one.Invocations[0].Successful, "a vendor was not judged")
	assert.Contains(t, one.Invocations[0].Notifications[0].Message.Text, "other was not checked: 403")

	o := options()
	o.Muted = true
	text, _ = write(t, reportOf(60), o)
	require.NoError(t, json.Unmarshal([]byte(text), &got))
	assert.Len(t, got.Runs[0].Results, 60)
	assert.Equal(t, []suppression{{"external", "accepted", "accepted"}}, got.Runs[0].Results[6].Suppressions)
}

func TestHoldsNoMoreThanGitHubTakes(t *testing.T) {
	r := reportOf(MaxResults + 7000)
	for i := range r.Findings {
		r.Findings[i].Name = "web"
	}
	text, left := write(t, r, options())
	assert.Positive(t, left)
	assert.Equal(t, MaxResults, strings.Count(text, `"ruleId":`))
}
