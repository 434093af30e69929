package oplog

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// The steps of an operation, as entries of its journal. Those that end in "ing"
// are written before a side effect, the others after it. [journal.Done] and
// [journal.Aborted] are the last.
const (
	StepIntent     journal.Step = "intent"        // a request that issues will be sent
	StepIssued                  = journal.Issued  // what came of it
	StepLost                    = journal.Lost    // or that its answer was lost
	StepClear      journal.Step = "clear"         // it was looked for, and nothing is left of it
	StepFound      journal.Step = "found"         // a look found what replaced the old credential; its secret was lost
	StepRevoking   journal.Step = "revoking"      // what the lost request made will be deleted
	StepRevoked    journal.Step = "revoked"       //
	StepSecret     journal.Step = "secret"        // a person supplied the secret
	StepRights     journal.Step = "rights"        // the new credential has its final name, and its permissions were compared with those of the old credential
	StepVerified   journal.Step = "verified"      // the new secret works
	StepDelivering journal.Step = "delivering"    // one that is overwritten in place, or was restored: a kill would hide what it has
	StepDelivered  journal.Step = "delivered"     // to one destination, and it was read back
	StepMissing    journal.Step = "missing"       // one does not hold it any more, and gets it again
	StepHooking    journal.Step = "hooking"       // the hook will be run
	StepHooked     journal.Step = "hooked"        //
	StepGrace      journal.Step = "grace"         // the old credential is kept until then
	StepRetiring   journal.Step = "retiring"      // the old credential will be deleted
	StepRetired    journal.Step = "retired"       //
	StepRestoring  journal.Step = "restoring"     // the old secret will be written to one destination again
	StepRestored   journal.Step = "restored"      // and it was read back
	StepAborting   journal.Step = "aborting"      // the new credential will be deleted
	StepPending                 = journal.Pending // it waits for time, a person or the vendor
	StepUnknown                 = journal.Unknown // an answer was lost, and looking for the result did not help
	StepFailed                  = journal.Failed  // something else went wrong
	StepOptions                 = journal.Options // a later run asks for more
)

// GoneBefore is how a credential was retired that was deleted before, not by the rotation.
const GoneBefore = "already deleted, and not by this rotation"

// NoHook is said of a hook that there is none.
const NoHook = "no hook"

// OldSecret is the name of the old secret among those of an entry.
const OldSecret = "old"

// An Event is the data of an entry. It holds no secret.
type Event struct {
	Subject  *Subject             `json:"subject,omitzero"`
	Strategy Strategy             `json:"strategy,omitzero"`
	Options  *Options             `json:"options,omitzero"`
	Old      *provider.Credential `json:"old,omitzero"` // as it was; without its details
	New      *provider.Credential `json:"new,omitzero"`
	Name     string               `json:"name,omitzero"` // of the new credential

	Token string `json:"token,omitzero"` // the fingerprint of the token that the old credential was compared with

	Unlisted bool `json:"unlisted,omitzero"` // what existed before the request could not be listed
	Stamped  bool `json:"stamped,omitzero"`  // the request creates under the operation's stamp

	Unclear []string `json:"unclear,omitzero"` // what a lost request may have created, or somebody else

	Endpoint string `json:"endpoint,omitzero"` // where the credentials are used from now on; with Subject

	Held []Holding `json:"held,omitzero"` // where the secret was delivered before

	Left []Holding `json:"left,omitzero"` // destinations with a secret that is replaced, which do not receive its replacement

	Places map[string]string `json:"places,omitzero"` // by destination: the account, or the like, in which the check has found it

	ID    string    `json:"id,omitzero"`    // of what the step is about, when it is neither the old nor the new credential
	To    string    `json:"to,omitzero"`    // the destination
	Proof string    `json:"proof,omitzero"` // how it is known that the destination holds the secret: value or stamp
	Stamp string    `json:"stamp,omitzero"` // of a destination that is not read back, after the delivery
	How   string    `json:"how,omitzero"`   // it was verified, or checked
	Drift []string  `json:"drift,omitzero"` // the rights that differ, and were accepted
	Until time.Time `json:"until,omitzero"`
	From  time.Time `json:"from,omitzero"` // of a request: with Until, when what it creates appears, by the vendor's clock
	At    string    `json:"at,omitzero"`   // what failed

	Untouched bool   `json:"untouched,omitzero"` // nothing was ever written to the destination
	Error     string `json:"error,omitzero"`
}

// A Holding is a delivery by an earlier operation.
type Holding struct {
	To    string    `json:"to"`
	Proof string    `json:"proof,omitzero"`
	At    time.Time `json:"at,omitzero"` // when it was proved
	Stamp string    `json:"stamp,omitzero"`
	Copy  bool      `json:"copy,omitzero"` // it is a file of --secret-file
}

// Entry returns the entry that reports ev.
func (ev Event) Entry(step journal.Step, at time.Time) (journal.Entry, error) {
	data, err := json.Marshal(ev)
	if err != nil {
		return journal.Entry{}, fmt.Errorf("the journal: %w", err)
	}
	return journal.Entry{Time: at, Step: step, Data: data}, nil
}

// eventOf returns the data of an entry.
func eventOf(e journal.Entry) (ev Event, err error) {
	if len(e.Data) > 0 {
		err = json.Unmarshal(e.Data, &ev)
	}
	return ev, err
}

// Bare returns c as it is kept: without its secret, which is kept sealed, and
// without what only the vendor's adapter understands.
func Bare(c provider.Credential) *provider.Credential {
	c.Secret, c.Details = provider.Secret{}, nil
	return &c
}
