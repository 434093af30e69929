package rotations

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/credctl/credctl/internal/bulk"
	"github.com/credctl/credctl/internal/cli/call"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/visible"
)

// A rotator is one run of the verb rotate.
type rotator struct {
	call    *call.Call
	options rotateOptions
	engine  *rotation.Engine
	svc     provider.Service
	report  *report
	plans   map[string]*rotation.Plan // by ID: what the rotations are begun with
	unshown error                     // why a new secret would be lost
	leftOut []string                  // of several: what credctl may authenticate with, which is not rotated
}

// rotate replaces credentials, each through the engine.
func (r *rotator) rotate(ctx context.Context, ids []string) error {
	if err := r.prepare(ctx, ids); err != nil {
		return err
	}
	turns, err := r.turns(ctx, ids)
	if err != nil {
		return err
	}
	all, ids := ids, slices.Concat(turns...)
	if r.options.dryRun {
		return r.plan(ctx, all)
	}
	for _, id := range ids {
		if err := r.agree(ctx, id); err != nil {
			return exit.About{ID: id}.Wrap(err)
		}
	}
	var errs []error
	var unsaid error
	for _, turn := range append(turns, r.leftOut) { // the engine refuses those that are left out
		done, err := r.carryOut(ctx, turn, len(all) > 1)
		errs, unsaid = append(errs, done...), errors.Join(unsaid, err)
	}
	const most = 10 // the results tell of each
	return errors.Join(bulk.Failed("rotated", errs, most), unsaid, r.report.print(len(all) == 1))
}

// prepare finds what is wrong with where the new secrets would go.
func (r *rotator) prepare(ctx context.Context, ids []string) error {
	results := r.call.Run.Results
	r.report = newReport(r.call.Run)
	if len(ids) == 0 {
		r.report.results = []rotation.Result{}
	}
	if results.SecretFile != "" {
		r.options.SecretFile = "file:" + results.SecretFile
		r.options.To = append(slices.Clone(r.options.To), r.options.SecretFile)
	}
	to := r.options.To
	r.report.secrets = slices.Contains(r.call.Kind.Issues, provider.Rotate) && (len(to) == 0 || results.ShowSecret)
	if err := call.Fits(ctx, r.call, r.report.secrets); err != nil {
		return err
	}
	r.report.shape = r.call.Kind.Shape
	if len(ids) > 1 {
		if err := spread(strconv.Itoa(len(ids)), results.SecretFile, to); err != nil {
			return err
		}
	}
	switch {
	case r.report.secrets && len(ids) > 1 && !results.Format.Streams():
		return provider.Hint(provider.Usage("-o %s cannot show the secrets of %d credentials", results.Output, len(ids)), "use -o jsonl")
	case len(to) > 0, !r.report.secrets:
		return nil
	}
	r.unshown = results.CheckShown() // it matters only to what is not rotated yet
	return nil
}

// spread demands that no place is to hold the secrets of several credentials: only
// the last would be left. how says how many they are.
func spread(how, secretFile string, to []string) error {
	if secretFile != "" {
		return provider.Usage("--secret-file takes one secret, and there are %s", how)
	}
	if slices.ContainsFunc(to, func(to string) bool { return !strings.HasPrefix(to, "exec:") }) {
		return provider.Hint(provider.Usage("%s secrets would overwrite each other at %s", how, strings.Join(to, ", ")),
			"pass --to exec:COMMAND, which gets each credential with its ID, or use a policy with {name} in its destinations")
	}
	return nil
}

// turns returns the IDs in the order in which they are rotated: those of one turn at
// once. What credctl authenticates with, or may, is left out; with --self it comes
// last, because nothing more can be done with it then.
func (r *rotator) turns(ctx context.Context, ids []string) ([][]string, error) {
	if len(ids) < 2 {
		return [][]string{ids}, nil
	}
	own, unknown, err := r.engine.Signer().Among(ctx, r.request("").Subject, r.svc, provider.ListScope(ctx, r.svc, provider.Credential{}), ids) // once for all
	if err != nil {
		return nil, err
	}
	var others []string
	var last [][]string
	for _, id := range ids {
		switch {
		case id != own && (!slices.Contains(unknown, id) || r.isNotSelf(id)):
			others = append(others, id)
		case r.options.Self:
			last = append(last, []string{id})
		default:
			r.leftOut = append(r.leftOut, id)
		}
	}
	return append([][]string{others}, last...), nil
}

