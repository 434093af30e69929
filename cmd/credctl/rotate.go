package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/visible"
)

// rotateFlags are the flags of a rotation.
type rotateFlags struct {
	rotation.Options
	hook        string
	hookStdin   bool
	lockTimeout time.Duration
	dryRun      bool
}

func (r *rotateFlags) add(f *pflag.FlagSet) {
	f.BoolVar(&r.InPlace, "in-place", false, "use the route that stops the old secret at once")
	f.BoolVar(&r.Overlap, "overlap", false, "make a successor even where the vendor has a route of its own, so that the old one lives on")
	f.StringVar(&r.hook, "hook", "", "run this shell `command` when the new secret is delivered")
	f.BoolVar(&r.hookStdin, "hook-stdin", false, "give the hook the new credential as JSON on its standard input")
	f.StringVar(&r.Verify, "verify", "auto", "how to find out whether the new secret works: auto, none or exec:`CMD`")
	f.DurationVar(&r.VerifyTimeout, "verify-timeout", 5*time.Minute, "how long the new secret may take to work")
	f.Var(days{&r.Grace}, "grace", "how long the old one lives on after delivery, such as 24h or 7d; a later run deletes it")
	f.DurationVar(&r.lockTimeout, "lock-timeout", 0, "how long to wait for another run that works on the same credential")
	f.BoolVar(&r.AcceptDrift, "accept-drift", false, "go on when the new one has other rights than the old one")
	f.BoolVar(&r.Self, "self", false, "rotate also the credential that credctl itself signs with")
	f.BoolVar(&r.dryRun, "dry-run", false, "show the steps and check what can be checked; change nothing")
}

// rotate replaces credentials, each through the engine.
func (c *call) rotate(ctx context.Context, svc provider.Service, ids []string) error {
	engine, err := c.session.Engine()
	if err != nil {
		return err
	}
	engine.Token = func(context.Context, rotation.Subject) (provider.Secret, error) {
		return config.TokenLike(c.provider, c.kind.Shape, c.settings), nil
	}
	open := engine.Open
	engine.Open = func(ctx context.Context, s rotation.Subject, token provider.Secret) (provider.Service, provider.Input, error) {
		if token.IsZero() && c.config.Flags.Secrets[provider.Token.Info().Name] != "" {
			token = provider.Token.Get(c.settings)
		}
		return open(ctx, s, token)
	}
	r := &rotator{call: c, engine: engine, svc: svc, plans: map[string]*rotation.Plan{}}
	if err := r.prepare(ids); err != nil {
		return err
	}
	turns, err := r.turns(ctx, engine, ids)
	if err != nil {
		return err
	}
	ids = slices.Concat(turns...)
	if c.flags.rotate.dryRun {
		return r.plan(ctx, ids)
	}
	for _, id := range ids {
		if err := r.agree(ctx, id); err != nil {
			c.failed.id = id
			return err
		}
	}
	var errs []error
	var unsaid error
	for _, turn := range turns {
		done, err := r.carryOut(ctx, turn, len(ids) > 1)
		errs, unsaid = append(errs, done...), errors.Join(unsaid, err)
	}
	const most = 10 // the results tell of each
	return errors.Join(several("rotated", errs, most), unsaid, r.print(len(ids) == 1))
}

// turns returns the IDs in the order in which they are rotated: those of one turn
// at once. What credctl signs with, or may, comes when all others are done, because
// nothing more can be done with it then.
func (r *rotator) turns(ctx context.Context, engine *rotation.Engine, ids []string) ([][]string, error) {
	if len(ids) < 2 {
		return [][]string{ids}, nil
	}
	own, unknown, err := engine.SelfAmong(ctx, r.request("").Subject, provider.ListScope(ctx, r.svc, provider.Credential{}), ids) // once for all
	switch {
	case !r.flags.rotate.Self: // what could not be told is asked again for those that are begun
		return [][]string{ids}, nil
	case err != nil:
		return nil, err
	}
	var others []string
	var last [][]string
	for _, id := range ids {
		if id == own || slices.Contains(unknown, id) {
			last = append(last, []string{id})
		} else {
			others = append(others, id)
		}
	}
	return append([][]string{others}, last...), nil
}

// carryOut rotates, several at a time, and takes what came of each. many is
// whether they are, or belong to, several. unsaid is not what came of it, but that
// it could not be written.
func (r *rotator) carryOut(ctx context.Context, ids []string, many bool) (errs []error, unsaid error) {
	results := make([]rotation.Result, len(ids))
	done := r.each(ctx, ids, func(ctx context.Context, i int, id string) (err error) {
		q := r.request(id)
		q.Plan = r.plans[id]
		if results[i], err = r.engine.Rotate(ctx, q); err != nil && many {
			err = fmt.Errorf("%s: %w", id, err)
		}
		return err
	})
	for i, err := range done {
		if results[i].OldID == "" { // it was not begun
			results[i] = rotation.Result{Provider: r.provider.Name, Kind: r.kind.Name, OldID: ids[i]}
		}
		if err != nil && results[i].Reason == "" {
			results[i].Reason = err.Error()
		}
		if err == nil || many || r.tells(results[i]) {
			unsaid = errors.Join(unsaid, r.add(results[i]))
		}
		errs = append(errs, err)
	}
	return errs, unsaid
}

