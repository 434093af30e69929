package rotation

import (
	"encoding/json"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// The steps of an operation, as entries of its journal. Those that end in "ing"
// are written before a side effect, the others after it.
const (
	stepIntent    journal.Step = "intent"    // a request that issues will be sent
	stepIssued    journal.Step = "issued"    // what came of it
	stepLost      journal.Step = "lost"      // or that its answer was lost
	stepClear     journal.Step = "clear"     // it was looked for, and nothing is left of it
	stepFound     journal.Step = "found"     // it was looked for, and this has taken the place of the old one; nobody has its secret
	stepRevoking  journal.Step = "revoking"  // what the lost request made will be deleted
	stepRevoked   journal.Step = "revoked"   //
	stepSecret    journal.Step = "secret"    // a person handed in the secret
	stepRights    journal.Step = "rights"    // those of the new one were compared with the old
	stepVerified  journal.Step = "verified"  // the new secret works
	stepDelivered journal.Step = "delivered" // to one destination, and it was read back
	stepMissing   journal.Step = "missing"   // one does not hold it any more, and shall get it again
	stepHooked    journal.Step = "hooked"    //
	stepGrace     journal.Step = "grace"     // the old one lives on until then
	stepRetiring  journal.Step = "retiring"  // the old one will be deleted
	stepRetired   journal.Step = "retired"   //
	stepAborting  journal.Step = "aborting"  // the new one will be deleted
	stepPending   journal.Step = "pending"   // it waits for time, a person or the vendor
	stepUnknown   journal.Step = "unknown"   // an answer was lost, and looking did not help
	stepFailed    journal.Step = "failed"    // something else went wrong
	stepOptions   journal.Step = "options"   // a later run asks for more
)

// A note is the data of an entry. It holds no secret.
type note struct {
	Subject  *Subject             `json:"subject,omitzero"`
	Strategy Strategy             `json:"strategy,omitzero"`
	Options  *Options             `json:"options,omitzero"`
	Old      *provider.Credential `json:"old,omitzero"` // as it was; without its details
	New      *provider.Credential `json:"new,omitzero"`
	Name     string               `json:"name,omitzero"` // what the new one will be called

	ID    string    `json:"id,omitzero"`    // of what the step is about, when it is neither the old nor the new one
	To    string    `json:"to,omitzero"`    // the destination
	How   string    `json:"how,omitzero"`   // it was verified, or checked
	Drift []string  `json:"drift,omitzero"` // the rights that differ, and were accepted
	Until time.Time `json:"until,omitzero"`
	At    string    `json:"at,omitzero"` // what failed
	Error string    `json:"error,omitzero"`
}

// bare returns c as it is kept: without its secret, which is kept sealed, and
// without what only the vendor's adapter understands.
func bare(c provider.Credential) *provider.Credential {
	c.Secret, c.Details = provider.Secret{}, nil
	return &c
}

func (n note) encode() (json.RawMessage, error) { return json.Marshal(n) }
