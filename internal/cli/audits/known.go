package audits

import (
	"time"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/journal"
)

// known is what the journal has for an audit. Without a database that is out of reach, it
// is nothing.
type known struct {
	store *journal.Store
	index journal.Index
	seen  *journal.Seen
}

func knownOf(run *invocation.Invocation) (k known, err error) {
	store, err := run.Session.Journal()
	if err != nil {
		return known{}, err
	}
	if k.index, err = store.Index(); err != nil {
		return known{}, err
	}
	if k.seen, err = store.Seen(); err != nil {
		return known{}, err
	}
	k.store = store
	return k, nil
}

// seen is when credctl first saw credentials, and which of them it sees now.
type seen struct {
	*journal.Seen // nil: it is not known

	store  *journal.Store
	now    time.Time
	unseen []journal.Ref
	failed error // to read when something was first seen
}

// first returns when r was first seen: now, if it is new, or was seen after the time
// that the audit is made for.
func (s *seen) first(r journal.Ref) time.Time {
	if s.store == nil {
		return s.now
	}
	t, err := s.First(r)
	if err != nil {
		s.failed = err
		return s.now
	}
	if t.IsZero() {
		s.unseen = append(s.unseen, r)
	}
	if t.IsZero() || t.After(s.now) {
		return s.now
	}
	return t
}

// note records what was seen for the first time.
func (s *seen) note() error {
	if s.store == nil || len(s.unseen) == 0 {
		return nil
	}
	return s.Note(s.store.Now(), s.unseen...)
}
