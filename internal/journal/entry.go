package journal

import (
	"encoding/json"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// A Step is what an entry reports. The engine has more of them; the journal
// itself tells only the last ones apart.
type Step string

// The steps that end an operation.
const (
	Done    Step = "done"    // the new credential has taken the place of the old credential
	Aborted Step = "aborted" // the old credential is kept, and there is no new one
)

// A Ref names one credential forever.
type Ref struct {
	Provider string `json:"provider"`
	Kind     string `json:"kind"`
	ID       string `json:"id"`
}

func (r Ref) String() string { return r.Provider + " " + r.Kind + " " + r.ID }

// With returns the reference to another credential of the same kind.
func (r Ref) With(id string) Ref {
	r.ID = id
	return r
}

// An Entry is one line of an operation's file.
type Entry struct {
	Seq  int       `json:"seq"` // from 1; [Operation.Append] sets it
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
	// [Operation.Wipe] drops it.
	Snapshot []string `json:"snapshot,omitzero"`

	// Secrets are encrypted on their way to the disk; [Operation.Secrets] gives
	// them back. [Operation.Wipe] drops them.
	Secrets map[string]provider.Secret `json:"-"`

	Sealed       string            `json:"sealed,omitzero"` // Secrets, for the store's own identity
	Fingerprints map[string]string `json:"prints,omitzero"` // what tells the Secrets again, without giving them away

	// MAC proves that this entry and those before it are as credctl wrote them. It
	// stays the last member.
	MAC string `json:"mac,omitzero"`
}
