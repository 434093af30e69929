package policy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/reopen"
	"github.com/credctl/credctl/internal/rotation/replaced"
	"github.com/credctl/credctl/internal/rotation/run"
)

// each calls do with each of these numbers, several at a time, in their order.
func (j *job) each(numbers []int, do func(i int)) {
	var begun atomic.Int64
	var workers sync.WaitGroup
	for range min(max(1, j.Parallel), len(numbers)) {
		workers.Go(func() {
			for n := begun.Add(1); n <= int64(len(numbers)); n = begun.Add(1) {
				do(numbers[n-1])
			}
		})
	}
	workers.Wait()
}

// order returns the items in the order in which they are carried out: open rotations,
// what is due the longest, and what has to be read first. What credctl may authenticate
// with comes when all others are done, one after another.
func order(items []item) (numbers, last []int) {
	rank := func(it item) int {
		switch {
		case it.open != nil:
			return 0
		case it.age.Due:
			return 1
		}
		return 2
	}
	for i, it := range items {
		if it.last {
			last = append(last, i)
		} else {
			numbers = append(numbers, i)
		}
	}
	slices.SortStableFunc(numbers, func(a, b int) int {
		x, y := items[a], items[b]
		if by := cmp.Compare(rank(x), rank(y)); by != 0 || !x.age.Due {
			return by
		}
		return x.age.DueAt.Compare(y.age.DueAt)
	})
	return numbers, last
}

// carryOut does what there is to do for each item, and returns the results in the order
// of the policy.
func (j *job) carryOut(ctx context.Context, items []item) []Result {
	results := make([]Result, len(items))
	one := func(i int) {
		it := &items[i]
		if it.unread && it.err == nil && ctx.Err() == nil {
			it.err = j.read(ctx, it)
		}
		results[i] = j.carryOutOne(ctx, *it)
	}
	numbers, last := order(items)
	j.each(numbers, one)
	for _, i := range last {
		one(i)
	}
	return results
}

// fits reports whether there is time for another item, as far as those before tell.
func (j *job) fits(ctx context.Context) bool {
	until, ok := ctx.Deadline()
	j.mu.Lock()
	defer j.mu.Unlock()
	return !ok || time.Until(until) > j.longest
}

// took notes how long an item has taken since then.
func took(j *job, begin time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.longest = max(j.longest, time.Since(begin))
}

// asOfPolicy returns an error of an entry with what to do in the policy, where its hint is to
// pass a flag that a policy does not take.
func (it *item) asOfPolicy(file string, err error) error {
	hint := provider.HintOf(err)
	switch _, flags, supplied := strings.Cut(hint, " --set-file "); {
	case errors.Is(err, drift.ErrCutOff):
		return provider.Hint(err, "add the destination to entry %s; if no program reads the secret there, delete it there, or rotate it without it once: %s --force", it.Name, it.command())
	case strings.Contains(hint, "--not-self"):
		return provider.Hint(err, "if credctl does not authenticate with it, set not_self: true in entry %s", it.Name)
	case supplied:
		return provider.Hint(fmt.Errorf("%s:%d:%d: a policy cannot supply a secret, and %w", file, it.Line, it.Column, err),
			"remove entry %s, and rotate it with: credctl %s rotate %s --set-file %s", it.Name, it.Provider, it.ID, flags)
	}
	return err
}

