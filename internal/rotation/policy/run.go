package policy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/together"
)

// Options is how a policy is carried out.
type Options struct {
	DryRun      bool // only plan, and check what can be checked
	Force       bool // override the limits
	Parallel    int  // how many credentials are rotated at once; less than 2: one after another
	LockTimeout time.Duration

	InsecurePerms bool // as in [rotation.Options]
}

// A Result is what became of one credential of a policy. Its Name is that of the entry.
type Result struct {
	rotation.Result

	Plan *rotation.Plan `json:"plan,omitzero"` // of a dry run
	Err  error          `json:"-"`
}

// title names what a result is about before its error, which may name the ID as well.
func (r Result) title() string {
	if r.Name == "" || r.ID != "" && !strings.Contains(r.Err.Error(), r.ID) {
		return strings.TrimSpace(r.Name + " " + r.ID)
	}
	return r.Name
}

// The limits that keep a mistyped number from rotating everything.
const (
	mostChanges = 5
	leastAge    = duration.Day
)

// A job is one run of a policy.
type job struct {
	engine *rotation.Engine
	Options

	file  string    // the policy
	began time.Time // listings of this run are not older
	index journal.Index
	seen  *journal.Seen

	signers map[string]journal.Ref // by account, while entries are looked at

	trail drift.Trail

	folded folds // while entries are looked at

	mu      sync.Mutex
	unseen  []journal.Ref // whose age counts from now
	longest time.Duration // that an item has taken
}

// Run resumes unfinished rotations, rotates what is due, and deletes what is past its
// grace period. One that fails does not keep the others from it. The credential that
// credctl authenticates with comes last.
//
// Open rotations come first, and then what is due the longest. Where ctx has a deadline,
// none begins for which the time would not suffice; the next run continues.
//
// Each credential of the policy has a result, due or not, and so has an entry that
// selects none. The error is that of [together.Join], and [provider.ErrRefused]
// when a limit forbids all.
func Run(ctx context.Context, e *rotation.Engine, p Policy, o Options) (results []Result, err error) {
	if path, ok := p.Path(); ok && !o.DryRun {
		held, release, taken := e.Journal.Lock(ctx, "the policy "+path, o.LockTimeout)
		if taken != nil {
			return nil, taken
		}
		defer backend.Release(held, release, &err)
		ctx = held
	}
	index, err := e.Journal.Index()
	if err != nil {
		return nil, err
	}
	if !o.DryRun {
		index.WipeFinished()
	}
	seen, err := e.Journal.Seen()
	if err != nil {
		return nil, err
	}
	j := &job{engine: e, Options: o, file: p.File, began: time.Now(), index: index, seen: seen, trail: drift.NewTrail(e.Journal), folded: folds{}}
	for _, op := range index.Live() {
		if op.Damaged == nil && !o.DryRun {
			tellFuture(j, op.Ref(), op.Last().Time)
		}
	}
	items := j.collect(ctx, p)
	if err := checkConflicts(e, items); err != nil {
		return nil, err
	}
	var limit error
	if !o.Force {
		limit = j.limited(ctx, p, items)
	}
	j.DryRun = o.DryRun || limit != nil
	for i := range items {
		if limit != nil && items[i].age.Due {
			items[i].reason = oplog.ReasonRefused
		}
	}
	var retired []Result
	if !j.DryRun {
		retired = j.retireExpired(ctx, items)
	}
	results = append(j.carryOut(ctx, items), retired...)
	if !j.DryRun {
		if err := j.seen.Note(e.Time(), j.unseen...); err != nil {
			return results, err
		}
	}
	if limit != nil {
		return results, limit
	}
	var problems []error
	for _, r := range results {
		if r.Err != nil {
			problems = append(problems, &together.RunError{About: r.title(), Err: r.Err})
		}
	}
	return results, together.Join(problems, len(results))
}

// limited refuses what is more than anybody is likely to want at once. It reads what has
// to be read for that: nothing if all of it may be due.
func (j *job) limited(ctx context.Context, p Policy, items []item) error {
	most := cmp.Or(p.MaxChanges, mostChanges)
	due, unread := counts(items)
	if due+unread > most {
		readAll(ctx, j, items)
		due, _ = counts(items)
	}
	var why []string
	if due > most {
		why = append(why, fmt.Sprintf("%d rotations are due at once (max_changes: %d)", due, most))
	}
	for _, r := range p.Rotations {
		if text := tooShort(r); text != "" {
			why = append(why, text)
		}
	}
	if why == nil {
		return nil
	}
	return provider.Hint(provider.WithClass(provider.ErrRefused, errors.New("nothing was changed: "+strings.Join(why, "; "))),
		"check the policy; to rotate these credentials, pass --force")
}

// tooShort says that the max_age of r is below the limit, or "".
func tooShort(r Entry) string {
	if r.MaxAge >= leastAge {
		return ""
	}
	return fmt.Sprintf("max_age of entry %q is %s (minimum: 1d)", r.Name, duration.Format(r.MaxAge))
}

// Notes says of which entries only a run, or a dry one, can tell whether they work.
func Notes(p Policy) (said []string) {
	for _, r := range p.Rotations {
		if r.MayNeedSecret {
			said = append(said, fmt.Sprintf("%s:%d:%d: entry %q works only if %s generates the new secret: a policy cannot supply one; check it with --dry-run", p.File, r.Line, r.Column, r.Name, r.Provider))
		}
	}
	return said
}

// Check returns an error of class [provider.ErrRefused] if the limits forbid every run of
// p, with the place in its file. No request is sent.
func Check(p Policy, o Options) error {
	var problems []error
	for _, r := range p.Rotations {
		if text := tooShort(r); text != "" && !o.Force {
			problems = append(problems, fmt.Errorf("%s:%d:%d: %s", p.File, r.AgeLine, r.AgeColumn, text))
		}
	}
	if problems == nil {
		return nil
	}
	return provider.Hint(provider.WithClass(provider.ErrRefused, errors.Join(problems...)), "set max_age to at least 1d")
}
