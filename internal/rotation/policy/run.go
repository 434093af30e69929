package policy

import (
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
	DryRun      bool // only plan, and check all that can be checked
	Force       bool // whatever the limits say
	Parallel    int  // how many credentials are worked on at once; less than 2 is one after another
	LockTimeout time.Duration

	InsecurePerms bool // as in [rotation.Options]
}

// A Result is what became of one credential of a policy.
type Result struct {
	Name string `json:"name"`
	rotation.Result

	ID    string         `json:"id"` // what the policy names, or selected
	Due   bool           `json:"due"`
	Plan  *rotation.Plan `json:"plan,omitzero"` // of a dry run
	Error string         `json:"error,omitzero"`

	Err error `json:"-"`
}

// The limits that keep a slip of the pen from rotating everything.
const (
	mostChanges = 5
	leastAge    = duration.Day
)

// Run rotates what is due, goes on with what has not ended, and deletes
// what is past its grace. One that fails does not keep the others from it. The
// key that credctl signs with comes last.
//
// Each credential of the policy has a result, due or not. The error is of class
// [provider.ErrPartial] when some of several failed, that of the one when there
// is one alone, and [provider.ErrRefused] when a limit forbids all of it.
func Run(ctx context.Context, e *rotation.Engine, p Policy, o Options) ([]Result, error) {
	if path, ok := p.path(); ok && !o.DryRun {
		release, err := e.Journal.Lock(ctx, "the policy "+path, o.LockTimeout)
		if err != nil {
			return nil, err
		}
		defer release()
	}
	index, err := e.Journal.Index()
	if err != nil {
		return nil, err
	}
	if !o.DryRun {
		if err := oplog.WipeFinished(index); err != nil {
			return nil, err
		}
	}
	seen, err := e.Journal.Seen()
	if err != nil {
		return nil, err
	}
	s := &survey{engine: e, index: index, seen: seen, dry: o.DryRun}
	var items []item
	for _, r := range p.Rotations {
		items = append(items, s.expand(ctx, r)...)
	}
	dedupe(items, index)
	if err := checkConflicts(e, items); err != nil {
		return nil, err
	}
	limit := limited(p, items)
	if limit != nil && !o.Force {
		o.DryRun = true
	} else {
		limit = nil
	}
	results := carryOut(ctx, e, items, index, o)
	if !o.DryRun {
		results = append(results, retireExpired(ctx, e, index, items, rotation.Options{InsecurePerms: o.InsecurePerms})...)
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

// path returns the file of p, whatever it is called. Where there is none, as of
// standard input, the credentials are locked all the same, each by itself.
func (p Policy) path() (string, bool) {
	path, err := filepath.EvalSymlinks(p.File)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	return path, err == nil
}

// limited refuses what is more than anybody is likely to want.
func limited(p Policy, items []item) error {
	most := p.MaxChanges
	if most == 0 {
		most = mostChanges
	}
	due := 0
	for _, it := range items {
		if it.due {
			due++
		}
	}
	var why []string
	if due > most {
		why = append(why, fmt.Sprintf("%d rotations are due at once, and max_changes is %d", due, most))
	}
	for _, r := range p.Rotations {
		if r.MaxAge < leastAge {
			why = append(why, fmt.Sprintf("the max_age of %q is %s, less than a day", r.Name, duration.Format(r.MaxAge)))
		}
	}
	if why == nil {
		return nil
	}
	return provider.Hint(provider.WithClass(provider.ErrRefused, errors.New(strings.Join(why, "; ")+": nothing was changed")), "--force does it all the same")
}

var errNotTried = errors.New("it was not tried: the run was interrupted")

// carryOut does what there is to do for each item, and returns the results in
// the order of the policy. What may be the key that credctl signs with comes when
// all others are done.
func carryOut(ctx context.Context, e *rotation.Engine, items []item, index journal.Index, o Options) []Result {
	results := make([]Result, len(items))
	slots := make(chan struct{}, max(1, o.Parallel))
	var all sync.WaitGroup
	for i, it := range items {
		if it.last {
			continue
		}
		slots <- struct{}{}
		all.Go(func() {
			results[i] = carryOutOne(ctx, e, it, index, o)
			<-slots
		})
	}
	all.Wait()
	for i, it := range items {
		if it.last {
			results[i] = carryOutOne(ctx, e, it, index, o)
		}
	}
	return results
}

// carryOutOne does what there is to do for one item.
func carryOutOne(ctx context.Context, e *rotation.Engine, it item, index journal.Index, o Options) Result {
	r := Result{Name: it.Name, ID: it.ID, Due: it.due, Err: it.err}
	r.Result = rotation.Result{Provider: it.Provider, Kind: it.Kind, OldID: it.ID, Reason: it.why}
	switch {
	case it.err != nil:
	case ctx.Err() != nil:
		r.Err = errors.Join(errNotTried, ctx.Err())
	case it.due || it.open != nil:
		r.rotate(ctx, e, it, index, o)
	}
	if r.Err != nil {
		r.Error = r.Err.Error()
	}
	return r
}

// rotate carries out, or plans, the rotation of one item.
func (r *Result) rotate(ctx context.Context, e *rotation.Engine, it item, index journal.Index, o Options) {
	q := rotation.Request{Subject: it.Subject, Options: it.Options, Service: it.service, Input: it.input, LockTimeout: o.LockTimeout, Known: &index}
	q.InsecurePerms = o.InsecurePerms
	if o.DryRun {
		plan, err := e.Plan(ctx, q)
		r.Plan, r.Strategy, r.State, r.Err = &plan, plan.Strategy, plan.State, err
		return
	}
	result, err := e.Rotate(ctx, q)
	if result.Reason == "" {
		result.Reason = it.why
	}
	r.Result, r.Err = result, err
}

// retireExpired deletes the old credentials whose grace period is over, also of
// rotations that are in no policy. What another run works on is left to that.
func retireExpired(ctx context.Context, e *rotation.Engine, index journal.Index, items []item, o rotation.Options) []Result {
	var results []Result
	for _, op := range index.Unfinished() {
		state, err := oplog.Fold(op)
		listed := slices.ContainsFunc(items, func(it item) bool { return it.open != nil && it.open.ID == op.ID })
		if err != nil || listed || ctx.Err() != nil || !state.OnlyRetireLeft() || e.Time().Before(state.Until) {
			continue
		}
		result, err := e.Resume(ctx, op.ID, rotation.ResumeOptions{Options: o})
		if errors.Is(err, provider.ErrLocked) {
			continue
		}
		r := Result{Result: result, ID: op.Ref().ID, Err: err}
		if err != nil {
			r.Error = err.Error()
		}
		results = append(results, r)
	}
	return results
}
