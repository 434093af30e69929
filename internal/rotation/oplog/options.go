// Package oplog says what a rotation's operation in the journal means: the entries
// that the steps write, and the state that they add up to. It does nothing itself.
package oplog

import (
	"cmp"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider/setting"
)

// A Subject is what is rotated, and how its vendor is reached without flags. It
// holds no secret, and is kept in the journal.
type Subject struct {
	Provider string            `json:"provider"`
	Kind     string            `json:"kind"`
	ID       string            `json:"id"`
	Profile  string            `json:"profile,omitzero"`  // of the configuration
	Settings map[string]string `json:"settings,omitzero"` // such as the organization
	Params   map[string]string `json:"params,omitzero"`   // of the verb rotate, or create, as they were given
	Created  bool              `json:"created,omitzero"`  // it is created; otherwise rotated

	// Adjustable are settings that do not say which account is meant, such as where
	// its S3 is: a later run may change them.
	Adjustable map[string]string `json:"adjustable,omitzero"`

	// Bound says that Profile counts even when it is empty, and that Settings are
	// all that identify the account.
	Bound bool `json:"bound,omitzero"`
}

// Ref returns what names the credential forever.
func (s Subject) Ref() journal.Ref { return journal.Ref{Provider: s.Provider, Kind: s.Kind, ID: s.ID} }

// Noun is what sort of credential it is, for a sentence.
func (s Subject) Noun() string {
	return "the " + setting.Brand(s.Provider) + " " + setting.KindNoun(s.Kind)
}

// Reaches reports whether what q opens is what s, which an operation has kept,
// would open. That q has more settings makes no difference.
func (s Subject) Reaches(q Subject) bool {
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

// Options is how one credential is rotated.
type Options struct {
	InPlace bool     `json:"in_place,omitzero"` // use the route that stops the old secret at once
	Overlap bool     `json:"overlap,omitzero"`  // do not use it
	To      []string `json:"to,omitzero"`       // the destinations
	Hook    Hook     `json:"hook,omitzero"`     // run after delivery

	// Verify is auto (or empty), none, or exec: and a command line.
	Verify        string        `json:"verify,omitzero"`
	VerifyTimeout time.Duration `json:"verify_timeout,omitzero"` // zero is 5 minutes
	Grace         time.Duration `json:"grace,omitzero"`          // how long the old credential is kept
	NoGrace       bool          `json:"no_grace,omitzero"`       // not at all, although the new secret is only shown

	AcceptDrift bool `json:"accept_drift,omitzero"` // continue if permissions differ
	Self        bool `json:"self,omitzero"`         // it may be the credential that credctl authenticates with
	NotSelf     bool `json:"not_self,omitzero"`     // the user states that it is not that credential

	// Own is the one of the destinations that credctl reads its own token from, and that
	// no flag names.
	Own string `json:"own,omitzero"`

	// SecretFile is the one of the destinations that --secret-file named last: a copy for the
	// user, which no later rotation has to renew.
	SecretFile string `json:"secret_file,omitzero"`

	// Proof is value where every destination must return what it holds.
	Proof string `json:"proof,omitzero"`

	Keeps []string `json:"keeps,omitzero"` // parameters that credctl added, so that the new credential keeps the rights of the old credential

	InsecurePerms bool `json:"insecure_perms,omitzero"` // destinations may be files that others can read
	NoSecret      bool `json:"no_secret,omitzero"`      // what is created has no secret
}

// A Hook is a command that is run when everything is delivered. The zero Hook
// does nothing.
type Hook struct {
	Line  string   `json:"line,omitzero"`  // for the shell; or
	Args  []string `json:"args,omitzero"`  // a program and its arguments
	Stdin bool     `json:"stdin,omitzero"` // it gets the new credential, as JSON with its secret
}

// IsZero reports whether there is no hook.
func (h Hook) IsZero() bool { return h.Line == "" && len(h.Args) == 0 }

// Equal reports whether both do the same.
func (h Hook) Equal(o Hook) bool { return h.String() == o.String() && h.Stdin == o.Stdin }

func (h Hook) String() string { return cmp.Or(h.Line, strings.Join(h.Args, " ")) }
