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
	"sync"
	"time"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/failpoint"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// An Engine carries out rotations. It is safe for concurrent use.
type Engine struct {
	Journal *journal.Store

	// Bind returns s with the profile, the settings and the base URL that are in
	// force for it now, so that a later run reaches the same account, whatever is in
	// force then. It may be nil.
	Bind func(ctx context.Context, s Subject) (Subject, error)

	// Open opens the kind of s, and makes an Input of s.Params. With a token it
	// opens it as the holder of that, else as it is configured.
	Open func(ctx context.Context, s Subject, token provider.Secret) (provider.Service, provider.Input, error)

	// Destination opens what a --to names, for credentials like s. With
	// insecurePerms it may be a file that others can read.
	Destination func(spec string, s Subject, insecurePerms bool) (deliver.Destination, error)

	// Kind returns the name of a kind that a vendor has, the first when it is
	// empty. It may be nil, and then a policy must name kinds as they are.
	Kind func(provider, kind string) (string, error)

	// Token returns what credctl signs with, where that may be a credential like
	// s; else nothing. It may be nil.
	Token func(ctx context.Context, s Subject) (provider.Secret, error)

	// OwnPlace returns the destination that credctl reads what it signs with from,
	// where that may be a credential like s. Where it is none that can be written,
	// it returns what it is instead, in words. It may be nil.
	OwnPlace func(ctx context.Context, s Subject) (spec, instead string, err error)

	// Keep saves a credential whose secret is nowhere else, and returns where. It
	// may be nil.
	Keep func(provider.Credential) (where string, err error)

	// Report is told what is going on. It may be nil.
	Report func(Event)

	// Now is the clock; nil is time.Now.
	Now func() time.Time

	// Environ is the environment of commands, and Hide names the variables that they
	// do not get, such as those of the vendors' tokens.
	Environ, Hide []string

	// Exit returns the exit status for an error that is not nil, for the audit trail. It may be nil.
	Exit func(error) int

	selves sync.Map          // what [Engine.isSelf] found out
	probe  func(name string) // of tests: called wherever the process could be killed
}

// A Subject is what is rotated, and how its vendor is reached without flags. It
// holds no secret, and is kept in the journal.
type Subject struct {
	Provider string            `json:"provider"`
	Kind     string            `json:"kind"`
	ID       string            `json:"id"`
	Profile  string            `json:"profile,omitzero"`  // of the configuration
	Settings map[string]string `json:"settings,omitzero"` // such as the organization
	Params   map[string]string `json:"params,omitzero"`   // of the verb rotate, as they were given

	// Bound says that Profile counts even when it is empty, and so are the Settings
	// all that say which account it is.
	Bound bool `json:"bound,omitzero"`
}

// bind binds s, unless that was done.
func (e *Engine) bind(ctx context.Context, s Subject) (Subject, error) {
	if e.Bind == nil || s.Bound {
		return s, nil
	}
	return e.Bind(ctx, s)
}

// reaches reports whether what q opens is what s, which an operation has kept,
// would open. That q knows more settings does no harm.
func (s Subject) reaches(q Subject) bool {
	if s.ID != q.ID || s.Bound && s.Profile != q.Profile {
		return false
	}
	for name, value := range s.Settings {
		if s.Bound && q.Settings[name] != value {
			return false
		}
	}
	return true
}

// Ref returns what names the credential for ever.
func (s Subject) Ref() journal.Ref { return journal.Ref{Provider: s.Provider, Kind: s.Kind, ID: s.ID} }

// An Event says what is going on, for a person.
type Event struct {
	Operation string
	Subject   Subject
	Text      string // without a secret
	Important bool   // it must be said even when nothing else is
}

// Options is how one credential is rotated.
type Options struct {
	InPlace bool     `json:"in_place,omitzero"` // use the route that kills the old secret at once
	Overlap bool     `json:"overlap,omitzero"`  // do not use it
	To      []string `json:"to,omitzero"`       // the destinations
	Hook    Hook     `json:"hook,omitzero"`     // run after delivery

	// Verify is auto (or empty), none, or exec: and a command line.
	Verify        string        `json:"verify,omitzero"`
	VerifyTimeout time.Duration `json:"verify_timeout,omitzero"` // zero is 5 minutes
	Grace         time.Duration `json:"grace,omitzero"`          // how long the old one lives on

	AcceptDrift bool `json:"accept_drift,omitzero"` // go on when the new one has other rights
	Self        bool `json:"self,omitzero"`         // it may be the credential that credctl signs with

	InsecurePerms bool `json:"insecure_perms,omitzero"` // destinations may be files that others can read
}

// A Request asks for one credential to be rotated.
type Request struct {
	Subject
	Options

	Service provider.Service // nil: it is opened
	Input   provider.Input   // of the verb rotate, when there is a Service

	// Show gives the new credential to the user, with what there will be to say of
	// the rotation then. It must be there when there is no destination, and is
	// called only then.
	Show func(context.Context, Result) error

	LockTimeout time.Duration // zero: do not wait for another run

	known *journal.Index // the journal when it was found to be due; nil: when Rotate is called
}

// A Result is what a run came to.
type Result struct {
	Operation    string          `json:"operation,omitzero"`
	Provider     string          `json:"provider"`
	Kind         string          `json:"kind"`
	OldID        string          `json:"old_id"`
	NewID        string          `json:"new_id,omitzero"` // the one that lives on
	State        State           `json:"state,omitzero"`
	Strategy     Strategy        `json:"strategy,omitzero"`
	Changed      bool            `json:"changed"` // this run changed something at the vendor or at a destination
	Reason       string          `json:"reason,omitzero"`
	Retires      time.Time       `json:"retires,omitzero"` // when the old one goes
	Destinations []DeliveryState `json:"destinations,omitzero"`
	Notes        []string        `json:"notes,omitzero"` // what could not be checked

	// Credential is the new one, with its secret where this run knows it.
	Credential provider.Credential `json:"-"`
}

func (e *Engine) now() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}

func (e *Engine) report(ev Event) {
	if e.Report != nil {
		e.Report(ev)
	}
}

// hit is where a test may kill the process.
func (e *Engine) hit(name string) {
	failpoint.Hit(name)
	if e.probe != nil {
		e.probe(name)
	}
}
