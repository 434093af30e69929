// Package prom writes an audit as metrics of Prometheus, for the textfile collector of
// its node exporter. What is unknown has no sample.
package prom

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/audit/report"
	"github.com/credctl/credctl/internal/visible"
)

// Write writes r. A chain of credentials has one series, which stays the same when
// credctl rotates: its ID of now is a label of credctl_credential_info alone.
func Write(w io.Writer, r *report.Report) error {
	success := !slices.ContainsFunc(r.Vendors, func(v report.Vendor) bool { return !v.OK })
	m := &metrics{escape: strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)}
	m.add("credctl_build_info", "Version of credctl.", 1, "version", r.Version)
	m.add("credctl_run_timestamp_seconds", "Time of the last run.", float64(r.Generated.Unix()))
	m.add("credctl_run_success", "Whether the last run judged all vendors.", number(success))
	if success {
		m.add("credctl_last_success_timestamp_seconds", "Time of the last run that judged all vendors.", float64(r.Generated.Unix()))
	}
	for _, v := range r.Vendors {
		m.add("credctl_provider_up", "Whether all credentials of a vendor were listed.", number(v.OK), "provider", v.Name)
	}
	m.credentials(inForce(r.Rows))
	for _, o := range r.Rotations {
		m.add("credctl_rotation_state", "Unfinished rotations, by state.", 1, "provider", o.Old.Provider, "kind", o.Old.Kind, "operation", o.ID, "state", string(o.State))
	}
	m.findings(r.Findings)
	_, err := io.WriteString(w, m.String())
	return err
}

// inForce returns for each chain the credential that is in force: not the old one that
// is kept for a while, and the newest of several.
func inForce(rows []report.Row) []report.Row {
	type chain struct{ provider, kind, root string }
	at := map[chain]int{}
	var kept []report.Row
	for _, row := range rows {
		if row.Revoked || row.Expired {
			continue
		}
		key := chain{row.Provider, row.Kind, row.Root}
		i, known := at[key]
		switch {
		case !known:
			at[key] = len(kept)
			kept = append(kept, row)
		case kept[i].Kept && !row.Kept, kept[i].Kept == row.Kept && row.Created.After(kept[i].Created):
			kept[i] = row
		}
	}
	return kept
}

func (m *metrics) credentials(rows []report.Row) {
	for _, row := range rows {
		chain := []string{"provider", row.Provider, "kind", row.Kind, "chain", row.Root}
		info := append(slices.Clone(chain), "id", row.ID, "name", row.Name, "status", row.Status)
		if row.Owner != nil {
			info = append(info, "owner", row.Owner.Owner)
		}
		if row.Policy != nil {
			info = append(info, "policy", row.Policy.Name)
		}
		m.add("credctl_credential_info", "Credentials that are in force.", 1, info...)
		m.time("credctl_credential_created_timestamp_seconds", "When a credential was created.", row.Created, chain)
		m.time("credctl_credential_expires_timestamp_seconds", "When a credential expires.", row.Expires, chain)
		m.time("credctl_credential_last_used_timestamp_seconds", "When a credential was last used.", row.LastUsed, chain)
		m.time("credctl_rotation_due_timestamp_seconds", "When the policy rotates a credential.", row.Due, chain)
	}
}

// findings counts what was found. Each rule has a sample, so that an alert sees it change.
func (m *metrics) findings(found []audit.Finding) {
	type key struct {
		rule     string
		severity audit.Severity
		muted    bool
	}
	counts := map[key]int{}
	var order []key
	count := func(k key, n int) {
		if _, known := counts[k]; !known {
			order = append(order, k)
		}
		counts[k] += n
	}
	for _, r := range audit.Rules() {
		count(key{r.ID, r.Severity(), false}, 0)
	}
	for _, f := range found {
		count(key{f.Rule.ID, f.Severity, f.Muted != nil}, 1)
	}
	slices.SortFunc(order, func(a, b key) int {
		return strings.Compare(fmt.Sprint(a.rule, a.severity, a.muted), fmt.Sprint(b.rule, b.severity, b.muted))
	})
	for _, k := range order {
		m.add("credctl_findings", "Findings of the audit.", float64(counts[k]), "rule", k.rule, "severity", k.severity.String(), "muted", strconv.FormatBool(k.muted))
	}
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// metrics are families of samples, in the order in which they were first added.
type metrics struct {
	families []*family
	escape   *strings.Replacer // of the values of labels
}

type family struct {
	name, help string
	samples    strings.Builder
}

// time adds a sample, unless the time is unknown.
func (m *metrics) time(name, help string, t time.Time, labels []string) {
	if !t.IsZero() {
		m.add(name, help, float64(t.Unix()), labels...)
	}
}

// add adds a sample with labels, which are names and values in turn.
func (m *metrics) add(name, help string, value float64, labels ...string) {
	i := slices.IndexFunc(m.families, func(f *family) bool { return f.name == name })
	if i < 0 {
		i, m.families = len(m.families), append(m.families, &family{name: name, help: help})
	}
	b := &m.families[i].samples
	b.WriteString(name)
	for j := 0; j < len(labels); j += 2 {
		b.WriteString(map[bool]string{true: "{", false: ","}[j == 0] + labels[j] + `="`)
		_, _ = m.escape.WriteString(b, strings.ToValidUTF8(visible.Text(labels[j+1]), "?"))
		b.WriteString(`"`)
	}
	if labels != nil {
		b.WriteString("}")
	}
	b.WriteString(" " + strconv.FormatFloat(value, 'f', -1, 64) + "\n")
}

// String is the exposition format.
func (m *metrics) String() string {
	var b strings.Builder
	for _, f := range m.families {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s gauge\n%s", f.name, f.help, f.name, f.samples.String())
	}
	return b.String()
}
