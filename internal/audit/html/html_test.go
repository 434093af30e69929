package html

import (
	"fmt"
	"html"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/audit/report"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

var now = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// hostile are names that would run something in a page, or break it.
func hostile() []string {
	return []string{
		"web", `</script><script>window.ran=1</script>`, `"><img src=x onerror="window.ran=1">`, "<svg onload=window.ran=1>", `javascript:window.ran=1`, "{{.}}${window.ran=1}",
		"\x1b[31m\u202eevil\x00", strings.Repeat("x", 10_000), "\xff not UTF-8", "=1+1", "&lt;b&gt;", "a\nb",
	}
}

// sample is a report of n credentials of three vendors, with all sorts of findings.
func sample(n int) *report.Report {
	r := &report.Report{
		Header:  report.Header{Generated: now, Version: "v1.2.3"},
		Vendors: []report.Vendor{{Name: "acme", OK: true}, {Name: "bolt", OK: true}, {Name: "down", Error: "403 <script>window.ran=1</script>"}},
	}
	rules := audit.Rules()
	var found []audit.Finding
	for i := range n {
		name := hostile()[i%len(hostile())]
		c := provider.Credential{Provider: []string{"acme", "bolt"}[i%2], Kind: "key", ID: fmt.Sprintf("id-%05d", i), Name: name, Key: "AKIASECRETKEY" + fmt.Sprintf("%04d", i), Status: "active", Created: now.AddDate(0, 0, -(i*37)%500)}
		s := audit.Standing{Root: c.ID, Since: c.Created, Basis: audit.FromCreated, Use: audit.UseUnknown, Active: i%9 != 8}
		switch i % 5 {
		case 1:
			c.Expires = now.AddDate(0, 0, i%120)
		case 2:
			s.Due, s.Policy = now.AddDate(0, 0, i%90), &audit.Managed{Name: "web"}
		case 3:
			s.Basis = audit.FromSeen
		case 4:
			s.Retires, s.InGrace = now.AddDate(0, 0, 3), true
		}
		if i%3 == 0 {
			s.Owner = &audit.Entry{Owner: "team <b>"}
		}
		rule := &rules[i%len(rules)]
		f := audit.Finding{Rule: rule, Severity: rule.Severity(), Score: rule.Score, Ref: journal.Ref{Provider: c.Provider, Kind: c.Kind, ID: c.ID}, Name: name, Root: c.ID, Message: "100 days old", Since: now, Fix: "credctl acme rotate " + c.ID}
		if i%11 == 10 {
			f.Muted = &audit.Exception{Reason: "<i>fine</i>", Until: now}
			r.Summary.Muted++
		} else {
			r.Summary.Findings[f.Severity]++
		}
		r.Summary.Credentials++
		_ = r.Credential(&c, s, nil)
		found = append(found, f)
	}
	_ = r.End(r.Vendors, r.Summary, found)
	return r
}

func page1(t testing.TB, r *report.Report) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, Write(&b, r))
	return b.String()
}

func TestTheSameReportHasTheSameBytes(t *testing.T) {
	first := page1(t, sample(50))
	assert.Equal(t, first, page1(t, sample(50)))
}

// TestNothingIsLoadedAndNothingRuns: the policy of the page allows its own style and
// script, which are those that it names by their hashes, and nothing else.
func TestNothingIsLoadedAndNothingRuns(t *testing.T) {
	text := page1(t, sample(60))
	assert.NotContains(t, text, "ZgotmplZ")
	assert.Contains(t, html.UnescapeString(text), "default-src 'none'; style-src '"+hash(style)+"'; script-src '"+hash(script)+"'; ")
	assert.Contains(t, text, "<style>"+style+"</style>")
	assert.Contains(t, text, "<script>"+script+"</script>")
	assert.Equal(t, 1, strings.Count(text, "<script"))
	for _, bad := range []string{"<img", "<svg onload", "onerror=\"", " style=", "http://", "https://", "\x1b", "\x00", "\u202e", "AKIASECRETKEY"} {
		assert.NotContains(t, text, bad)
	}
	assert.Contains(t, text, "…0007", "the end of a key")
	assert.LessOrEqual(t, len(script), 10<<10)
	assert.NotContains(t, text, strings.Repeat("x", 200))
}

// TestHasAllOfTheReport: each credential, each finding, each bar, also without a script.
func TestHasAllOfTheReport(t *testing.T) {
	r := sample(60)
	text := page1(t, r)
	assert.Equal(t, 60, strings.Count(text, `</td><th scope="row">`))
	assert.Equal(t, 60, strings.Count(text, `<span class="who">`))
	assert.Contains(t, text, "Not checked</h2>")
	assert.Contains(t, text, "<b>down</b>: 403 &lt;script&gt;")
	assert.Contains(t, text, "at least ")
	assert.Equal(t, bars(r), strings.Count(text, `<rect class="bar`))
	assert.Regexp(t, `<title id="age-0">Age of active credentials at acme\. 0–29 days: \d+, `, text)
	assert.Contains(t, text, "web is deleted on 2026-12-03")
	assert.Contains(t, text, "id=\"controls\" hidden", "controls that do nothing without a script are hidden")

	empty := page1(t, &report.Report{Header: report.Header{Generated: now}})
	for _, want := range []string{"Checked: no vendor.", "Nothing needs action.", "There is no active credential.", "Nothing expires, is deleted or falls due."} {
		assert.Contains(t, empty, want)
	}
}

// bars counts those that the data has: the steps of 30 days in which a vendor has an
// active credential, and that of unknown age.
func bars(r *report.Report) int {
	steps := map[string]bool{}
	for _, row := range r.Rows {
		if row.Active {
			at := strconv.Itoa(min(int(now.Sub(row.Since).Hours()/24)/30, 12))
			if row.Basis != audit.FromCreated {
				at = "unknown"
			}
			steps[row.Provider+at] = true
		}
	}
	return len(steps)
}

func BenchmarkWrite(b *testing.B) {
	r := sample(10_000)
	for b.Loop() {
		page1(b, r)
	}
}

// TestEachFindingSaysWhatFixesIt: the command or, where credctl has none, the help of the rule.
func TestEachFindingSaysWhatFixesIt(t *testing.T) {
	rule, ok := audit.Find("CRD013")
	require.True(t, ok)
	finding := func(fix string) string {
		r := &report.Report{}
		f := audit.Finding{Rule: &rule, Severity: rule.Severity(), Ref: journal.Ref{Provider: "acme", Kind: "key", ID: "id-1"}, Message: "m", Fix: fix}
		_ = r.End(r.Vendors, r.Summary, []audit.Finding{f})
		return page1(t, r)
	}
	const help = "Run credctl rotation show, fix the cause that it names, and resume the rotation."
	assert.Contains(t, finding(""), `</span><span class="who">`+help+"</span></li>")
	fixed := finding("credctl acme rotate id-1")
	assert.Contains(t, fixed, `</span><code class="fix">credctl acme rotate id-1</code></li>`)
	assert.NotContains(t, fixed, help)
}
