// Package oplog says what a rotation's operation in the journal means: the entries
// that the steps write, and the state that they add up to. It does nothing itself.
package oplog

import "github.com/credctl/credctl/internal/journal"

// A Subject is what is rotated, and how its vendor is reached without flags. It
// holds no secret, and is kept in the journal.
type Subject struct {
	Provider string            `json:"provider"`
	Kind     string            `json:"kind"`
	ID       string            `json:"id"`
	Profile  string            `json:"profile,omitzero"`  // of the configuration
	Settings map[string]string `json:"settings,omitzero"` // such as the organization
	Params   map[string]string `json:"params,omitzero"`   // of the verb rotate, as they were given

	// Bound says that Profile counts even when it is empty, and that Settings are
	// all that identify the account.
	Bound bool `json:"bound,omitzero"`
}

// Ref returns what names the credential for ever.
func (s Subject) Ref() journal.Ref { return journal.Ref{Provider: s.Provider, Kind: s.Kind, ID: s.ID} }

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
