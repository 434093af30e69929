// Package run is one run's part in a rotation: what its steps work on, the request
// that issues the new credential, and the one place where credentials are deleted.
package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/failpoint"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/ours"
)

// An Env is what a run reaches outside of its operation.
type Env struct {
	Journal *journal.Store

	// Open opens the kind of s, and makes an Input of s.Params. With a token it
	// opens it as the holder of that, else as it is configured.
	Open func(ctx context.Context, s oplog.Subject, token provider.Secret) (provider.Service, provider.Input, error)

	// Destination opens what a --to names, for credentials like s. With
	// insecurePerms it may be a file that others can read.
	Destination func(spec string, s oplog.Subject, insecurePerms bool) (deliver.Destination, error)

	// Keep saves a credential whose secret is nowhere else, and returns where. It
	// may be nil.
	Keep func(provider.Credential) (where string, err error)

	// Signed records that the vendor named the credential with this ID, of the kind of
	// s, as the one that credctl authenticates with. It may be nil.
	Signed func(ctx context.Context, s oplog.Subject, id string) error

	// Reveal lets a [Result] keep the new secret, for a caller that shows it although
	// destinations have it.
	Reveal bool
	// Spare refuses to delete the credential that credctl authenticates with. It may be nil.
	Spare func(ctx context.Context, op *oplog.OpState, id string, service provider.Service) error

	Report func(Notice)         // gets progress and remarks
	Now    func() time.Time     // the clock; nil is time.Now
	Ahead  func() time.Duration // how far the vendor's clock is ahead, if they differ; it may be nil
	Skew   func() time.Duration // how far the clock of this machine is ahead; it may be nil
	Probe  func(name string)    // is called wherever a test may kill the process; it may be nil

	// Environ is the environment of commands, and Hide names the variables that they
	// do not get, such as those of the vendors' tokens.
	Environ, Hide []string
}

// A Notice is progress, or a remark, for a person.
type Notice struct {
	Subject   oplog.Subject
	Text      string // without a secret
	Important bool   // it must be shown, even with --quiet
	Doing     bool   // Text says what is being done; "": nothing is
}

// CommandEnv is the environment of a command that is about c. No token is in it.
func (e *Env) CommandEnv(c provider.Credential) []string {
	return command.Environ(e.Environ, e.Hide, c)
}

// Time is the time by the clock.
func (e *Env) Time() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}

// Before reports whether t has not come yet, by this machine's clock or the vendor's.
func (e *Env) Before(t time.Time) bool { return e.Time().Add(min(0, oplog.Ahead(e.Ahead))).Before(t) }

// Hit is where a test may kill the process.
func (e *Env) Hit(name string) {
	failpoint.Hit(name)
	if e.Probe != nil {
		e.Probe(name)
	}
}

// A Run is one run's part in an operation. It holds the lock of the credential.
type Run struct {
	Env

	Op  *oplog.OpState
	log *journal.Operation

	Service provider.Service
	Input   provider.Input // of the verb rotate
	Show    func(context.Context, Result) error

	SuppliedSecret provider.Secret // by a person, where the vendor does not return it
	SuppliedKey    string          // that belongs to it
	Force          bool            // delete the old credential although the new credential was not verified
	Stated         bool            // a person or a policy asks for the whole again, with what it stops
	AddedTo        []string        // destinations that this run adds to those of the operation

	Secret    provider.Secret     // the new credential
	OldSecret provider.Secret     // where it is known
	Old       provider.Credential // as the vendor has it now, with its details; zero: it was not read
	Notes     []string            // what else a person should know

	Changed        bool // something, by this run
	WroteIntent    bool // this run has begun the operation
	Unreachable    bool // the journal, or it was when an entry was to be added
	VerifiedBefore bool // by an earlier run

	Trouble string // what the last failure of earlier runs was, unless something succeeded since

	targets map[string]deliver.Destination
}

// Resume makes a run's part in op.
func Resume(env Env, op *journal.Operation) (*Run, error) {
	r := &Run{Env: env}
	if err := env.Journal.CheckAudit(); err != nil {
		return r, err
	}
	return r, r.follow(op)
}

// follow makes op the operation of the run.
func (r *Run) follow(op *journal.Operation) error {
	state, err := oplog.Fold(op)
	if err != nil {
		return err
	}
	secrets, err := op.Secrets()
	if err != nil {
		return err
	}
	r.log, r.Op, r.VerifiedBefore, r.Trouble = op, state, state.Verified, state.Error
	r.Secret, r.OldSecret = secrets[journal.NewSecret], secrets[oplog.OldSecret]
	return nil
}

