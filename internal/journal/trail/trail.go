// Package trail is the audit trail: who did what, and what came of it. Each line has
// the hash of what is before it, so that a change of an earlier line shows.
package trail

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"time"
)

// An Event is one line of the audit trail. It holds no secret.
type Event struct {
	Time      time.Time `json:"time"`
	Who       string    `json:"who"`                 // the user of the operating system; never empty
	InvokedBy string    `json:"invoked_by,omitzero"` // the user who became that one with sudo
	Host      string    `json:"host"`
	Profile   string    `json:"profile,omitzero"` // of the configuration
	Provider  string    `json:"provider,omitzero"`
	Kind      string    `json:"kind,omitzero"`
	Verb      string    `json:"verb"`
	ID        string    `json:"id,omitzero"`
	NewID     string    `json:"new_id,omitzero"`
	Operation string    `json:"operation,omitzero"`
	Result    string    `json:"result"` // ok, or what failed
	Exit      int       `json:"exit"`
	Prev      string    `json:"prev,omitzero"` // the hash of what is before the line, see [chained]
}

// Lines are where a trail is kept.
type Lines interface {
	// Where names the place.
	Where() string

	// Check reports whether lines can be added.
	Check() error

	// Extend adds the line that next makes of the tail of the trail: of its text from the
	// beginning of the last line that is one at which the tail may begin, or from the
	// first line. No other process adds a line in between. The line is durable when
	// Extend returns.
	Extend(begins func(line []byte) bool, next func(tail []byte) (line []byte, err error)) error

	// Each gives each line to read, without its line break, the oldest first. One that a
	// killed run has not written to the end is among them.
	Each(read func(line []byte)) error
}

// Add adds e to a trail. It fills in who, where, and the hash.
func Add(to Lines, e Event) error {
	e.Who = cmp.Or(e.Who, currentUser())
	if h, err := os.Hostname(); err == nil {
		e.Host = cmp.Or(e.Host, h)
	}
	e.Time = e.Time.UTC()
	return named(to.Extend(isChained, func(tail []byte) ([]byte, error) { return chained(tail, e) }))
}

// currentUser returns the name of the user who runs the process, or the number of one
// who has no name.
func currentUser() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "uid " + strconv.Itoa(os.Getuid())
}

// Check reports whether events can be added, before anything is done that must be in
// the trail.
func Check(in Lines) error { return named(in.Check()) }

// Events returns the events, the oldest first: of these verbs, or all of them.
func Events(in Lines, verbs ...string) (all []Event, err error) {
	of := func(line []byte) bool { // without reading all of it
		return len(verbs) == 0 || slices.ContainsFunc(verbs, func(v string) bool { return bytes.Contains(line, []byte(`"verb":"`+v+`"`)) })
	}
	err = in.Each(func(line []byte) {
		var e Event
		if of(line) && json.Unmarshal(line, &e) == nil {
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
