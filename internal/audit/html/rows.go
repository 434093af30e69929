package html

import (
	"cmp"
	"strings"
	"time"

	template "github.com/DataDog/datadog-agent/pkg/template/html"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/audit/report"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/visible"
)

// A markup is HTML of what a report may have thousands of: a template takes ten times as
// long for it.
type markup struct{ strings.Builder }

// add adds markup and texts in turn, beginning with markup. The texts are escaped.
func (m *markup) add(parts ...string) {
	for i, part := range parts {
		if i%2 == 1 {
			part = template.HTMLEscapeString(part)
		}
		_, _ = m.WriteString(part) // which never fails
	}
}

func (m *markup) badge(s audit.Severity) {
	b := badgeOf(s)
	m.add(`<span class="badge `, b.Severity, `"><span aria-hidden="true">`, b.Shape, `</span> `, b.Severity, `</span>`)
}

// html is what was added, of which all texts were escaped.
func (m *markup) html() template.HTML { return template.HTML(m.String()) }

// A list is findings as items of a list.
type list struct {
	N     int
	Items template.HTML // all that was added
	markup
}

func (l *list) add(f *audit.Finding) {
	l.N++
	m := &l.markup
	m.add("<li>")
	m.badge(f.Severity)
	m.add(`<b>`)
	if f.Name != "" {
		m.add("", short(f.Name), ": ")
	}
	m.add("", short(f.Message), `</b><span class="who">`, f.Ref.Provider+" "+f.Ref.Kind, ` <code>`, short(f.Ref.ID), `</code> <small>`, f.Rule.ID+" "+f.Rule.Name)
	if !f.Since.IsZero() {
		m.add(", since ", day(f.Since))
	}
	if f.Known {
		m.add(", in the baseline")
	}
	if f.Muted != nil {
		m.add(". Muted until ", day(f.Muted.Until), ": ", short(f.Muted.Reason))
	}
	m.add("</small></span>")
	if f.Fix != "" {
		m.add(`<code class="fix">`, visible.Text(f.Fix), "</code>")
	} else { // credctl has no command for it
		m.add(`<span class="who">`, strings.ReplaceAll(f.Rule.Help, "`", ""), "</span>")
	}
	m.add("</li>\n")
}

// rowsOf is the inventory. Worst is the worst finding of each credential, plus one.
func rowsOf(r *report.Report, worst map[journal.Ref]audit.Severity) template.HTML {
	m := &markup{}
	for i := range r.Rows {
		row := &r.Rows[i]
		m.row(row, worst[journal.Ref{Provider: row.Provider, Kind: row.Kind, ID: row.ID}], r.Generated)
	}
	return m.html()
}

// row adds a credential. The script sorts by data-v where a cell has it; "" is unknown.
func (m *markup) row(r *report.Row, worst audit.Severity, now time.Time) {
	if r.Active {
		m.add("<tr>")
	} else {
		m.add(`<tr class="off">`)
	}
	m.add(`<td data-v="`, number(int(worst)), `">`)
	if worst > 0 {
		m.badge(worst - 1)
	}
	var age, ageText, owner, policy string
	if !r.Since.IsZero() {
		age = number(ageDays(r.Since, now))
		if ageText = age; r.Basis == audit.FromSeen {
			ageText = "at least " + age
		}
	}
	if r.Owner != nil {
		owner = r.Owner.Owner
	}
	if r.Policy != nil {
		policy = r.Policy.Name
	}
	const next = "</td><td>"
	m.add(`</td><th scope="row">`, short(cmp.Or(r.Name, "(no name)")), `</th><td>`, r.Provider, next, r.Kind, next, short(r.Status),
		`</td><td data-v="`, age, `">`, ageText, `</td><td data-v="`, seconds(r.Expires), `">`, day(r.Expires), `</td><td data-v="`, seconds(r.LastUsed), `">`, day(r.LastUsed),
		next, short(owner), next, short(policy), next, lastFour(r.Key), next, short(r.ID), "</td></tr>\n")
}
