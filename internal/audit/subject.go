package audit

import (
	"time"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// The limits of the rules where no policy has another.
const (
	maxAge      = 90 * duration.Day
	maxUnused   = 45 * duration.Day
	expiresIn   = 14 * duration.Day
	expiresNow  = 3 * duration.Day
	certificate = 30 * duration.Day
	stuckAfter  = 24 * time.Hour
)

// What the age of a credential is counted from.
const (
	FromCreated = "created"
	FromSeen    = "first_seen"
	FromNothing = "none"
)

// What says when a credential was last used.
const (
	UseByVendor   = "vendor"
	UseUnknown    = "none"
	UseUnreliable = "unreliable" // no last use does not mean that there was none
)

// A Standing is what is known of a credential apart from what its vendor lists.
type Standing struct {
	Root    string    // the first ID of its chain
	Since   time.Time // its age is counted from then; zero: unknown
	Basis   string    // of Since: FromCreated, FromSeen or FromNothing
	Use     string    // UseByVendor, UseUnknown or UseUnreliable
	Active  bool      // it works, as far as the vendor says
	Owner   *Entry    // in the inventory; nil: it has none
	Policy  *Managed  // what rotates it; nil: nothing
	Due     time.Time // when the policy rotates it; zero: unknown
	Retires time.Time // when it is deleted, as the old credential of a rotation; zero: that is not planned
	InGrace bool      // it is the old credential of a rotation that only waits for its deletion
}

// A Subject is one credential that is judged.
type Subject struct {
	*provider.Credential
	Standing

	ref, root journal.Ref
	auditor   *Auditor
}

// now is when the audit takes place.
func (s *Subject) now() time.Time { return s.auditor.facts.Now }

// age returns how old s is, and whether that is known.
func (s *Subject) age() (age time.Duration, known bool) {
	if s.Since.IsZero() {
		return 0, false
	}
	return max(0, s.now().Sub(s.Since)), true
}

// maxAge returns how old s may become.
func (s *Subject) maxAge() time.Duration {
	if s.Policy != nil && s.Policy.MaxAge > 0 {
		return s.Policy.MaxAge
	}
	return maxAge
}

// active reports whether c works: what its vendor calls disabled or pending does not.
func active(c *provider.Credential, now time.Time) bool {
	return c.Live() && c.Status != "disabled" && c.Status != "pending" && (c.Expires.IsZero() || c.Expires.After(now))
}

// subject finds out what is known of c.
func (a *Auditor) subject(c *provider.Credential) *Subject {
	f := &a.facts
	s := &Subject{Credential: c, auditor: a, ref: journal.Ref{Provider: c.Provider, Kind: c.Kind, ID: c.ID}}
	s.root = f.Journal.Root(s.ref)
	s.Root, s.Active, s.Basis, s.Use = s.root.ID, active(c, f.Now), FromNothing, UseUnknown
	s.Since = c.Created
	if renewed := f.Journal.Renewed(s.ref); renewed.After(s.Since) {
		s.Since = renewed
	}
	switch {
	case !s.Since.IsZero():
		s.Basis = FromCreated
	default:
		if s.Since = f.FirstSeen(s.ref); !s.Since.IsZero() {
			s.Basis = FromSeen
		}
	}
	switch {
	case !c.LastUsed.IsZero(), reports(c.Details, UseRecorder.RecordsUse):
		s.Use = UseByVendor
	case f.TellsUse(c.Provider, c.Kind):
		s.Use = UseUnreliable
	}
	s.Retires, s.InGrace = f.Journal.KeptUntil(s.ref)
	s.Owner = f.Inventory.entry(s.root)
	if s.Policy = f.Policy.of(s.root, c); s.Policy != nil && !s.Since.IsZero() {
		s.Due = s.Since.Add(s.Policy.MaxAge - s.Policy.Grace)
	}
	return s
}
