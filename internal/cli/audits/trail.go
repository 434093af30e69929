package audits

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/journal/trail"
	"github.com/credctl/credctl/internal/provider"
)

// verifyTrail carries out `credctl audit --verify-trail`.
func verifyTrail(run *invocation.Invocation) error {
	if err := run.Results.NotIssued("audit"); err != nil {
		return err
	}
	if run.Results.Own != "" {
		return provider.Hint(provider.Usage("--verify-trail does not support -o %s", run.Results.Own), "use -o json")
	}
	store, err := run.Session.Journal()
	if err != nil {
		return err
	}
	report, err := store.VerifyTrail()
	if err != nil {
		return err
	}
	columns := []string{"line", "reason"}
	rows := make([][]string, len(report.Breaks))
	for i, b := range report.Breaks {
		rows[i] = []string{strconv.Itoa(b.Line), b.Reason}
	}
	people := run.Results.Format.ForPeople()
	if !people || len(rows) > 0 {
		err = run.Results.Keeping(columns...).Results(columns, rows, report)
	}
	if people && err == nil {
		_, err = fmt.Fprint(run.Streams.Out, summaryOf(report))
	}
	if len(report.Breaks) == 0 {
		return err
	}
	first := report.Breaks[0]
	broken := provider.WithClass(provider.ErrVerify, fmt.Errorf("the audit trail breaks at line %d of %s: %s", first.Line, report.Path, first.Reason))
	return errors.Join(err, provider.Hint(broken, "compare the file with a backup; credctl continues the trail and repairs nothing"))
}

// summaryOf says what a trail has, for people.
func summaryOf(r trail.Report) string {
	if r.Lines == 0 {
		return "The audit trail is empty: " + r.Path + "\n"
	}
	text := fmt.Sprintf("%s: %s, %d with the hash of the line before\n", r.Path, plural(r.Lines, "line"), r.Hashed)
	if len(r.Partial) > 0 {
		text += plural(len(r.Partial), "partial line") + " of runs that were killed\n"
	}
	return text + "last hash: " + r.Last + "\n"
}
