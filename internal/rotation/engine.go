// Package rotation replaces credentials, and can be killed at any instant of it.
//
// It holds one invariant. At every instant at least one credential that works is
// at every destination; and every credential that was made and still works is
// delivered, or in the journal, or revoked. So each step is written to the
// journal before its side effect and after it, and the next run goes on where
// the last one stopped.
//
// The engine knows no vendor: which interfaces of package provider a service
// implements decides what is done.
package rotation

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
	"github.com/credctl/credctl/internal/rotation/signer"
)

// What callers of the engine need of the packages below.

type (
	// Env is what a run reaches.
	Env = run.Env
	// Subject is what is rotated.
	Subject = oplog.Subject
	// Options is how it is rotated.
	Options = oplog.Options
	// Hook is a command that is run after delivery.
	Hook = oplog.Hook
	// State is how far an operation has come.
	State = oplog.State
	// DeliveryState is whether a destination has the new secret.
	DeliveryState = oplog.DeliveryState
	// Strategy is one of the ways to rotate.
	Strategy = oplog.Strategy
	// Status is what the journal says of an operation.
	Status = oplog.Status
	// Reason says in one word why a run did what it did.
	Reason = oplog.Reason
	// Age compares how old a credential is with what its policy allows.
	Age = oplog.Age
	// Result is what a run came to.
	Result = run.Result
	// Notice is what is going on.
	Notice = run.Notice
)

// An Engine carries out rotations. It is safe for concurrent use.
type Engine struct {
	Env

	// Bind returns s with the profile, the settings and the base URL that are in
	// force for it now, so that a later run reaches the same account, whatever is in
	// force then. It may be nil.
	Bind func(ctx context.Context, s Subject) (Subject, error)

	// Kind returns a kind of a vendor by its name, the first when that is empty. It
	// may be nil, and then a policy must name kinds as they are.
	Kind func(provider, kind string) (Kind, error)

	// Token returns what credctl signs with, where that may be a credential like
	// s; else nothing. It may be nil.
	Token func(ctx context.Context, s Subject) (provider.Secret, error)

	// OwnPlace returns the destination that credctl reads what it signs with from,
	// where that may be a credential like s. Where it is none that can be written,
	// it returns what it is instead, in words. It may be nil.
	OwnPlace func(ctx context.Context, s Subject) (spec, instead string, err error)

	// Exit returns the exit status for an error that is not nil, for the audit trail. It may be nil.
	Exit func(error) int

	signers signer.Cache
}

// BindSubject binds s, unless that was done.
func (e *Engine) BindSubject(ctx context.Context, s Subject) (Subject, error) {
	if e.Bind == nil || s.Bound {
		return s, nil
	}
	return e.Bind(ctx, s)
}

// Signer finds out which credential credctl signs with.
func (e *Engine) Signer() signer.Finder {
	return signer.Finder{Journal: e.Journal, Token: e.Token, Cache: &e.signers}
}

// SelfAmong is [signer.Finder.Among].
func (e *Engine) SelfAmong(ctx context.Context, s Subject, service provider.Service, all iter.Seq2[provider.Credential, error], ids []string) (self string, unknown []string, err error) {
	return e.Signer().Among(ctx, s, service, all, ids)
}

// List returns the operations that have not ended; all of them on demand. The
// oldest comes first.
func (e *Engine) List(all bool) ([]Status, error) {
	index, err := e.Journal.Index()
	if err != nil {
		return nil, err
	}
	list := []Status{}
	for _, op := range index {
		if all || op.Damaged != nil || !op.Final() {
			list = append(list, oplog.StatusOf(index, op))
		}
	}
	return list, nil
}

// Show returns one operation, which id names itself or by either of its credentials.
func (e *Engine) Show(id string) (oplog.Story, error) {
	index, err := e.Journal.Index()
	if err != nil {
		return oplog.Story{}, err
	}
	op, err := index.Find(id)
	if err != nil {
		return oplog.Story{}, err
	}
	return oplog.StoryOf(index, op), nil
}

func find(store *journal.Store, id string) (*journal.Operation, error) {
	index, err := store.Index()
	if err != nil {
		return nil, err
	}
	return index.Find(id)
}

// resolve makes the subject and the destinations of q independent of where and
// how credctl runs.
func (e *Engine) resolve(ctx context.Context, q *Request) error {
	var err error
	if q.Subject, err = e.BindSubject(ctx, q.Subject); err != nil {
		return err
	}
	specs := make([]string, 0, len(q.To))
	for _, to := range q.To {
		d, err := e.Destination(to, q.Subject, q.InsecurePerms)
		if err != nil {
			return err
		}
		if !slices.Contains(specs, d.Spec()) {
			specs = append(specs, d.Spec())
		}
	}
	q.To = specs
	return nil
}

// audit adds what came of a run to the audit trail. It returns err, and what
// kept it from doing so.
func (e *Engine) audit(verb string, r Result, err error) error {
	if err == nil && !r.Changed { // it happens every hour, where cron does it
		return nil
	}
	ev := journal.Event{
		Time: e.Time(), Provider: r.Provider, Kind: r.Kind, Verb: verb, ID: r.OldID, NewID: r.NewID, Operation: r.Operation, Result: string(r.State),
	}
	if err != nil {
		ev.Result = err.Error()
		if e.Exit != nil {
			ev.Exit = e.Exit(err)
		}
	}
	return joined(err, provider.Reclassify(provider.ErrPartial, e.Journal.Audit(ev))) // the rest was done
}

// Together returns the error of several runs: of one alone, its own.
func Together(problems []error, of int) error {
	switch {
	case len(problems) == 0:
		return nil
	case of == 1:
		return problems[0]
	}
	return provider.Reclassify(provider.ErrPartial, fmt.Errorf("%d of %d failed: %w", len(problems), of, errors.Join(problems...)))
}
