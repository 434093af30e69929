package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/schematest"
)

var now = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// hostile are names that could break a format, or run something.
func hostile() []string {
	return []string{
		`</script><script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "=HYPERLINK(\"http://evil\")", "+1+1", "-2", "@SUM(A1)", "\t=1",
		"a\nb,c\"d", "\x1b[31mred\x1b[0m", "\u202eevil\u2066", "\x00\x07", strings.Repeat("x", 10_000), "\xff\xfe not UTF-8", "`rm -rf ~`", "{{.}}", "}}",
	}
}

// fill gives w a credential of each hostile name, with two findings each, of which one
// in four is muted.
func fill(t testing.TB, w Writer, n int) {
	t.Helper()
	rule, ok := audit.Find("CRD001")
	require.True(t, ok)
	note, _ := audit.Find("CRD015")
	muted := &audit.Exception{Rule: "CRD001", Reason: "<r>", Owner: "o", Until: now}
	var summary audit.Summary
	for i := range n {
		name := hostile()[i%len(hostile())]
		id := fmt.Sprintf("id-%d", i)
		ref := journal.Ref{Provider: "acme", Kind: "key", ID: id}
		c := provider.Credential{Provider: "acme", Kind: "key", ID: id, Name: name, Key: "AKIA" + name, Status: "active", Created: now.AddDate(0, 0, -i%400), Details: map[string]string{"n": name}}
		s := audit.Standing{Root: id, Since: c.Created, Basis: audit.FromCreated, Use: audit.UseUnknown, Active: true}
		f := audit.Finding{Rule: &rule, Severity: audit.High, Score: 7.5, Ref: ref, Name: name, Root: id, Message: "100 days old", Since: now, Fix: "credctl acme rotate " + id, Fingerprint: strings.Repeat("ab", 32)}
		if i%4 == 3 {
			f.Muted = muted
			summary.Muted++
		}
		g := f
		g.Rule, g.Severity, g.Muted, g.Fix = &note, audit.Note, nil, ""
		summary.Credentials++
		summary.Findings[audit.High]++
		require.NoError(t, w.Credential(&c, s, []audit.Finding{f, g}))
	}
	unreadable, _ := audit.Find("CRD020")
	more := audit.Finding{Rule: &unreadable, Severity: audit.High, Score: 8, Message: "cannot be read", Fingerprint: strings.Repeat("cd", 32)}
	require.NoError(t, w.End([]Vendor{{Name: "acme", OK: true}, {Name: "other", Error: "403 <b>"}}, summary, []audit.Finding{more}))
}

func header() Header { return Header{Generated: now, Version: "v1<b>"} }

// TestJSONIsWhatTheSchemaSays, with names that could break it, in one write or several.
func TestJSONIsWhatTheSchemaSays(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, n := range []int{0, 1, 16, 3000} { // the last one needs a file
		var b strings.Builder
		w := NewJSON(&b, header())
		fill(t, w, n)
		left, err := os.ReadDir(os.TempDir())
		require.NoError(t, err)
		assert.Equal(t, n == 3000, len(left) == 1)
		require.NoError(t, w.Close())
		left, err = os.ReadDir(os.TempDir())
		require.NoError(t, err)
		assert.Empty(t, left)
		if n < 3000 {
			schematest.Valid(t, schematest.Strict(t, "audit"), "a report", b.String())
		}
		var got struct {
			Credentials []struct{ Name string }
			Findings    []struct{ Muted bool }
			Summary     struct{ Muted int }
		}
		require.NoError(t, json.Unmarshal([]byte(b.String()), &got))
		assert.Len(t, got.Credentials, n)
		assert.Len(t, got.Findings, 2*n+1)
		assert.Equal(t, n/4, got.Summary.Muted)
		if n == 16 {
			for i, c := range got.Credentials {
				assert.Equal(t, strings.ToValidUTF8(hostile()[i], "\ufffd"), strings.ReplaceAll(c.Name, "\ufffd\ufffd", "\ufffd"))
			}
		}
		for _, bad := range []string{"\x1b", "\u202e", "\x07"} {
			assert.NotContains(t, b.String(), bad)
		}
	}
}

// TestAnAuditThatFailsIsNoWholeJSON: what is not whole must not look whole.
func TestAnAuditThatFailsIsNoWholeJSON(t *testing.T) {
	var b strings.Builder
	w := NewJSON(&b, header())
	require.NoError(t, w.Credential(&provider.Credential{ID: "x"}, audit.Standing{}, nil))
	require.NoError(t, w.w.Flush())
	assert.False(t, json.Valid([]byte(b.String())))
}

func TestCSVDefusesFormulas(t *testing.T) {
	var b strings.Builder
	fill(t, NewCSV(&b, nil, false, false), 16)
	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	require.NoError(t, err)
	assert.Equal(t, Columns(), rows[0])
	assert.Len(t, rows, 34)
	for _, row := range rows {
		for _, cell := range row {
			assert.False(t, cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])), cell)
		}
	}
	assert.Equal(t, []string{"high", "CRD001", "too-old", "100 days old", "acme", "key", "id-3", "'+1+1", "7.5", "2026-11-30T12:00:00Z", "true", "2026-11-30", "false", "credctl acme rotate id-3", strings.Repeat("ab", 32)}, rows[7])

	b.Reset()
	fill(t, NewCSV(&b, []string{"id", "rule"}, true, false), 1)
	assert.Equal(t, "id-0,CRD001\nid-0,CRD015\n,CRD020\n", b.String())
}

func TestAReportHasTheWorstFirst(t *testing.T) {
	r := &Report{Header: header()}
	fill(t, r, 4)
	var order []string
	for _, f := range r.Findings {
		order = append(order, f.Rule.ID+" "+f.Ref.ID)
	}
	assert.Equal(t, []string{"CRD020 ", "CRD001 id-1", "CRD001 id-0", "CRD001 id-2", "CRD015 id-1", "CRD015 id-3", "CRD015 id-0", "CRD015 id-2", "CRD001 id-3"}, order, "muted ones are last")
	assert.Len(t, r.Rows, 4)
}

func TestBaseline(t *testing.T) {
	var b strings.Builder
	w := NewJSON(&b, header())
	fill(t, w, 3)
	known, err := ReadBaseline("b.json", []byte(b.String()))
	require.NoError(t, err)
	assert.Equal(t, map[string]bool{strings.Repeat("ab", 32): true, strings.Repeat("cd", 32): true}, known)
	for text, want := range map[string]string{
		"":                           "b.json:1:1: not a report of `credctl audit -o json`",
		"[]":                         "b.json:1:1: not a report",
		"{}":                         "b.json:1:1: not a report",
		"{\n \"schema_version\": 2}": "b.json:2:20: schema_version 2 is not supported (valid: 1)",
		"{\n\"findigs\":[]}":         "b.json:2:1: unknown key \"findigs\"",
		"{\"schema_version\":1,\n\"findings\":[\n {\"rule\":\"CRD999\",\"fingerprint\":\"x\"}]}": "b.json:3:2: unknown rule \"CRD999\"",
		"{\"schema_version\":1,\"findings\":[{\"rule\":\"CRD001\"}]}":                            "the finding has no fingerprint",
		"{\"schema_version\":1,\"findings\":[],":                                                 "b.json:1:35: not valid JSON: unexpected EOF",
		"{\"schema_version\":1,\n \"findings\": [ {\"rule\":\"CRD001\" \"x\"} ]}":                "b.json:2:33: not valid JSON: invalid character '\"' after object value (expecting ',' or '}')",
		"{\"schema_version\":1\n \"findings\": []}":                                              "b.json:2:2: not valid JSON: invalid character '\"' after object value (expecting ',' or '}')",
		"{\"schema_version\":1,\n \"findings\": [],}":                                            "b.json:2:16: not valid JSON: invalid character",
		"{\"schema_version\":1,\n \"generated\": tru}":                                           "b.json:2:18: not valid JSON: invalid character '}' in literal true",
		"{\"schema_version\":1,\n \"schema_version\":1}":                                         "b.json:2:2: not valid JSON: duplicate object member name \"schema_version\"",
		"{\"schema_version\":1,\n \"findings\":[{\"rule\":\"CRD001\",\"fingerprint\":3}]}":       "b.json:2:14: not a finding: rule and fingerprint must be texts",
		"{\"schema_version\":1,\"findings\":{}}":                                                 "findings must be a list",
		"{\"schema_version\":1,\"findings\":[]} x":                                               "something follows the report",
	} {
		_, err := ReadBaseline("b.json", []byte(text))
		require.ErrorIs(t, err, provider.ErrUsage, text)
		assert.Contains(t, err.Error(), want, text)
	}
}
