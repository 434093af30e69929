// Package mail has what cron sends of the run of a policy.
package mail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/policy"
	"github.com/credctl/credctl/internal/visible"
)

// Of is what cron sends of a run: a block for each entry that changed, failed or
// recovered, and the others in a line of counts; nothing when all is well.
func Of(entries []policy.Result) string {
	if len(entries) == 1 && !entries[0].Changed && entries[0].Recovered == "" {
		return "" // its failure is the error of the command
	}
	var b strings.Builder
	counts := map[string]int{}
	for _, r := range entries {
		if !r.Changed && r.Recovered == "" && (r.Err == nil || left(r)) {
			counts[healthy(r)]++
			continue
		}
		fmt.Fprintf(&b, "%s: %s\n", Name(r), visible.OneLine(outcome(r)))
		line := func(label, text string) {
			if text != "" {
				fmt.Fprintf(&b, "  %s: %s\n", label, visible.OneLine(oneOfEach(text)))
			}
		}
		if len(entries) > 1 || r.Err == nil { // else the error of the command says it
			line("why", why(r))
			line("do", todo(r))
		}
		if r.Err == nil && !r.Retires.IsZero() {
			line("next", fmt.Sprintf("%s will be deleted after %s", r.OldID, r.Retires.UTC().Format("2006-01-02 15:04 MST")))
		}
		b.WriteString("\n")
	}
	if len(counts) > 0 && (b.Len() > 0 || counts[forNext] > 0) {
		b.WriteString(countsLine(counts))
	}
	return b.String()
}

// oneOfEach joins the lines of a text, without those that it has twice.
func oneOfEach(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "; ")
}

// forNext is the sort of an entry that a run left out, because the time left did not
// suffice: nothing is wrong with it.
const forNext = "left for the next run"

func left(r policy.Result) bool {
	return r.Reason == oplog.ReasonInterrupted && errors.Is(r.Err, context.DeadlineExceeded)
}

// why is the reason of an outcome; when the old credential is deleted has a line of its own.
func why(r policy.Result) string {
	if r.Recovered != "" && !r.Retires.IsZero() {
		return fmt.Sprintf("an earlier run failed with \"%s\"", r.Recovered)
	}
	return cmp.Or(r.Error, r.Message)
}

// todo says what to do about the failure of an entry, or "".
func todo(r policy.Result) string {
	hint := provider.HintOf(r.Err)
	switch {
	case r.Err == nil || hint != "":
		return hint
	case r.State == oplog.Done && r.Changed:
		return "fix this; the rotation is complete"
	case r.Operation != "" && r.State != oplog.Aborted:
		return "after fixing this: credctl rotation resume " + r.Operation
	case passes(r.Err):
		return "wait for the next run: it tries again"
	}
	return "fix this; the next run tries again"
}

// passes reports whether a failure may pass by itself.
func passes(err error) bool {
	return slices.ContainsFunc([]error{
		provider.ErrUnavailable, provider.ErrRateLimited, provider.ErrLocked, context.DeadlineExceeded, context.Canceled,
	}, func(class error) bool { return errors.Is(err, class) })
}

// Name is how an entry is called; what belongs to no entry is called by its ID.
func Name(r policy.Result) string { return visible.Text(cmp.Or(r.Name, r.OldID)) }

// outcome says what became of an entry.
func outcome(r policy.Result) string {
	var done string
	switch {
	case r.State == oplog.Aborted:
		done = "discarded the new credential; " + r.OldID + " is unchanged"
	case r.NewID == "":
		done = "changed"
	case r.NewID == r.OldID:
		done = "replaced the secret of " + r.OldID
	case r.Err != nil && r.State != oplog.Done: // the old credential may still exist
		done = fmt.Sprintf("created %s to replace %s", r.NewID, r.OldID)
	default:
		done = fmt.Sprintf("replaced %s with %s", r.OldID, r.NewID)
	}
	switch {
	case r.Reason == oplog.ReasonNoMatch:
		return "matches no credential"
	case r.Reason == oplog.ReasonSkipped:
		return "skipped " + r.ID
	case r.Err != nil && r.Changed:
		return done + ", and then failed"
	case r.Err != nil:
		return strings.TrimSpace("failed " + r.ID)
	case r.Message == policy.GraceEnded && r.State == oplog.Done:
		return "deleted " + r.OldID + ", replaced by " + r.NewID
	case r.Reason == oplog.ReasonResumed && r.State != oplog.Aborted:
		return "recovered: " + done
	}
	return done
}

// healthy is the sort of an entry that needs nobody's attention.
func healthy(r policy.Result) string {
	switch r.Reason {
	case oplog.ReasonInterrupted:
		return forNext
	case oplog.ReasonNotDue:
		return "not due"
	case oplog.ReasonGrace:
		return "in the grace period"
	case oplog.ReasonNoMatch:
		return "without a match"
	}
	return "unchanged"
}

func countsLine(counts map[string]int) string {
	var parts []string
	for _, what := range []string{"not due", "in the grace period", "without a match", "unchanged", forNext} {
		if counts[what] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[what], what))
		}
	}
	return "Other credentials: " + strings.Join(parts, ", ") + "\n"
}

// Refused is what a refused run would have done, in at most ten lines for each sort.
func Refused(entries []policy.Result) string {
	var due, resumed, failed []string
	for _, r := range entries {
		text := fmt.Sprintf("  %s: %s %s (%s)\n", Name(r), r.Provider, r.ID, visible.OneLine(cmp.Or(r.Error, r.Message)))
		switch {
		case r.Err != nil:
			failed = append(failed, text)
		case r.Plan == nil, r.Plan.Reason == oplog.ReasonGrace, r.Message == policy.InGrace:
		case r.Plan.Reason == oplog.ReasonResumed:
			resumed = append(resumed, text)
		default:
			due = append(due, text)
		}
	}
	return section("credctl would rotate:", due) + section("credctl would resume:", resumed) + section("Cannot be rotated:", failed)
}

// section is a heading with the lines below it, or "" without any.
func section(heading string, lines []string) string {
	const most = 8
	if len(lines) == 0 {
		return ""
	}
	if more := len(lines) - most; more > 0 {
		lines = append(lines[:most], fmt.Sprintf("  and %d more\n", more))
	}
	return heading + "\n" + strings.Join(lines, "")
}

// Short is the error of a policy whose results were said, each in its block.
func Short(entries []policy.Result, err error) error {
	failed := 0
	for _, r := range entries {
		if r.Err != nil {
			failed++
		}
	}
	if failed == 0 || len(entries) < 2 || errors.Is(err, context.Canceled) {
		return err
	}
	class := provider.ErrPartial
	if !errors.Is(err, class) {
		class = provider.ErrUnavailable
	}
	return provider.WithClass(class, fmt.Errorf("%d of %d failed", failed, len(entries)))
}