// isNotSelf reports whether the user states that credctl does not authenticate with
// this credential.
func (r *rotator) isNotSelf(id string) bool {
	return slices.ContainsFunc(r.options.notSelf, func(one string) bool { return strings.EqualFold(one, id) })
}

// agree tells a person what will be done and what stops working when, and asks
// where that is before the new secret is in use.
func (r *rotator) agree(ctx context.Context, id string) error {
	plan, err := r.engine.Plan(ctx, r.request(id))
	if err != nil {
		return r.absent(&plan, err)
	}
	r.plans[id] = &plan
	if plan.NewID != "" || plan.Operation != "" && !plan.Destructive {
		return nil
	}
	if path := r.call.Run.Results.SecretFile; path != "" {
		if _, err := os.Lstat(path); err == nil {
			return provider.Usage("--secret-file: %s already exists, and may hold another secret", path)
		}
	}
	streams, vendor := r.call.Run.Streams, r.call.Provider.Name
	if streams.ErrTTY && !streams.Quiet {
		if plan.Destructive && streams.Yes { // else a question says so, or nothing stops
			streams.Line("%s %s: %s", vendor, named(id, plan.Name), visible.Text(plan.Effect))
		}
		for _, w := range plan.Warnings {
			if !slices.Contains(plan.Remarks, w) {
				streams.Line("note: %s", visible.Text(w))
			}
		}
	}
	if !plan.Destructive {
		return nil
	}
	return streams.Confirm(ctx, r.call.Question("Rotate "+call.Described(r.call, id, plan.Name), call.Sentence(visible.Text(plan.Effect))))
}

// request is what the engine is asked for.
func (r *rotator) request(id string) rotation.Request {
	q := rotation.Request{
		Subject: r.call.Run.Session.Subject(r.call.Account(), r.call.Kind, id, r.call.In),
		Options: r.options.Options,
		Service: r.svc, Input: r.call.In,
		LockTimeout: r.options.lockTimeout, Force: r.options.force, Stated: true,
	}
	q.NotSelf = r.isNotSelf(id)
	if !r.options.given("verify") { // an open rotation keeps what its first run gave
		q.Verify = ""
	}
	if !r.options.given("verify-timeout") {
		q.VerifyTimeout = 0
	}
	q.Hook = rotation.Hook{Line: r.options.hook, Stdin: r.options.hookStdin}
	if q.Unshown = r.unshown; len(q.To) == 0 && r.unshown == nil {
		q.Show = r.report.show
	}
	return q
}

// failed tells in a result what failed, if anything did.
func failed(r *rotation.Result, err error) {
	switch {
	case err == nil:
		return
	case errors.Is(err, context.Canceled) && r.Operation == "":
		r.Reason = oplog.ReasonInterrupted
	default:
		r.Reason = oplog.ReasonFailed
	}
	r.Error = exit.Text(err)
}

// carryOut rotates, several at a time, and takes what came of each. many is
// whether they are, or belong to, several. unsaid is not what came of it, but that
// it could not be written.
func (r *rotator) carryOut(ctx context.Context, ids []string, many bool) (errs []error, unsaid error) {
	results := make([]rotation.Result, len(ids))
	done := r.call.Runner().Each(ctx, ids, func(ctx context.Context, i int, id string) (err error) {
		q := r.request(id)
		q.Plan = r.plans[id]
		if results[i], err = r.engine.Rotate(ctx, q); err != nil && many {
			err = fmt.Errorf("%s: %w", id, err)
		}
		return err
	})
	for i, err := range done {
		if results[i].OldID == "" { // it was not started
			results[i] = rotation.Result{Provider: r.call.Provider.Name, Kind: r.call.Kind.Name, ID: ids[i], OldID: ids[i]}
		}
		failed(&results[i], err)
		if err == nil || many || r.report.tells(results[i]) {
			unsaid = errors.Join(unsaid, r.report.add(results[i]))
		}
		errs = append(errs, err)
	}
	return errs, unsaid
}
