// Package redelivery delivers the secret of a credential that exists again: the secret
// that the journal holds, that another destination holds, or that a person supplies.
//
// It is an operation of the journal, as a rotation is. Killed at any moment, the same
// command, or the next run of a policy, continues it.
package redelivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/locks"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
	"github.com/credctl/credctl/internal/rotation/step"
)

// A Request asks for the secret of a credential to be delivered.
type Request struct {
	oplog.Subject // bound to its account
	oplog.Options // of which To, Hook, Verify, Proof and InsecurePerms count

	Service provider.Service
	Secret  provider.Secret // zero: the one that the journal, or another destination, holds
	Key     string          // that belongs to Secret; empty: what the vendor says

	LockTimeout time.Duration
}

// A Deliverer carries requests out.
type Deliverer struct {
	run.Env

	// Resolve makes a subject and its destinations independent of the folder and the
	// environment in which credctl runs.
	Resolve func(context.Context, *oplog.Subject, *oplog.Options) error

	// Audit adds what came of a verb, for a profile, to the audit trail. It returns err, joined with the
	// error of doing so.
	Audit func(verb, profile string, r run.Result, err error) error
}

// Deliver carries q out, or continues what delivers the credential already: an
// unfinished rotation of it is continued up to the deletion of the old credential.
//
// The secret is verified before anything is written: one that does not work is
// [provider.ErrVerify]. After [provider.ErrPartial] the next run does what is missing.
func (d Deliverer) Deliver(ctx context.Context, q Request) (result run.Result, err error) {
	defer func() { err = d.Audit("deliver", q.Profile, result, err) }()
	if err := d.resolve(ctx, &q); err != nil {
		return run.Result{Provider: q.Provider, Kind: q.Kind, ID: q.ID}, err
	}
	return q.deliver(ctx, d.Env)
}

// resolve resolves q. Where no secret is supplied, that of the credential is meant which
// has taken the place of the one that q names.
func (d Deliverer) resolve(ctx context.Context, q *Request) error {
	if err := d.Resolve(ctx, &q.Subject, &q.Options); err != nil || !q.Secret.IsZero() {
		return err
	}
	index, err := d.Journal.Index()
	if err != nil {
		return err
	}
	current, err := index.Current(q.Ref())
	q.ID = current.ID
	return err
}

func (q Request) deliver(ctx context.Context, env run.Env) (result run.Result, err error) {
	none := run.Result{Provider: q.Provider, Kind: q.Kind, ID: q.ID, Strategy: oplog.Deliver}
	if err := errors.Join(env.Journal.CheckIdentity(), env.Journal.CheckAudit()); err != nil {
		return none, err
	}
	index, err := env.Journal.Index()
	if err != nil {
		return none, err
	}
	names, err := locks.OfCredential(index, q.Ref())
	if err != nil {
		return none, err
	}
	ctx, release, err := locks.Take(ctx, env.Journal, names, q.LockTimeout)
	if err != nil {
		return none, err
	}
	defer backend.Release(ctx, release, &err)
	if index, err = env.Journal.Index(); err != nil {
		return none, err
	}
	open, err := unfinished(index, q.Ref())
	if err != nil {
		return none, err
	}
	if open != nil {
		r, err := run.Resume(env, open)
		if err != nil {
			return none, err
		}
		if r.Op.Issued {
			return q.resume(ctx, r)
		}
		if err := Resume(ctx, r); err != nil { // it ends: nothing was delivered
			return none, err
		}
	}
	p, err := prepare(ctx, env, q, index)
	if err == nil {
		p.how, err = step.TryHeld(ctx, p.Run)
	}
	if err != nil {
		return none, err
	}
	if err := p.begin(); err != nil {
		return p.Result(), err
	}
	for _, text := range step.SplitPairs(p.Run) {
		p.Remark("%s", text)
	}
	for _, err := range p.moved {
		p.Remark("from now on, credctl checks what is delivered here, and not what was delivered before: %v", err)
	}
	err = step.Advance(ctx, p.Run)
	return p.Result(), err
}

// A prepared delivery is one that can begin.
type prepared struct {
	*run.Run

	secret provider.Secret
	issued time.Time       // when the secret was
	held   []oplog.Holding // the other destinations that have received it
	moved  []error         // about those of another host
	how    string          // it was verified
}

// prepare reads the credential and its secret, and checks the destinations.
func prepare(ctx context.Context, env run.Env, q Request, index journal.Index) (*prepared, error) {
	c, err := run.Get(ctx, q.Service, q.ID)
	switch {
	case err != nil:
		return nil, fmt.Errorf("could not read %s: %w", q.ID, err)
	case !c.Live():
		return nil, provider.Usage("%s no longer works, so its secret was not delivered", q.ID)
	}
	checker := drift.Checker{Journal: env.Journal, Index: index, Destination: env.Destination}
	last, err := checker.Delivered(q.Ref())
	if err != nil {
		return nil, err
	}
	secret, key := q.Secret, cmp.Or(q.Key, c.Key)
	if secret.IsZero() && last != nil {
		var found string
		if secret, found, err = checker.Holder(ctx, last); err != nil {
			return nil, err
		}
		key = cmp.Or(key, found)
	}
	if secret.IsZero() {
		return nil, provider.Hint(provider.Usage("credctl does not have the secret of %s: no destination holds it, and the journal keeps secrets of unfinished rotations only", q.ID),
			"pass the secret with --secret-file FILE (- is standard input); if it is lost, rotate the credential")
	}
	if err := q.isOwn(env.Journal); err != nil {
		return nil, err
	}
	c.Key, c.Provider, c.Kind = key, q.Provider, q.Kind
	p := &prepared{Run: &run.Run{Env: env, Service: q.Service, Secret: secret}, secret: secret}
	p.Op = &oplog.OpState{Subject: q.Subject, Options: q.Options, Strategy: oplog.Deliver, Name: c.Name, Old: c, New: *oplog.Bare(c), Issued: true}
	if p.issued, err = issued(env, index, c, q.Ref()); err != nil {
		return nil, err
	}
	if last != nil {
		var moved error
		p.held, p.Op.Left, err = others(checker, last, secret, q.To)
		if p.moved, moved = checker.Moved(ctx, last, q.To); errors.Join(err, moved) != nil {
			return nil, errors.Join(err, moved)
		}
	}
	problems := []error{checker.AllTaken(ctx, q.To, p.Target, q.Subject, q.Service)}
	for _, check := range step.RunChecks(ctx, p.Run, step.For(p.Op)) {
		problems = append(problems, check.Err)
	}
	if !q.Secret.IsZero() {
		problems = append(problems, run.CanHold(p.Run, c, secret))
	}
	return p, errors.Join(problems...)
}

// begin records what will be delivered, with its secret.
func (p *prepared) begin() error {
	c := p.Op.New
	for _, h := range p.held {
		p.Op.Options.To = append(slices.Clip(p.Op.Options.To), h.To)
	}
	if err := p.Begin(nil); err != nil {
		return err
	}
	err := p.Append(oplog.StepIssued, oplog.Event{New: &c, Held: p.held}, func(e *journal.Entry) {
		e.NewID, e.Time, e.Secrets = c.ID, p.issued, map[string]provider.Secret{journal.NewSecret: p.secret}
	})
	if err != nil {
		return err
	}
	p.Secret = p.secret
	return p.Append(oplog.StepVerified, oplog.Event{How: p.how})
}
