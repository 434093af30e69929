package metrics

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/audit/ledger"
	"github.com/credctl/credctl/internal/audit/report"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/prom"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

func row(id, root, name string, change func(r *report.Row)) report.Row {
	r := report.Row{Credential: provider.Credential{Provider: "acme", Kind: "key", ID: id, Name: name, Status: "active"}, Standing: audit.Standing{Root: root, Active: true}}
	if change != nil {
		change(&r)
	}
	return r
}

func sample(ok bool) *report.Report {
	rule, _ := audit.Find("CRD001")
	at := time.Unix(1_789_430_400, 0)
	f := audit.Finding{Rule: &rule, Severity: audit.Critical, Ref: journal.Ref{Provider: "acme"}}
	muted := f
	muted.Muted = &audit.Exception{}
	return &report.Report{
		Header:  report.Header{Generated: at, Version: "v1", Rotations: []ledger.Operation{{ID: "op1", Old: journal.Ref{Provider: "acme", Kind: "key", ID: "k0"}, State: oplog.Pending}}},
		Vendors: []report.Vendor{{Name: "acme", OK: ok}},
		Rows: []report.Row{
			row("k0", "k0", "old", func(r *report.Row) { r.InGrace = true; r.Created = at.Add(-99 * time.Hour) }),
			row("k1", "k0", "new", func(r *report.Row) {
				r.Created, r.Due = at.Add(-time.Hour), at.Add(time.Hour)
				r.Owner, r.Policy = &audit.Entry{Owner: "me"}, &audit.Managed{Name: "web"}
			}),
			row("r", "r", "revoked", func(r *report.Row) { r.Revoked = true }),
			row("e", "e", "expired", func(r *report.Row) { r.Expired = true }),
			row("h", "h", "a\"b\\c\nd\x1b\u202e\xff"+strings.Repeat("x", 10_000), nil),
		},
		Findings: []audit.Finding{f, f, muted},
	}
}

func write(r *report.Report) string {
	f := &prom.File{}
	Add(f, r)
	return string(f.Bytes())
}

// TestIsTheExpositionFormat: each line is a comment or a sample, and each name has one
// HELP and one TYPE before its samples, which are all different.
func TestIsTheExpositionFormat(t *testing.T) {
	text := write(sample(true))
	line := regexp.MustCompile(`^([a-z_]+)(\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)+\})? -?[0-9.]+$`)
	types, series := map[string]int{}, map[string]bool{}
	current := ""
	for l := range strings.Lines(text) {
		l = strings.TrimSuffix(l, "\n")
		if name, ok := strings.CutPrefix(l, "# TYPE "); ok {
			current, _, _ = strings.Cut(name, " ")
			types[current]++
			continue
		}
		if strings.HasPrefix(l, "# HELP ") {
			continue
		}
		m := line.FindStringSubmatch(l)
		require.NotNil(t, m, "%.200s", l)
		assert.Equal(t, current, m[1])
		id := l[:strings.LastIndex(l, " ")]
		assert.False(t, series[id], id)
		series[id] = true
	}
	for name, n := range types {
		assert.Equal(t, 1, n, name)
	}
}

func TestAChainHasOneSeries(t *testing.T) {
	text := write(sample(true))
	for _, want := range []string{
		"credctl_credential_info{provider=\"acme\",kind=\"key\",chain=\"k0\",id=\"k1\",name=\"new\",status=\"active\",owner=\"me\",policy=\"web\"} 1\n",
		"credctl_credential_created_timestamp_seconds{provider=\"acme\",kind=\"key\",chain=\"k0\"} 1789426800\n",
		"credctl_rotation_due_timestamp_seconds{provider=\"acme\",kind=\"key\",chain=\"k0\"} 1789434000\n",
		"credctl_rotation_state{provider=\"acme\",kind=\"key\",operation=\"op1\",state=\"pending\"} 1\n",
		"credctl_findings{rule=\"CRD001\",severity=\"critical\",muted=\"false\"} 2\n", "credctl_findings{rule=\"CRD001\",severity=\"critical\",muted=\"true\"} 1\n",
		"credctl_findings{rule=\"CRD005\",severity=\"medium\",muted=\"false\"} 0\n",
		"credctl_provider_up{provider=\"acme\"} 1\n",
	} {
		assert.Contains(t, text, want)
	}
	for _, never := range []string{"id=\"k0\"", "revoked", "expired", "expires_timestamp", "last_used"} {
		assert.NotContains(t, text, never, "what is unknown has no sample")
	}
	assert.Contains(t, write(sample(false)), "credctl_provider_up{provider=\"acme\"} 0\n")
}