// Begin starts the operation of a run whose Op says what will be done. When it
// returns, the intent and the space for what follows are on the disk.
func (r *Run) Begin(snapshot []string) error {
	s := r.Op
	from, until := ours.Window(r.Service, r.Time(), r.Skew)
	first, err := oplog.Event{From: from, Until: until, Subject: &s.Subject, Strategy: s.Strategy, Options: &s.Options, Old: oplog.Bare(s.Old), Name: s.Name, Token: s.Token, Unlisted: s.Unlisted, Stamped: s.Stamped, Left: s.Left, Places: drift.Places(s.Options.To, r.Target)}.Entry(oplog.StepIntent, r.Time())
	if err != nil {
		return err
	}
	first.Provider, first.Kind, first.OldID, first.Snapshot = s.Subject.Provider, s.Subject.Kind, s.Subject.ID, snapshot
	if s.Strategy == oplog.Deliver { // which rotates nothing
		first.OldID, first.NewID = "", s.Subject.ID
	}
	if !r.OldSecret.IsZero() {
		first.Secrets = map[string]provider.Secret{oplog.OldSecret: r.OldSecret}
	}
	r.Hit("intent.noting")
	op, err := r.Journal.Create(first)
	if err != nil {
		return fmt.Errorf("nothing was changed: %w", err)
	}
	r.Hit("intent.noted")
	r.WroteIntent = true
	return r.follow(op)
}

// Append makes a step durable, and then true.
func (r *Run) Append(step journal.Step, ev oplog.Event, with ...func(*journal.Entry)) error {
	e, err := ev.Entry(step, r.Time())
	if err != nil {
		return err
	}
	for _, f := range with {
		f(&e)
	}
	r.Hit(string(step) + ".noting")
	if err := r.log.Append(e); err != nil {
		r.Unreachable = r.Unreachable || errors.Is(err, provider.ErrUnavailable)
		return err
	}
	r.Hit(string(step) + ".noted")
	return r.Op.Apply(r.log.Last())
}

// End writes the last entry, and wipes the secrets.
func (r *Run) End(step journal.Step, ev oplog.Event) error {
	if err := r.Append(step, ev); err != nil {
		return err
	}
	if err := r.log.Wipe(); err != nil { // of an operation that has ended, on a full disk
		r.Remark("Could not remove the encrypted secrets of rotation %s from the journal yet: %v; the next run removes them", r.Op.ID, err)
	}
	r.OldSecret = provider.Secret{}
	r.Hit("wiped")
	return nil
}

// Settle drops what the journal needs no more of an operation that waits. What existed
// before the request is needed if its answer was lost.
func Settle(r *Run) error {
	if r.Op.Lost || r.log.Settled() {
		return nil
	}
	return r.log.Settle()
}

// Say reports progress.
func (r *Run) Say(format string, args ...any) {
	r.Report(Notice{Subject: r.Op.Subject, Text: fmt.Sprintf(format, args...)})
}

// Remark reports something that is part of the result too.
func (r *Run) Remark(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.Notes = append(r.Notes, text)
	r.Report(Notice{Subject: r.Op.Subject, Text: text, Important: true})
}

// Credential returns the new credential with its secret. Of a key pair whose private
// key does not leave the vendor, what is delivered is the public key.
func (r *Run) Credential() provider.Credential {
	if c := r.Op.New; publicOnly(r) {
		c.Secret, c.Key = provider.NewSecret(c.Key), ""
		return c
	}
	return with(r.Op.New, r.Secret)
}

// publicOnly reports whether the vendor generated a key pair in place and returned the
// public key alone.
func publicOnly(r *Run) bool {
	s := r.Op
	return len(s.Options.To) > 0 && s.Issued && r.Secret.IsZero() && s.Strategy.InPlace() && s.New.ID == s.Subject.ID && s.New.Key != "" && s.New.Key != s.Old.Key
}

// Former returns the old credential, with its secret where that is known.
func (r *Run) Former() provider.Credential { return with(r.Op.Old, r.OldSecret) }

func with(c provider.Credential, secret provider.Secret) provider.Credential {
	c.Secret = secret
	return c
}