// carryOutOne carries out, or plans, what there is to do for one item.
func (j *job) carryOutOne(ctx context.Context, it item) Result {
	r := Result{Err: it.err, Result: rotation.Result{Provider: it.Provider, Kind: it.Kind, ID: it.ID, OldID: it.ID, Reason: it.reason}}
	q := rotation.Request{Subject: it.Subject, Options: it.Options, Service: it.service, Input: it.input, LockTimeout: j.LockTimeout, Known: &j.index, Stated: true}
	q.InsecurePerms = j.InsecurePerms
	switch {
	case it.err != nil && it.service != nil && it.ID != "":
		op := &oplog.OpState{Subject: it.Subject, Options: it.Options, Old: it.cred, Name: it.cred.Name}
		r.Err = replaced.WithHint(ctx, &run.Run{Env: j.engine.Env, Service: it.service, Op: op}, j.engine.Listing(it.service), it.err)
	case it.err != nil:
	case ctx.Err() != nil:
		r.Reason, r.Err = oplog.ReasonInterrupted, provider.WithClass(ctx.Err(), errors.New("skipped: "+provider.Text(ctx.Err())))
	case it.reason == oplog.ReasonNotDue:
		r.watched(ctx, j, it, q)
	case !it.age.Due && it.open == nil:
	case !j.fits(ctx):
		r.Reason, r.Err = oplog.ReasonInterrupted, provider.WithClass(context.DeadlineExceeded, errors.New("skipped: the time left does not suffice; the next run continues"))
	case j.DryRun:
		plan, err := j.engine.Plan(ctx, q)
		r.Plan, r.Operation, r.ID, r.NewID, r.Strategy, r.State, r.Retires, r.Err = &plan, plan.Operation, plan.ID, plan.NewID, plan.Strategy, plan.State, plan.Retires, err
		if it.open != nil {
			r.Reason = plan.Reason
		}
	default:
		begin := time.Now()
		r.Result, r.Err = rotate(ctx, j, q, it)
		took(j, begin)
		if r.Reason == oplog.ReasonRequested {
			r.Reason = oplog.ReasonDue
		}
	}
	if errors.Is(r.Err, context.Canceled) {
		r.Err = backend.Lost(ctx, r.Err)
	}
	r.Err = it.asOfPolicy(j.file, r.Err)
	r.Name, r.Age, r.Message = it.Name, &it.age, cmp.Or(r.Message, it.why)
	if r.Reason == oplog.ReasonDue || r.Reason == oplog.ReasonResumed {
		r.Message = it.why
	}
	return r.told()
}

// rotate rotates an item, unless it only waits for the end of its grace period.
func rotate(ctx context.Context, j *job, q rotation.Request, it item) (rotation.Result, error) {
	if it.reason == oplog.ReasonGrace {
		asked := reopen.Asked{Subject: q.Subject, Options: q.Options}
		if result, waits, err := reopen.Waiting(j.engine.Env, asked, it.open); waits || err != nil {
			r := Result{Result: result, Err: err}
			r.tellDeleted(j.trail)
			r.watched(ctx, j, it, q)
			return r.Result, r.Err
		}
	}
	return j.engine.Rotate(ctx, q)
}

// told is the result with its error in words.
func (r Result) told() Result {
	if r.Err == nil {
		return r
	}
	r.Error = provider.Text(r.Err)
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
		state, err := j.folded.of(op)
		listed := slices.ContainsFunc(items, func(it item) bool { return it.open != nil && it.open.ID == op.ID })
		if err != nil || listed || ctx.Err() != nil || !state.OnlyRetireLeft() || j.engine.Time().Before(state.Until) {
			continue
		}
		result, err := j.engine.Resume(ctx, op.ID, rotation.ResumeOptions{Options: rotation.Options{InsecurePerms: j.InsecurePerms}})
		if ctx.Err() != nil || !errors.Is(err, provider.ErrLocked) {
			result.Name, result.Age, result.Message = "", &rotation.Age{}, cmp.Or(result.Message, GraceEnded)
			results = append(results, Result{Result: result, Err: err}.told())
		}
	}
	return results
}

// command is the rotation of an item as a command for a shell.
func (it *item) command() string {
	line := []string{"credctl", it.Provider, "rotate", it.ID}
	add := func(flag, value string) { line = append(line, "--"+flag, quote.Word(value)) }
	for _, to := range it.To {
		add("to", to)
	}
	if it.Profile != "" {
		add("profile", it.Profile)
	}
	if it.Grace > 0 {
		add("grace", duration.Format(it.Grace))
	}
	if it.Verify != "" && it.Verify != "auto" {
		add("verify", it.Verify)
	}
	switch {
	case it.Hook.Line != "":
		add("hook", it.Hook.Line)
	case len(it.Hook.Args) > 0:
		var words []string
		for _, arg := range it.Hook.Args {
			words = append(words, quote.Word(arg))
		}
		add("hook", strings.Join(words, " "))
	}
	for _, flag := range []struct {
		name string
		set  bool
	}{{"--hook-stdin", it.Hook.Stdin}, {"--overlap", it.Overlap}, {"--in-place", it.InPlace}} {
		if flag.set {
			line = append(line, flag.name)
		}
	}
	return strings.Join(line, " ")
}
