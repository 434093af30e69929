// Package sarif writes what an audit found as SARIF 2.1.0, as GitHub's code scanning
// takes it: each result is at a place in a file of the repository.
package sarif

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/audit/report"
	"github.com/credctl/credctl/internal/visible"
)

// MaxResults is how many results GitHub takes.
const MaxResults = 25_000

// longestName is how much of a name a message shows.
const longestName = 200

// A File is a file of the repository in which results are located.
type File struct {
	URI  string // from the root of the repository
	Text []byte
}

// Options say what is written.
type Options struct {
	Files    map[string]File // by the names that places have
	Fallback string          // the file, at whose first line is what is in none
	Category string          // tells uploads of one repository apart
	Muted    bool            // muted results are written too, as suppressed
}

// Write writes the worst results of r, and returns how many it left out.
func Write(w io.Writer, r *report.Report, o Options) (left int, err error) {
	results := []result{}
	for _, f := range r.Findings {
		switch {
		case f.Muted != nil && !o.Muted:
		case len(results) == MaxResults:
			left++
		default:
			results = append(results, o.result(f))
		}
	}
	one := run{
		Tool:       tool{driver{Name: "credctl", Version: r.Version, Information: "https://github.com/credctl/credctl", Rules: rules()}},
		Automation: automation{"credctl/" + o.Category + "/"}, Columns: "unicodeCodePoints", Results: results,
		Invocations: []invocation{invocationOf(r.Vendors)},
	}
	b, err := json.MarshalIndent(log{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []run{one}}, "", " ")
	if err != nil {
		return left, err
	}
	_, err = w.Write(append(visible.JSON(b), '\n'))
	return left, err
}

// rules describes all rules.
func rules() (all []rule) {
	for _, r := range audit.Rules() {
		p := properties{Tags: []string{"security", "credentials"}, Precision: "high"}
		if !r.Note {
			p.Severity = score(r.Score)
		}
		all = append(all, rule{
			ID: r.ID, Name: r.Name, Short: message{r.Title + "."}, Full: message{r.Title + ". " + r.Help}, Help: message{r.Help},
			Default: configuration{level(r.Severity())}, Properties: p,
		})
	}
	return all
}

// level is a severity in the words of SARIF.
func level(s audit.Severity) string {
	switch s {
	case audit.Critical, audit.High:
		return "error"
	case audit.Medium:
		return "warning"
	case audit.Low, audit.Note:
	}
	return "note"
}

func (o Options) result(f audit.Finding) result {
	out := result{
		Rule: f.Rule.ID, Level: level(f.Severity), Message: message{text(f)}, Locations: []location{o.location(f.At)},
		Fingerprints: map[string]string{"primaryLocationLineHash": f.Fingerprint + ":1"},
	}
	if f.Muted != nil {
		out.Suppressions = []suppression{{"external", "accepted", f.Muted.Reason}}
	}
	return out
}

// text is a finding as a sentence.
func text(f audit.Finding) string {
	var b strings.Builder
	if f.Ref.Provider != "" {
		b.WriteString(f.Ref.Provider)
		if f.Ref.ID != "" {
			b.WriteString(" " + short(f.Ref.ID))
		}
		if f.Name != "" {
			b.WriteString(" (" + short(f.Name) + ")")
		}
		b.WriteString(": ")
	}
	b.WriteString(visible.OneLine(f.Message) + ".")
	if f.Fix != "" {
		b.WriteString(" To fix it, run: " + visible.OneLine(f.Fix))
	}
	return b.String()
}

// short is a text of anybody as a part of a message.
func short(s string) string {
	r := []rune(visible.OneLine(strings.ToValidUTF8(s[:min(len(s), 4*longestName+4)], "?")))
	if len(r) <= longestName {
		return string(r)
	}
	return string(r[:longestName]) + "..."
}

// location returns the line of an entry, or the first line of the fallback.
func (o Options) location(at audit.Place) location {
	file, ok := o.Files[at.File]
	if !ok {
		file, at = o.Files[o.Fallback], audit.Place{Line: 1, Column: 1}
	}
	lines := strings.Split(string(file.Text), "\n")
	end := 1
	if at.Line <= len(lines) {
		end = len([]rune(strings.TrimSuffix(lines[at.Line-1], "\r"))) + 1
	}
	return location{physical{artifact{file.URI}, region{at.Line, at.Column, at.Line, max(end, at.Column+1)}}}
}

// invocationOf says which vendors were not judged.
func invocationOf(vendors []report.Vendor) invocation {
	i := invocation{Successful: true}
	for _, v := range vendors {
		if !v.OK {
			i.Successful = false
			i.Notifications = append(i.Notifications, notification{"error", message{v.Name + " was not checked: " + visible.OneLine(v.Error)}})
		}
	}
	return i
}
