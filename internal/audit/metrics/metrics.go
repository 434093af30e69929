// Package metrics adds what an audit found to metrics of Prometheus. What is unknown has
// no sample.
package metrics

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/audit/report"
	"github.com/credctl/credctl/internal/prom"
)

// Add adds r to f. A chain of credentials has one series, which stays the same when
// credctl rotates: its current ID is a label of credctl_credential_info alone.
func Add(f *prom.File, r *report.Report) {
	for _, v := range r.Vendors {
		f.SetBool(prom.ProviderUp, v.OK, "provider", v.Name)
	}
	credentials(f, inForce(r.Rows))
	for _, o := range r.Rotations {
		f.Set(prom.RotationState, 1, "provider", o.Old.Provider, "kind", o.Old.Kind, "operation", o.ID, "state", string(o.State))
	}
	findings(f, r.Findings)
}

// inForce returns for each chain the credential that is in force: not one
// that is kept only for its grace period, and the newest of several.
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
		case kept[i].InGrace && !row.InGrace, kept[i].InGrace == row.InGrace && row.Created.After(kept[i].Created):
			kept[i] = row
		}
	}
	return kept
}

func credentials(f *prom.File, rows []report.Row) {
	for _, row := range rows {
		chain := []string{"provider", row.Provider, "kind", row.Kind, "chain", row.Root}
		info := append(slices.Clone(chain), "id", row.ID, "name", row.Name, "status", row.Status)
		if row.Owner != nil {
			info = append(info, "owner", row.Owner.Owner)
		}
		if row.Policy != nil {
			info = append(info, "policy", row.Policy.Name)
		}
		f.Set(prom.Info, 1, info...)
		f.SetTime(prom.Created, row.Created, chain...)
		f.SetTime(prom.Expires, row.Expires, chain...)
		f.SetTime(prom.LastUsed, row.LastUsed, chain...)
		f.SetTime(prom.RotationDue, row.Due, chain...)
	}
}

// findings counts what was found. Each rule has a sample, so that an alert sees it change.
func findings(f *prom.File, found []audit.Finding) {
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
	for _, x := range found {
		count(key{x.Rule.ID, x.Severity, x.Muted != nil}, 1)
	}
	slices.SortFunc(order, func(a, b key) int {
		return strings.Compare(fmt.Sprint(a.rule, a.severity, a.muted), fmt.Sprint(b.rule, b.severity, b.muted))
	})
	for _, k := range order {
		f.Set(prom.Findings, float64(counts[k]), "rule", k.rule, "severity", k.severity.String(), "muted", strconv.FormatBool(k.muted))
	}
}
