// Package trail is the audit trail: who did what, and what came of it.
package trail

import (
	"encoding/json"
	"fmt"
	"os"
	"os/user"
	"time"
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

// Lines are where a trail is kept.
type Lines interface {
	// Check reports whether lines can be added.
	Check() error

	// Append adds whole lines, which are durable when it returns.
	Append(lines []byte) error

	// Each gives each line to read, the oldest first.
	Each(read func(line []byte)) error
}

// Add adds e to a trail. It fills in who and where.
func Add(to Lines, e Event) error {
	if u, err := user.Current(); err == nil && e.Who == "" {
		e.Who = u.Username
	}
	if h, err := os.Hostname(); err == nil && e.Host == "" {
		e.Host = h
	}
	e.Time = e.Time.UTC()
	line, err := json.Marshal(e)
	if err == nil {
		err = to.Append(append(line, '\n'))
	}
	return named(err)
}

// Check reports whether events can be added, before anything is done that must be in
// the trail.
func Check(in Lines) error { return named(in.Check()) }

// Events returns the events, the oldest first.
func Events(in Lines) (all []Event, err error) {
	err = in.Each(func(line []byte) {
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
