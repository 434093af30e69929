// Package entry has the entries of an operation, and how they are written to a file:
// lines in a keyed chain, after a first line that names the last one.
package entry

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// A Step is what an entry reports. The engine has more of them; the journal
// itself tells only these apart.
type Step string

// The steps that the journal knows. Done and Aborted end an operation.
const (
	Issued  Step = "issued"  // there is a new credential
	Done    Step = "done"    // the new credential has taken the place of the old credential
	Aborted Step = "aborted" // the old credential is kept, and there is no new one

	Lost    Step = "lost"    // the answer to a request was lost
	Pending Step = "pending" // it waits for time, a person or the vendor
	Unknown Step = "unknown" // an answer was lost, and looking for the result did not help
	Failed  Step = "failed"  // something else went wrong
	Options Step = "options" // a later run asks for more
)

// Idle reports whether the step says that no credential was created, replaced or revoked.
func (s Step) Idle() bool {
	return s == Lost || s == Pending || s == Unknown || s == Failed || s == Options
}

// An Entry is one line of an operation's file.
type Entry struct {
	Seq  int       `json:"seq"` // from 1; Append sets it
	Time time.Time `json:"time"`
	Step Step      `json:"step"`

	// The first entry names the credential that is rotated; NewID is its
	// successor, in the entry that learns of it and all that follow.
	Provider string `json:"provider,omitzero"`
	Kind     string `json:"kind,omitzero"`
	OldID    string `json:"old_id,omitzero"`
	NewID    string `json:"new_id,omitzero"`

	// Data is what else the engine needs to know. It holds no secret.
	Data json.RawMessage `json:"data,omitzero"`

	// Snapshot is every ID that the vendor had before anything was issued.
	// Wipe drops it.
	Snapshot []string `json:"snapshot,omitzero"`

	// Secrets are encrypted on their way to the disk; the operation gives them
	// back, until Wipe drops them.
	Secrets map[string]provider.Secret `json:"-"`

	Sealed       string            `json:"sealed,omitzero"` // Secrets, for the store's own identity
	Fingerprints map[string]string `json:"prints,omitzero"` // what tells the Secrets again, without giving them away

	// MAC proves that this entry and those before it are as credctl wrote them. It
	// stays the last member.
	MAC string `json:"mac,omitzero"`
}

// Same reports whether a and b are readings of one entry, whatever was dropped from them.
func Same(a, b Entry) bool { return a.Step == b.Step && a.Time.Equal(b.Time) }

// Reissued reports whether another secret was issued after a run read was: nobody needs the one
// that this run got.
func Reissued(was, now []Entry) bool {
	return slices.ContainsFunc(now, func(e Entry) bool {
		return (e.Step == Issued || e.Step == Done) && !slices.ContainsFunc(was, func(w Entry) bool { return Same(w, e) })
	})
}
