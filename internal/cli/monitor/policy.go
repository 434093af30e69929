package monitor

import (
	"context"
	"path/filepath"
	"time"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/prom"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/policy"
	"github.com/credctl/credctl/internal/runs"
)

// A Run is a run of a policy. A dry run and a check are not told of.
type Run struct {
	Policy        string // its path; - is standard input
	DryRun, Check bool
}

// Policy carries out a run, and tells how it ended: for `credctl status`, and where the
// flags say. What it returns is the error of the run, with what could not be written.
func (o Options) Policy(ctx context.Context, run *invocation.Invocation, r Run, carryOut func() ([]policy.Result, error)) error {
	instead := ""
	switch {
	case r.DryRun:
		instead = "--dry-run"
	case r.Check:
		instead = "--check"
	}
	if err := o.Check(run, instead); err != nil {
		return err
	}
	results, err := carryOut()
	if instead != "" || r.Policy == "" {
		return err
	}
	file := Absolute(r.Policy)
	if file != "-" {
		sum := outcome(file, time.Now().UTC().Truncate(time.Second), exit.After(ctx, err), results)
		err = untold(err, record(run, sum, sum.Exit != usage || len(results) > 0), "make room in the state folder, or make it writable; what was rotated is done: credctl rotation list")
	}
	return o.Tell(ctx, run, metrics(run, results, time.Now()), err, "verb", "rotate", "policy", file)
}

// Absolute returns the path of a policy as it is recorded; that of standard input, or of
// none, is as it was given.
func Absolute(path string) string {
	if absolute, err := filepath.Abs(path); err == nil && path != "-" && path != "" {
		return absolute
	}
	return path
}

// usage is the exit status of a run whose policy is not valid.
const usage = 2

// record remembers a run. A file that never was a valid policy is none.
func record(run *invocation.Invocation, r runs.Run, valid bool) error {
	dir, err := run.Config.Env.StateDir()
	if err == nil && (valid || runs.Known(dir, r.File)) {
		_, err = runs.Record(dir, r)
	}
	return err
}

// outcome sums a run up.
func outcome(file string, now time.Time, status int, results []policy.Result) runs.Run {
	sum := runs.Run{File: file, LastRun: now, Exit: status}
	var upcoming []time.Time
	for _, r := range results {
		skipped := r.Reason == oplog.ReasonInterrupted // nothing is known to be wrong with it
		switch {
		case r.Err != nil && !skipped:
			sum.Failed++
		case r.Err == nil && (r.State == oplog.Grace || r.Reason == oplog.ReasonResumed && !r.Changed):
			sum.Pending++
		}
		due := nextDue(r, now)
		begun := r.Err != nil && r.Operation != "" && r.State != oplog.Grace && r.State != oplog.Aborted
		switch {
		case due.After(now):
			upcoming = append(upcoming, due)
		case !due.IsZero(), begun: // whatever kept it from being rotated
			sum.Due++
		case r.Err != nil:
			sum.Unknown++
		}
	}
	sum.FallDue(upcoming)
	return sum
}

// nextDue is when the credential of a result is due; zero is unknown.
func nextDue(r policy.Result, now time.Time) time.Time {
	switch {
	case r.Age == nil || r.DueAt.IsZero():
		return time.Time{}
	case r.Changed && r.Err == nil && r.Due && r.Seconds != nil: // the replacement has the same limit
		return now.Add(r.DueAt.Sub(now) + time.Duration(*r.Seconds)*time.Second).Truncate(time.Second)
	}
	return r.DueAt
}

// metrics are those of a run besides how it ended.
func metrics(run *invocation.Invocation, results []policy.Result, now time.Time) *prom.File {
	f := &prom.File{}
	var index journal.Index
	if engine, err := run.Session.Engine(); err == nil {
		index, _ = engine.Journal.Index() // without it, the chain is the credential alone
	}
	for _, r := range results {
		if r.ID == "" {
			continue
		}
		root, _ := index.Root(journal.Ref{Provider: r.Provider, Kind: r.Kind, ID: r.ID})
		labels := []string{"provider", r.Provider, "kind", r.Kind, "chain", root.ID}
		f.SetTime(prom.RotationDue, nextDue(r, now), labels...)
		if r.State != "" {
			f.Set(prom.RotationState, 1, append(labels, "state", string(r.State))...)
		}
	}
	return f
}
