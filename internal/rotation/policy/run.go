package policy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
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

// The limits that keep a mistyped number from rotating everything.
const (
	mostChanges = 5
	leastAge    = duration.Day
)

// A job is one run of a policy.
type job struct {
	engine *rotation.Engine
	Options

	index journal.Index
	seen  *journal.Seen
}

// Run resumes unfinished rotations, rotates what is due, and deletes what is past its
// grace period. One that fails does not keep the others from it. The credential that
// credctl authenticates with comes last.
//
// Each credential of the policy has a result, due or not, and so has an entry that
// selects none. The error is of class [provider.ErrPartial] when some of several
// failed, that of the only one, and [provider.ErrRefused] when a limit forbids all.
func Run(ctx context.Context, e *rotation.Engine, p Policy, o Options) ([]Result, error) {
	if path, ok := p.path(); ok && !o.DryRun {
		release, err := e.Journal.Lock(ctx, "the policy "+path, o.LockTimeout)
		if err != nil {
			return nil, err
		}
		defer release()
	}
	index, err := e.Journal.Index()
	if err == nil && !o.DryRun {
		err = oplog.WipeFinished(index)
	}
	if err != nil {
		return nil, err
	}
	seen, err := e.Journal.Seen()
	if err != nil {
		return nil, err
	}
	j := &job{engine: e, Options: o, index: index, seen: seen}
	var items []item
	for _, r := range p.Rotations {
		items = append(items, j.expand(ctx, r)...)
	}
	dedupe(items, index)
	if err := checkConflicts(e, items); err != nil {
		return nil, err
	}
	limit := limited(p, items)
	if o.Force {
		limit = nil
	}
	j.DryRun = o.DryRun || limit != nil
	for i := range items {
		if limit != nil && items[i].age.Due {
			items[i].reason = oplog.ReasonRefused
		}
	}
	results := j.carryOut(ctx, items)
	if !j.DryRun {
		results = append(results, j.retireExpired(ctx, items)...)
	}
	if limit != nil {
		return results, limit
	}
	var problems []error
	for _, r := range results {
		if r.Err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", strings.TrimSpace(r.Name+" "+r.ID), r.Err))
		}
	}
	return results, rotation.Together(problems, len(results))
}

// path returns the file of p without symbolic links. Where there is none, as of
// standard input, each credential is locked by itself anyway.
func (p Policy) path() (string, bool) {
	path, err := filepath.EvalSymlinks(p.File)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	return path, err == nil
}

// limited refuses what is more than anybody is likely to want at once.
func limited(p Policy, items []item) error {
	most := cmp.Or(p.MaxChanges, mostChanges)
	due := 0
	for _, it := range items {
		if it.age.Due {
			due++
		}
	}
	var why []string
	if due > most {
		why = append(why, fmt.Sprintf("%d rotations are due at once (max_changes: %d)", due, most))
	}
	for _, r := range p.Rotations {
		if r.MaxAge < leastAge {
			why = append(why, fmt.Sprintf("max_age of entry %q is %s (minimum: 1d)", r.Name, duration.Format(r.MaxAge)))
		}
	}
	if why == nil {
		return nil
	}
	return provider.Hint(provider.WithClass(provider.ErrRefused, errors.New("nothing was changed: "+strings.Join(why, "; "))),
		"check the policy; to rotate these credentials, pass --force")
}

// carryOut does what there is to do for each item, and returns the results in
// the order of the policy. What credctl may authenticate with comes when all others
// are done, one after another.
func (j *job) carryOut(ctx context.Context, items []item) []Result {
	results := make([]Result, len(items))
	slots := make(chan struct{}, max(1, j.Parallel))
	var all sync.WaitGroup
	for i, it := range items {
		if it.last {
			continue
		}
		slots <- struct{}{}
		all.Go(func() {
			results[i] = j.carryOutOne(ctx, it)
			<-slots
		})
	}
	all.Wait()
	for i, it := range items {
		if it.last {
			results[i] = j.carryOutOne(ctx, it)
		}
	}
	return results
}

// carryOutOne carries out, or plans, what there is to do for one item.
func (j *job) carryOutOne(ctx context.Context, it item) Result {
	r := Result{Err: it.err}
	r.Result = rotation.Result{Provider: it.Provider, Kind: it.Kind, ID: it.ID, OldID: it.ID, Reason: it.reason}
	q := rotation.Request{Subject: it.Subject, Options: it.Options, Service: it.service, Input: it.input, LockTimeout: j.LockTimeout, Known: &j.index}
	q.InsecurePerms = j.InsecurePerms
	switch {
	case it.err != nil:
	case ctx.Err() != nil:
		r.Reason, r.Err = oplog.ReasonInterrupted, errors.Join(errors.New("skipped: the run was interrupted"), ctx.Err())
	case !it.age.Due && it.open == nil:
	case j.DryRun:
		plan, err := j.engine.Plan(ctx, q)
		r.Plan, r.Operation, r.ID, r.NewID, r.Strategy, r.State, r.Retires, r.Err = &plan, plan.Operation, plan.ID, plan.NewID, plan.Strategy, plan.State, plan.Retires, err
		if it.open != nil {
			r.Reason = plan.Reason
		}
	default:
		r.Result, r.Err = j.engine.Rotate(ctx, q)
		if r.Reason == oplog.ReasonRequested {
			r.Reason = oplog.ReasonDue
		}
	}
	if hint := provider.HintOf(r.Err); strings.Contains(hint, "--not-self") {
		r.Err = provider.Hint(r.Err, "if credctl does not authenticate with it, set not_self: true in entry %s", it.Name)
	}
	r.Name, r.Age, r.Message = it.Name, &it.age, cmp.Or(r.Message, it.why)
	if r.Reason == oplog.ReasonDue || r.Reason == oplog.ReasonResumed {
		r.Message = it.why
	}
	return r.told()
}

// told is the result with its error in words.
func (r Result) told() Result {
	if r.Err == nil {
		return r
	}
	r.Error = r.Err.Error()
	switch r.Reason {
	case oplog.ReasonInterrupted, oplog.ReasonNoMatch, oplog.ReasonSkipped:
	default:
		r.Reason = oplog.ReasonFailed
	}
	return r
}

// retireExpired deletes the old credentials whose grace period has ended, also of
// rotations that are in no policy. What another run works on is left to that run.
func (j *job) retireExpired(ctx context.Context, items []item) (results []Result) {
	for _, op := range j.index.Unfinished() {
		state, err := oplog.Fold(op)
		listed := slices.ContainsFunc(items, func(it item) bool { return it.open != nil && it.open.ID == op.ID })
		if err != nil || listed || ctx.Err() != nil || !state.OnlyRetireLeft() || j.engine.Time().Before(state.Until) {
			continue
		}
		result, err := j.engine.Resume(ctx, op.ID, rotation.ResumeOptions{Options: rotation.Options{InsecurePerms: j.InsecurePerms}})
		if !errors.Is(err, provider.ErrLocked) {
			result.Name, result.Age, result.Message = "", &rotation.Age{}, cmp.Or(result.Message, GraceEnded)
			results = append(results, Result{Result: result, Err: err}.told())
		}
	}
	return results
}