// A rotator is one run of the verb rotate.
type rotator struct {
	*call
	engine  engine
	svc     provider.Service
	plans   map[string]*rotation.Plan // by ID: what the rotations are begun with
	to      []string
	shows   bool // the new secret goes to standard output
	results []rotation.Result

	mu    sync.Mutex      // of what is written
	shown map[string]bool // the operations whose new secret went to standard output
}

// An engine is what a rotator needs of the rotation engine.
type engine interface {
	Plan(context.Context, rotation.Request) (rotation.Plan, error)
	Rotate(context.Context, rotation.Request) (rotation.Result, error)
}

// tells reports whether a result is worth showing although there is an error: to
// people, not to programs, for which standard output stays empty then.
func (r *rotator) tells(result rotation.Result) bool { return r.forPeople() && result.Operation != "" }

// prepare finds what is wrong with where the new secrets would go.
func (r *rotator) prepare(ids []string) error {
	r.to = slices.Clone(r.flags.to)
	if r.global.secretFile != "" {
		r.to = append(r.to, "file:"+r.global.secretFile)
	}
	issues := slices.Contains(r.kind.Issues, provider.Rotate)
	r.shows = issues && (len(r.to) == 0 || r.global.showSecret)
	if err := r.fits(r.shows); err != nil {
		return err
	}
	if len(ids) > 1 {
		if err := spread(strconv.Itoa(len(ids)), r.global.secretFile, r.to); err != nil {
			return err
		}
	}
	switch {
	case r.shows && len(ids) > 1 && !r.format.Streams():
		return provider.Hint(provider.Usage("%d secrets are not written in one -o %s", len(ids), r.global.output), "give --to, or -o jsonl")
	case len(r.to) > 0, !r.shows, r.flags.rotate.dryRun:
		return nil
	}
	return r.checkShown()
}

// spread demands that no place is to hold the secrets of several credentials: only
// the last would be left. how says how many they are.
func spread(how, secretFile string, to []string) error {
	if secretFile != "" {
		return provider.Usage("--secret-file holds one secret, and here are %s", how)
	}
	if slices.ContainsFunc(to, func(to string) bool { return !strings.HasPrefix(to, "exec:") }) {
		return provider.Hint(provider.Usage("%s secrets would overwrite one another at %s", how, strings.Join(to, ", ")),
			"give --to exec:COMMAND, which gets each with its ID, or a policy, in which {name} is a part of the destination")
	}
	return nil
}

// request is what the engine is asked for.
func (r *rotator) request(id string) rotation.Request {
	q := rotation.Request{
		Subject: r.session.Subject(r.account(), r.kind, id, r.in),
		Options: r.flags.rotate.Options,
		Service: r.svc, Input: r.in,
		LockTimeout: r.flags.rotate.lockTimeout,
	}
	q.To, q.InsecurePerms = r.to, r.flags.insecurePerms
	q.Hook = rotation.Hook{Line: r.flags.rotate.hook, Stdin: r.flags.rotate.hookStdin}
	if len(r.to) == 0 {
		q.Show = r.show
	}
	return q
}

// agree tells a person what will be done and what stops working when, and asks
// where that is before the new secret is in use.
func (r *rotator) agree(ctx context.Context, id string) error {
	plan, err := r.engine.Plan(ctx, r.request(id))
	if err != nil {
		return err
	}
	r.plans[id] = &plan
	if r.global.secretFile != "" && plan.Operation == "" && plan.NewID == "" {
		if _, err := os.Lstat(r.global.secretFile); err == nil {
			return provider.Usage("--secret-file %s exists already, and may hold another secret", r.global.secretFile)
		}
	}
	if plan.NewID != "" || plan.Operation != "" {
		return nil
	}
	if r.streams.ErrTTY && !r.streams.Quiet {
		fmt.Fprintf(r.streams.Err, "%s %s (%s): %s\n", r.provider.Name, id, visible.Text(plan.Name), visible.Text(plan.Effect))
		for _, w := range plan.Warnings {
			fmt.Fprintf(r.streams.Err, "note: %s\n", visible.Text(w))
		}
	}
	if !plan.Destructive {
		return nil
	}
	return r.streams.Confirm(ctx, fmt.Sprintf("Rotate %s (%s) at %s? %s", id, visible.Text(plan.Name), r.provider.Name, sentence(visible.Text(plan.Effect))))
}
