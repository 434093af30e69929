package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/cli/help"
	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/runs"
	"github.com/credctl/credctl/internal/visible"
)

// mostRotations is how many unfinished rotations the overview names.
const mostRotations = 5

// overview writes what is configured, which rotations are unfinished, which policies
// have something due, and what to do next. It reports false where nothing is configured.
func overview(ctx context.Context, run *invocation.Invocation, w io.Writer) (shown bool, err error) {
	configured, profile, err := configuredVendors(ctx, run)
	if err != nil || configured == nil {
		return false, err
	}
	engine, err := run.Session.Engine()
	if err != nil {
		return false, err
	}
	open, err := engine.List(false)
	if err != nil {
		return false, err
	}
	drift.TellOldDeleted(engine.Journal, open)
	var b strings.Builder
	b.WriteString("Configured vendors")
	if profile != "" {
		fmt.Fprintf(&b, " (profile %s)", visible.Text(profile))
	}
	fmt.Fprintf(&b, ":\n%s\n", strings.Join(configured, "\n"))
	now := time.Now()
	next := unfinished(&b, open, now)
	due, err := duePolicies(&b, run, now)
	if err != nil {
		return false, err
	}
	if due != "" {
		next = append(next, nextCommand{"rotate -f " + visible.Text(quote.Word(due)), "rotate the credentials that are due"})
	}
	next = append(next, nextCommand{"list", "list the credentials of these vendors"}, nextCommand{"help", "show all commands"})
	widest := 0
	for _, c := range next {
		widest = max(widest, len(c.line))
	}
	b.WriteString("\nNext:\n")
	format := "  credctl %-*s   %s\n"
	if widest > 30 { // no room is left next to it
		format = "  credctl %[2]s\n    %s\n"
	}
	for _, c := range next {
		fmt.Fprintf(&b, format, widest, c.line, c.what)
	}
	_, err = io.WriteString(w, help.Fit(b.String(), run.Streams.Width()))
	return true, err
}

// A nextCommand is one to run next, and what it does.
type nextCommand struct{ line, what string }

// configuredVendors returns a line for each vendor that has a token.
func configuredVendors(ctx context.Context, run *invocation.Invocation) (lines []string, profile string, err error) {
	for _, p := range run.Config.Vendors() {
		s, err := run.Config.Locate(ctx, config.Account{Vendor: p, Given: provider.NewInput(p.Settings...)})
		if err != nil {
			return nil, "", err
		}
		profile = s.Profile.Name
		source, _ := s.Auth()
		if source == "" {
			continue
		}
		plain, err := run.Config.ResolvePlain(ctx, config.Account{Vendor: p, Given: provider.NewInput(p.Settings...)})
		if err != nil {
			return nil, "", err
		}
		said := []string{"token: " + source}
		for _, param := range p.Settings {
			if i := param.Info(); namesAccount(p, i) && plain.Input.Value(i.Name).IsSet() {
				said = append(said, i.Name+" "+visible.Text(plain.Input.Value(i.Name).String()))
			}
		}
		lines = append(lines, fmt.Sprintf("  %-9s  %s", p.Name, strings.Join(said, ", ")))
	}
	return lines, profile, nil
}

// namesAccount reports whether a setting says which account of a vendor is meant: its
// commands need it.
func namesAccount(p provider.Provider, i provider.ParamInfo) bool {
	needed := i.Required
	for _, kind := range p.Kinds {
		for _, params := range kind.Needs {
			needed = needed || slices.ContainsFunc(params, func(p provider.AnyParam) bool { return p.Info().Name == i.Name })
		}
	}
	return needed && i.From == provider.Plain
}

// clock is how a time is written here.
const clock = "2006-01-02 15:04"

