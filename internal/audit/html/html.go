// Package html writes an audit as one page that loads nothing: for people, on paper
// too, and without a script.
package html

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"strings"
	"time"

	template "github.com/DataDog/datadog-agent/pkg/template/html"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/audit/report"
	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/visible"
)

// Write writes r. The same report has the same bytes.
func Write(w io.Writer, r *report.Report) error {
	t, err := template.New("report").Parse(page)
	if err != nil {
		return err
	}
	return t.Execute(w, viewOf(r))
}

// A view is what the template shows.
type view struct {
	Policy string
	Style  template.CSS
	Script template.JS

	Long               bool // a browser lays out only what is in view
	Generated, Version string
	Judged, Vendors    []string
	NotJudged          []report.Vendor

	Credentials, MutedCount, Unknown int
	Counts                           []count
	Action, Notes, Muted             list

	Bins   []string
	Charts []chart
	timeline
	Rows template.HTML
}

// A count is how many findings of a severity there are.
type count struct {
	badge

	N int
}

// A badge is a severity as a word and a shape: never as a colour alone.
type badge struct {
	Severity string
	Shape    string
}

func badgeOf(s audit.Severity) badge {
	return badge{s.String(), []string{"–", "○", "●", "▲", "◆"}[s]}
}

func viewOf(r *report.Report) *view {
	v := &view{
		Policy: "default-src 'none'; style-src '" + hash(style) + "'; script-src '" + hash(script) + "'; img-src data:; base-uri 'none'; form-action 'none'",
		Style:  style, Script: script,
		Long:      len(r.Rows)+len(r.Findings) > longReport,
		Generated: r.Generated.UTC().Format("2006-01-02 15:04 UTC"), Version: r.Version,
		Credentials: r.Summary.Credentials, MutedCount: r.Summary.Muted, Unknown: r.Summary.Unknown,
	}
	for _, vendor := range r.Vendors {
		v.Vendors = append(v.Vendors, vendor.Name)
		if vendor.OK {
			v.Judged = append(v.Judged, vendor.Name)
		} else {
			v.NotJudged = append(v.NotJudged, report.Vendor{Name: vendor.Name, Error: visible.OneLine(vendor.Error)})
		}
	}
	for s := audit.Critical; s >= audit.Note; s-- {
		v.Counts = append(v.Counts, count{badgeOf(s), r.Summary.Findings[s]})
	}
	worst := map[journal.Ref]audit.Severity{}
	for i := range r.Findings {
		f := &r.Findings[i]
		switch {
		case f.Muted != nil:
			v.Muted.add(f)
			continue
		case f.Severity == audit.Note:
			v.Notes.add(f)
		default:
			v.Action.add(f)
		}
		worst[f.Ref] = max(worst[f.Ref], f.Severity+1)
	}
	for _, l := range []*list{&v.Action, &v.Notes, &v.Muted} {
		l.Items = l.html()
	}
	v.Rows = rowsOf(r, worst)
	v.Bins, v.Charts = charts(r)
	v.timeline = timelineOf(r)
	return v
}

// hash names a text in a Content-Security-Policy.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// longReport is from how many rows and findings on the layout of all takes a browser a
// second.
const longReport = 1000

// longestText is how much of a text of anybody is shown.
const longestText = 120

// short is a text of anybody, in one line.
func short(s string) string {
	text := visible.Text(strings.ToValidUTF8(s[:min(len(s), 4*longestText+4)], "?"))
	if len(text) <= longestText {
		return text
	}
	r := []rune(text)
	if len(r) <= longestText {
		return text
	}
	return string(r[:longestText]) + "…"
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// lastFour is the end of a key: enough to recognize it.
func lastFour(key string) string {
	key = strings.TrimSpace(key)
	if len(key) < 12 || strings.ContainsAny(key, "\n") {
		return ""
	}
	r := []rune(visible.Text(strings.ToValidUTF8(key, "?")))
	return "…" + string(r[max(0, len(r)-4):])
}

func ageDays(since, now time.Time) int { return int(max(0, now.Sub(since)) / duration.Day) }
