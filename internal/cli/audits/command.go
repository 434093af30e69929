// Package audits has the command that judges credentials.
package audits

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/audit/report"
	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/monitor"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/prom"
)

const about = `Judge the credentials of all vendors that have a token: which are old, unused,
expired, too broad, or left over from a rotation. It also reads the destinations of
delivered secrets. It changes nothing.
"credctl help audit-rules" lists the rules.

What a vendor does not report is unknown, and is not checked. credctl names each vendor
that it could not list, and exits with 8.`

// options are the flags of `credctl audit`.
type options struct {
	policy    string
	inventory string
	baseline  string
	failOn    string
	vendors   []string
	init      bool
	trail     bool
	report    string
	leaks     string
	muted     bool
	monitor   monitor.Options
}

// Command is `credctl audit`.
func Command(run *invocation.Invocation) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "audit", Short: "Find old, unused and forgotten credentials", Long: about, Args: syntax.Exact(),
		Example: `# Check all credentials
credctl audit

# Fail in CI when a finding is high or critical
credctl audit --fail-on high || echo "exit status $?"

# Write a report for people
credctl audit --report audit.html

# Write a file that names an owner for each credential, then check it too
credctl audit --init-inventory > inventory.yaml
credctl audit --inventory inventory.yaml`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := run.Limit(cmd)
			defer cancel()
			instead := ""
			switch {
			case o.trail:
				instead = "--verify-trail"
			case o.init:
				instead = "--init-inventory"
			}
			if err := o.monitor.Check(run, instead); err != nil {
				return exit.About{Verb: "audit"}.Wrap(err)
			}
			if o.trail {
				return exit.About{Verb: "audit"}.Wrap(verifyTrail(run))
			}
			found := &prom.File{}
			err := perform(ctx, run, o, found)
			return exit.About{Verb: "audit"}.Wrap(o.monitor.Tell(cmd.Context(), run, found, err, "verb", "audit", "policy", monitor.Absolute(o.policy)))
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.policy, "policy", "", "rotation policy `file`; its max_age applies, others are unmanaged")
	f.StringVar(&o.inventory, "inventory", "", "inventory `file` with owners and exceptions")
	f.StringVar(&o.baseline, "baseline", "", "earlier -o json report `file`; only new findings fail")
	f.StringVar(&o.failOn, "fail-on", "", "exit with 11 at this `severity` or above: "+strings.Join(audit.Severities(), ", "))
	f.StringSliceVar(&o.vendors, "vendor", nil, "check only these `vendors`")
	f.BoolVar(&o.init, "init-inventory", false, "print an inventory of all credentials and exit")
	f.StringVar(&o.leaks, "leaks", "", "report `file` of trufflehog or gitleaks, as JSON")
	f.StringVar(&o.report, "report", "", "also write the HTML report to this `file`")
	f.BoolVar(&o.muted, "sarif-muted", false, "include muted findings in -o sarif, as suppressed")
	f.BoolVar(&o.trail, "verify-trail", false, "check the hashes of the audit trail and exit")
	o.monitor.AddFlags(f)
	syntax.Offer(cmd, "fail-on", func(string) []string { return audit.Severities() })
	syntax.Offer(cmd, "vendor", func(string) []string { return slices.Clone(run.Config.Vendors.Names()) })
	return syntax.WithFormats(syntax.WithColumns(cmd, report.Columns()), sarifFormat, promFormat, htmlFormat)
}
