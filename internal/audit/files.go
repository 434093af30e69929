package audit

import (
	"time"

	"github.com/credctl/credctl/internal/glob"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// An Inventory is what a committed file says of credentials.
type Inventory struct {
	Credentials []Entry
	Exceptions  []Exception

	byRoot map[journal.Ref]*Entry
}

// An Entry says who answers for a chain of credentials.
type Entry struct {
	journal.Ref // without a kind: of every kind

	Owner, Purpose string
	Review         time.Time // zero: none
	At             Place
}

// An Exception mutes the findings of a rule for a credential, for a time.
type Exception struct {
	Rule   string
	Match  Match
	Reason string
	Owner  string
	Ticket string
	Until  time.Time // the last day
	At     Place

	used bool // it muted something in this run, or would have if it had not ended
}

// A Match says which credentials an exception is about: by ID, for all of the chain, or by name.
type Match struct {
	journal.Ref // without a kind: of every kind

	Name string
	Glob bool // ID and Name are patterns
}

// Ended reports whether e no longer mutes anything.
func (e *Exception) Ended(now time.Time) bool { return !now.Before(e.Until.AddDate(0, 0, 1)) }

// is reports whether m is about a credential.
func (m Match) is(ref journal.Ref, root, name string, sameChain bool) bool {
	if m.Provider != ref.Provider || m.Kind != "" && m.Kind != ref.Kind {
		return false
	}
	if m.Name != "" {
		return m.Name == name || m.Glob && glob.Match(m.Name, name)
	}
	return sameChain || m.ID == ref.ID || m.ID == root || m.Glob && (glob.Match(m.ID, ref.ID) || glob.Match(m.ID, root))
}

// index prepares v for lookups; a key of its entries may be any ID of a chain.
func (v *Inventory) index(root func(journal.Ref) journal.Ref, kinds func(string) []string) {
	v.byRoot = map[journal.Ref]*Entry{}
	for i := range v.Credentials {
		e := &v.Credentials[i]
		all := []string{e.Kind}
		if e.Kind == "" {
			all = kinds(e.Provider)
		}
		for _, kind := range all {
			v.byRoot[root(journal.Ref{Provider: e.Provider, Kind: kind, ID: e.ID})] = e
		}
	}
}

// entry returns what v says of a chain, or nil.
func (v *Inventory) entry(root journal.Ref) *Entry {
	if v == nil {
		return nil
	}
	return v.byRoot[root]
}

// A Policy is what rotates credentials. The nil Policy is none.
type Policy []Managed

// Managed is an entry of a policy.
type Managed struct {
	journal.Ref // of the credential, as the policy names it; without an ID, Select chooses

	Name   string // of the entry
	Select func(provider.Credential) bool
	MaxAge time.Duration
	Grace  time.Duration
	At     Place
}

// of returns the entry that rotates a credential, or nil.
func (p Policy) of(root journal.Ref, c *provider.Credential) *Managed {
	for i := range p {
		m := &p[i]
		if m.Provider != root.Provider || m.Kind != root.Kind {
			continue
		}
		if m.Select == nil && m.ID == root.ID || m.Select != nil && c.Live() && m.Select(*c) {
			return m
		}
	}
	return nil
}
