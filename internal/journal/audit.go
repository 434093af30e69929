package journal

import "github.com/credctl/credctl/internal/journal/trail"

// An Event is one line of the audit trail. It holds no secret.
type Event = trail.Event

// Audit adds e to the trail. It fills in who and where.
func (s *Store) Audit(e Event) error {
	e.InvokedBy = s.Invoker
	return trail.Add(s.backend.Trail(), e)
}

// CheckAudit reports whether the trail can take what is about to be done.
func (s *Store) CheckAudit() error { return trail.Check(s.backend.Trail()) }

// Events returns the audit trail, the oldest first: of these verbs, or all of it.
func (s *Store) Events(verbs ...string) ([]Event, error) {
	return trail.Events(s.backend.Trail(), verbs...)
}

// VerifyTrail reports where the chain of the trail's hashes breaks.
func (s *Store) VerifyTrail() (trail.Report, error) { return trail.Verify(s.backend.Trail()) }
