// Package rotation replaces credentials. The process can be killed at any time.
//
// One invariant holds. At every instant every destination has at least one credential
// that works, and every working credential that was created is delivered, or in the
// journal, or revoked. So each step is recorded in the journal before its side effect
// and after it, and the next run continues where the last one stopped.
//
// Nothing is deleted without proof: see [run.Remove]. The engine knows no vendor: the
// interfaces of package provider that a service implements decide what is done.
package rotation

import (
	"context"
	"errors"
	"slices"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/ahead"
	"github.com/credctl/credctl/internal/rotation/listing"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
	"github.com/credctl/credctl/internal/rotation/signer"
)

// The types of the packages below that callers need.

type (
	// Env is what a run can reach.
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
	// Status is what the journal says about an operation.
	Status = oplog.Status
	// Reason says in one word why a run did what it did.
	Reason = oplog.Reason
	// Age compares how old a credential is with what its policy allows.
	Age = oplog.Age
	// Result is the outcome of a run.
	Result = run.Result
	// Notice is progress, or a remark.
	Notice = run.Notice
)

// An Engine carries out rotations. It is safe for concurrent use.
type Engine struct {
	Env

	// Bind returns s with the profile, the settings and the base URL that apply to it
	// now, so that a later run reaches the same account. It may be nil.
	Bind func(ctx context.Context, s Subject) (Subject, error)

	// Kind returns a kind of a vendor by its name, the first when that is empty. It
	// may be nil, and then a policy must name kinds as they are.
	Kind func(provider, kind string) (Kind, error)

	// Token returns what credctl authenticates with, where that may be a credential
	// like s; else the zero Secret. It may be nil.
	Token func(ctx context.Context, s Subject) (provider.Secret, error)

	// TokenID returns the ID of the credential whose secret Token returns, where it is
	// stored with that secret, or "". It may be nil.
	TokenID func(ctx context.Context, s Subject) (string, error)

	// OwnPlace returns the destination that credctl reads its own token from, where
	// that may be a credential like s. Where that cannot be written, instead says what
	// it is. It may be nil.
	OwnPlace func(ctx context.Context, s Subject) (spec, instead string, err error)

	// Exit returns the exit status for an error that is not nil, for the audit trail. It may be nil.
	Exit func(error) int

	Future   ahead.Future // what was told of the journal's times
	signers  signer.Cache
	listings listing.Accounts
}

// Listing is what this run has listed with an open service.
func (e *Engine) Listing(service provider.Service) *listing.Account { return e.listings.Of(service) }

// Read reads a credential; from a recent listing where the vendor would list all.
func (e *Engine) Read(ctx context.Context, s Subject, service provider.Service) (provider.Credential, error) {
	if GetsByListing(e, s) {
		if c, ok, err := e.Listing(service).Find(ctx, s.ID); ok || err != nil {
			return c, err
		}
	}
	return run.Get(ctx, service, s.ID)
}

// GetsByListing is [provider.Kind.GetsByListing] of the kind of s.
func GetsByListing(e *Engine, s Subject) bool {
	if e.Kind == nil {
		return false
	}
	kind, err := e.Kind(s.Provider, s.Kind)
	return err == nil && kind.GetsByListing
}

// BindSubject binds s, unless that was done.
func (e *Engine) BindSubject(ctx context.Context, s Subject) (Subject, error) {
	if e.Bind == nil || s.Bound {
		return s, nil
	}
	return e.Bind(ctx, s)
}

// Signer finds out which credential credctl authenticates with.
func (e *Engine) Signer() signer.Finder {
	recent := func(service provider.Service) signer.Earlier {
		all, began, took := e.listings.Of(service).Candidates()
		return signer.Earlier{All: all, Began: began, Took: took}
	}
	return signer.Finder{Journal: e.Journal, Token: e.Token, TokenID: e.TokenID, Cache: &e.signers, Recent: recent}
}

// List returns the operations that have not ended, or all, the oldest first.
func (e *Engine) List(all bool) ([]Status, error) { return oplog.List(e.Journal, all) }

// Show returns one operation. The id is its own, or that of either credential.
func (e *Engine) Show(id string) (oplog.Story, error) {
	story, err := oplog.Show(e.Journal, id)
	if errors.Is(err, journal.ErrIdentity) {
		err = provider.AlsoHint(err, "to end the rotation without it, and change nothing at the vendor: credctl rotation abort %s --force", id)
	}
	return story, err
}

// resolve makes the subject and destinations of a request independent of where credctl runs.
func (e *Engine) resolve(ctx context.Context, s *Subject, o *Options) (err error) {
	if *s, err = e.BindSubject(ctx, *s); err != nil {
		return err
	}
	specs, copied := make([]string, 0, len(o.To)), o.SecretFile
	for _, to := range o.To {
		d, err := e.Destination(to, *s, o.InsecurePerms)
		if err != nil {
			return err
		}
		named := slices.Contains(specs, d.Spec())
		if !named {
			specs = append(specs, d.Spec())
		}
		if to == copied { // last, after all flags --to: what one of them names is no copy
			o.SecretFile = map[bool]string{false: d.Spec()}[named]
		}
	}
	o.To = specs
	return nil
}

// audit adds the outcome of a run to the audit trail. It returns err and that of doing so.
func (e *Engine) audit(verb, profile string, r Result, err error) error {
	if err == nil && !r.Changed && r.Recovered == "" || errors.Is(err, journal.ErrKept) { // cron may do that every hour; or the next run continues
		return err
	}
	ev := journal.Event{
		Time: e.Time(), Profile: profile, Provider: r.Provider, Kind: r.Kind, Verb: verb, ID: r.OldID, NewID: r.NewID, Operation: r.Operation, Result: string(r.State),
	}
	if r.Recovered != "" {
		ev.Result += "; recovered: " + r.Recovered
	}
	if err != nil {
		ev.Result = provider.Text(err)
		if e.Exit != nil {
			ev.Exit = e.Exit(err)
		}
	}
	aerr := e.Journal.Audit(ev)
	if r.Changed && (err == nil || !errors.Is(aerr, provider.ErrUnavailable)) { // the rest was done
		aerr = provider.Reclassify(provider.ErrPartial, aerr)
	}
	return joined(err, aerr)
}