// unfinished writes the rotations that are not finished, and returns how to continue those
// that need attention: they stopped, or their grace period is over.
func unfinished(w io.Writer, open []rotation.Status, now time.Time) (next []nextCommand) {
	var stopped, waiting []string
	var ends []nextCommand
	resumable := false
	for _, s := range open {
		line := func(format string, args ...any) string {
			return fmt.Sprintf("  %-9s  %s %s\n", s.Provider, visible.Text(titled(s)), visible.Text(visible.OneLine(fmt.Sprintf(format, args...))))
		}
		inGrace := s.Error == "" && s.Retires.After(now)
		oldGone := s.Error == "" && len(s.Notes) > 0 // of those that are not finished, only this is noted
		resumable = resumable || s.State != oplog.Pending && !inGrace && !oldGone
		switch {
		case oldGone:
			ends = append(ends, nextCommand{"rotation resume " + s.Operation + " --grace 0", "end this rotation"})
			waiting = append(waiting, line("has no old credential any more"))
		case s.State == oplog.Pending:
			next = append(next, nextCommand{"rotation resume " + s.Operation, "continue this rotation, or show what it waits for"})
			stopped = append(stopped, line("waiting: %s", s.Error))
		case s.Error != "":
			stopped = append(stopped, line("failed: %s", s.Error))
		case inGrace:
			waiting = append(waiting, line("keeps the old credential until %s", s.Retires.Local().Format(clock)))
		case !s.Retires.IsZero():
			stopped = append(stopped, line("the grace period is over"))
		default:
			stopped = append(stopped, line("stopped (state: %s)", s.State.Word()))
		}
	}
	heading := "Unfinished rotations"
	if slices.ContainsFunc(open, func(s rotation.Status) bool { return s.Strategy == oplog.Create }) {
		heading += " and creations"
	}
	writeRotations(w, heading, stopped)
	writeRotations(w, "Rotations in the grace period", waiting)
	if resumable || len(next) > 1 {
		next = []nextCommand{{"rotation resume --all", "continue the unfinished rotations"}}
	}
	return append(next, ends[:min(len(ends), mostRotations)]...)
}

// titled is an operation by the name of its credential, where that has one.
func titled(s rotation.Status) string {
	id := cmp.Or(s.ID, s.Title()) // as a list shows it
	if s.Name != "" && id != s.Name {
		return s.Name + " (" + id + ")"
	}
	return id
}

// writeRotations writes how many rotations of a sort there are, and the first of them.
func writeRotations(w io.Writer, heading string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s: %d\n%s", heading, len(lines), strings.Join(lines[:min(len(lines), mostRotations)], ""))
	if more := len(lines) - mostRotations; more > 0 {
		fmt.Fprintf(w, "  and %d more, see \"credctl rotation list\"\n", more)
	}
}

// duePolicies lists the credentials due under the policies that have run on this machine,
// and returns the file of the first policy that needs a run.
func duePolicies(w io.Writer, run *invocation.Invocation, now time.Time) (due string, err error) {
	dir, err := run.Config.Env.StateDir()
	if err != nil {
		return "", err
	}
	all, err := runs.All(dir)
	if len(all) == 0 {
		return "", err
	}
	fmt.Fprintf(w, "\nPolicies:\n")
	for i, r := range all {
		what, needsRun := standing(r, now)
		if r.Removed() {
			what, needsRun = what+"; the file no longer exists", false
		}
		if needsRun && due == "" {
			due = r.File
		}
		if i < mostRotations {
			fmt.Fprintf(w, "  %s: %s\n", visible.Text(r.File), what)
		}
	}
	if more := len(all) - mostRotations; more > 0 {
		fmt.Fprintf(w, "  and %d more, see \"credctl status\"\n", more)
	}
	return due, err
}

// standing says how a policy stands after its last run, and whether it needs another.
func standing(r runs.Run, now time.Time) (what string, needsRun bool) {
	switch {
	case !runs.Succeeded(r.Exit):
		what = fmt.Sprintf("the last run failed (exit status %d)", r.Exit)
		if r.Unknown > 0 {
			what += fmt.Sprintf("; age unknown: %d", r.Unknown)
		}
		return what, true
	case r.Due > 0:
		return fmt.Sprintf("%d due", r.Due), true
	case r.NextDue.IsZero():
		return "nothing due", false
	case !r.NextDue.After(now):
		return "due since " + r.NextDue.Local().Format(clock), true
	}
	return "next due at " + r.NextDue.Local().Format(clock), false
}
