package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"time"

	"github.com/credctl/credctl/internal/fsafe"
)

// An Event is one line of the audit trail. It holds no secret.
type Event struct {
	Time      time.Time `json:"time"`
	Who       string    `json:"who"`  // the user of the operating system
	Host      string    `json:"host"` //
	Provider  string    `json:"provider,omitzero"`
	Kind      string    `json:"kind,omitzero"`
	Verb      string    `json:"verb"`
	ID        string    `json:"id,omitzero"`
	NewID     string    `json:"new_id,omitzero"`
	Operation string    `json:"operation,omitzero"`
	Result    string    `json:"result"` // ok, or what failed
	Exit      int       `json:"exit"`
}

// Audit adds e to the trail. It fills in who and where.
func (s *Store) Audit(e Event) error {
	if u, err := user.Current(); err == nil && e.Who == "" {
		e.Who = u.Username
	}
	if h, err := os.Hostname(); err == nil && e.Host == "" {
		e.Host = h
	}
	e.Time = e.Time.UTC()
	if err := s.appendLine("audit.jsonl", e); err != nil {
		return fmt.Errorf("the audit trail: %w", err)
	}
	return nil
}

// CheckAudit reports whether the trail can be added to, before anything is done that
// must be in it.
func (s *Store) CheckAudit() error {
	if _, err := os.Lstat(s.path("audit.jsonl")); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	f, err := fsafe.OpenAppend(s.path("audit.jsonl"))
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return fmt.Errorf("the audit trail: %w", err)
	}
	return nil
}

// Events returns the audit trail, the oldest first.
func (s *Store) Events() ([]Event, error) {
	var all []Event
	err := s.readLines("audit.jsonl", func(line []byte) {
		var e Event
		if json.Unmarshal(line, &e) == nil {
			all = append(all, e)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("the audit trail: %w", err)
	}
	return all, nil
}
