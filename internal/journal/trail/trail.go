// Package trail is the audit trail: who did what, and what came of it.
package trail

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"time"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/journal/lines"
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

// Add adds e to the trail in a file. It fills in who and where.
func Add(f lines.File, e Event) error {
	if u, err := user.Current(); err == nil && e.Who == "" {
		e.Who = u.Username
	}
	if h, err := os.Hostname(); err == nil && e.Host == "" {
		e.Host = h
	}
	e.Time = e.Time.UTC()
	return named(f.Add(e))
}

// Check reports whether events can be added, before anything is done that must be in
// the trail.
func Check(f lines.File) error {
	if _, err := os.Lstat(f.Path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	file, err := fsafe.OpenAppend(f.Path)
	if err == nil {
		err = file.Close()
	}
	return named(err)
}

// Events returns the events, the oldest first.
func Events(f lines.File) (all []Event, err error) {
	err = f.Each(func(line []byte) {
		var e Event
		if json.Unmarshal(line, &e) == nil {
			all = append(all, e)
		}
	})
	return all, named(err)
}

func named(err error) error {
	if err != nil {
		err = fmt.Errorf("the audit trail: %w", err)
	}
	return err
}
