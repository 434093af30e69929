package reopen

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// A correction is what a later run changes of an open operation.
type correction struct {
	Options    oplog.Options
	Adjustable map[string]string // see [oplog.Subject]

	Added    []string // destinations
	Replaced []string // destinations that failed, in whose place the added ones are
	Adjusts  bool     // Adjustable differs from that of the operation
	Changed  bool     // something does
}

// correct returns what a later run with these options changes. A destination that
// failed, and is not named again, is replaced by one that is new. What is not named is
// kept otherwise.
func correct(s *oplog.OpState, q oplog.Options, adjustable map[string]string) (correction, error) {
	o, more := with(s.Options, q)
	c := correction{Options: o, Adjustable: maps.Clone(s.Subject.Adjustable), Changed: more}
	for name, value := range adjustable {
		if c.Adjustable[name] != value {
			if c.Adjustable == nil {
				c.Adjustable = map[string]string{}
			}
			c.Adjustable[name], c.Adjusts, c.Changed = value, true, true
		}
	}
	for _, to := range q.To {
		if !slices.Contains(s.Options.To, to) && !slices.Contains(c.Added, to) {
			c.Added = append(c.Added, to)
		}
	}
	if len(c.Added) == 0 {
		return c, nil
	}
	for _, to := range s.Options.To {
		if slices.Contains(s.FailedTo, to) && !slices.Contains(q.To, to) && to != o.Own {
			c.Replaced = append(c.Replaced, to)
		}
	}
	if len(c.Replaced) > len(c.Added) {
		return c, provider.Hint(provider.Usage("cannot tell which of the destinations that failed is replaced by %s: %s", strings.Join(c.Added, ", "), strings.Join(c.Replaced, ", ")),
			"name those that stay, too, such as: credctl rotation resume %s%s", s.ID, flags(slices.Concat(c.Replaced, c.Added)))
	}
	o.To = slices.DeleteFunc(slices.Clone(o.To), func(to string) bool { return slices.Contains(c.Replaced, to) })
	c.Options.To, c.Changed = append(o.To, c.Added...), true
	if slices.Contains(c.Added, q.SecretFile) {
		c.Options.SecretFile = q.SecretFile
	}
	return c, nil
}

// flags names destinations as on a command line.
func flags(to []string) string { return " --to '" + strings.Join(to, "' --to '") + "'" }

// with returns o with the other options of a later run, and whether that differs.
func with(o, q oplog.Options) (oplog.Options, bool) {
	more := false
	if !q.Hook.IsZero() && !q.Hook.Equal(o.Hook) {
		o.Hook, more = q.Hook, true
	}
	if q.Verify != "" && q.Verify != o.Verify && (q.Verify != "auto" || o.Verify != "") {
		o.Verify, more = q.Verify, true
	}
	if q.Grace != o.Grace && (q.Grace > 0 || q.NoGrace) {
		o.Grace, o.NoGrace, more = q.Grace, q.NoGrace, true
	}
	if q.AcceptDrift && !o.AcceptDrift {
		o.AcceptDrift, more = true, true
	}
	if q.NotSelf && !o.NotSelf {
		o.NotSelf, more = true, true
	}
	if q.Proof != "" && q.Proof != o.Proof {
		o.Proof, more = q.Proof, true
	}
	if q.InsecurePerms && !o.InsecurePerms {
		o.InsecurePerms, more = true, true
	}
	return o, more
}

// keptFlags names, as flags, what an operation keeps of its first run although a later one
// with these options and parameters does not ask for it.
func keptFlags(s *oplog.OpState, q oplog.Options, params map[string]string) (kept []string) {
	o := s.Options
	add := func(applies bool, format string, args ...any) {
		if applies {
			kept = append(kept, fmt.Sprintf(format, args...))
		}
	}
	for _, to := range o.To {
		add(!slices.Contains(q.To, to) && to != o.Own, "--to %s", to)
	}
	add(q.Hook.IsZero() && !o.Hook.IsZero(), "--hook %s", o.Hook)
	add(q.Verify == "" && o.Verify != "" && o.Verify != "auto", "--verify %s", o.Verify)
	add(!s.Strategy.InPlace() && q.Grace == 0 && !q.NoGrace && o.Grace > 0 && len(o.To) > 0, "--grace %s", duration.Format(o.Grace))
	add(!q.AcceptDrift && o.AcceptDrift, "--accept-drift")
	add(!q.InPlace && o.InPlace || q.Overlap && s.Strategy.InPlace(), "--in-place")
	add(!q.Overlap && o.Overlap && !o.Self || q.InPlace && s.Strategy == oplog.Replace, "--overlap")
	for _, name := range slices.Sorted(maps.Keys(s.Subject.Params)) {
		value := s.Subject.Params[name]
		add(params[name] != value && !slices.Contains(o.Keeps, name), "--%s %s", name, value)
	}
	return kept
}

// cutsNobodyOff refuses to replace a destination that still has the old secret: programs that
// read it there would be left with it. One that cannot be read may be gone for good: it is
// replaced, as that is said.
func cutsNobodyOff(ctx context.Context, r *run.Run, c correction) error {
	s := r.Op
	if len(c.Replaced) == 0 || s.Strategy == oplog.Create || s.Strategy == oplog.Deliver {
		return nil
	}
	index, err := r.Journal.Index()
	if err != nil {
		return err
	}
	checker := drift.Checker{Journal: r.Journal, Index: index, Destination: r.Destination}
	left, err := checker.LeftOut(ctx, s.Subject.Ref(), c.Options.To)
	if err != nil {
		return err
	}
	left, _ = drift.Stale(left)
	return drift.CutOff(s.Subject.ID, slices.DeleteFunc(left, func(l drift.Left) bool {
		return l.Unread != nil || !slices.Contains(c.Replaced, l.To)
	}), "")
}
