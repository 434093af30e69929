package oplog

import (
	"cmp"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// An OpState is what the entries of an operation add up to.
type OpState struct {
	ID string // of the operation; empty: it has not begun

	Subject  Subject
	Options  Options
	Strategy Strategy
	Name     string // of the new credential
	Old, New provider.Credential
	Token    string    // the fingerprint of the token that Old was compared with when the operation began
	Began    time.Time // the last intent
	Snapshot []string  // the IDs that there were before
	Windows  []Window  // when what requests create appears, by the vendor's clock
	Unlisted bool      // which there were before is not known
	Stamped  bool      // what requests create has the operation's stamp as its name

	Asked         bool     // a request was sent, or may have been, whose answer is not here
	Lost          bool     // at least one answer was lost
	LastLost      bool     // that of the last request: nothing was sent after it
	Killed        bool     // a run ended before it could say that of a request
	Found         string   // what replaced the old credential; its secret was lost
	Orphans       []string // made by lost requests; to be revoked, or revoked
	Orphan        string   // of these, the one that is to be revoked
	Doubted       []string // what a person was told that nobody can tell whether it is ours
	Issued        bool
	Supplied      bool // the secret is one that a person supplied
	RightsChecked bool // and the final name was set
	Verified      bool
	Delivered     []string
	Proofs        map[string]string    // by destination: how its delivery was proved
	ProvedAt      map[string]time.Time // by destination: when that was
	Stamps        map[string]string    // by destination: its stamp after the delivery, where it has one; else the account, or the like, that it is in, from the check on
	FailedTo      []string
	Untouched     []string           // of these, those to which nothing was ever written
	Held          []string           // of Delivered, those that had the secret before the operation
	Copies        []string           // files of --secret-file, of this and earlier runs
	Left          []Holding          // destinations with a secret of an earlier operation, which do not receive the new secret
	Outdated      []string           // destinations that received the new credential, or may have, before its secret or its settings changed
	Delivering    []string           // destinations that may have the new secret, or parts of it: the write has no recorded end
	Restores      map[string]Restore // by destination: whether it has the old secret again
	Hooked        bool               // the hook has run, or there is none
	HookBegun     bool               // a hook was run for the new credential, though it may have failed
	Until         time.Time
	Retiring      bool
	Retired       bool
	GoneBefore    bool   // the old credential was not there any more when its deletion was first sent
	OldGone       bool   // the vendor had deleted the old credential when this run looked
	Aborting      string // why
	Remains       string // the new credential, which alone existed when the operation was ended by force
	Reached       State  // by the last step that succeeded
	Stopped       State  // pending or unknown, unless something succeeded since
	Error         string // the last one, unless something succeeded since

	moved string // where the credentials are used, by a later run than the last intent
}

// A Restore is the writing of the old secret to a destination, by an abort.
type Restore struct {
	Had   bool   // the destination has the new secret, unless it was restored; else it may have it
	Ended bool   // it has the old secret
	Stamp string // after that, of one that is not read back
}

// Final reports whether the operation has ended.
func (s *OpState) Final() bool { return s.Reached == Done || s.Reached == Aborted }

// State is what a person is told.
func (s *OpState) State() State {
	switch {
	case s.Final():
		return s.Reached
	case s.Stopped != "":
		return s.Stopped
	case s.Aborting != "":
		return Pending
	}
	return s.Reached
}

// CurrentID returns the ID of the credential that exists now: the new credential as soon as
// it is issued, unless it was revoked again.
func (s *OpState) CurrentID() string {
	switch {
	case s.Reached == Aborted:
		return cmp.Or(s.Remains, s.Subject.ID)
	case s.Issued:
		return s.New.ID
	}
	return cmp.Or(s.Found, s.Subject.ID)
}

// Unclear reports whether something may have been issued that nobody knows.
func (s *OpState) Unclear() bool {
	return (s.Asked || s.Lost && s.Found == "") && !s.Issued
}

// OnlyRetireLeft reports whether only the deletion of the old credential is missing.
func (s *OpState) OnlyRetireLeft() bool {
	return !s.Strategy.InPlace() && s.Strategy != Deliver && s.Verified && s.Hooked && len(s.Undelivered()) == 0 && s.Aborting == ""
}

// Shown is the destination of a secret that is shown to the user instead.
const Shown = "-"

// Undelivered returns the destinations that have yet to get the new secret.
func (s *OpState) Undelivered() []string {
	to := s.Options.To
	if len(to) == 0 {
		to = []string{Shown}
	}
	return slices.DeleteFunc(slices.Clone(to), func(to string) bool { return slices.Contains(s.Delivered, to) })
}

// Written returns the destinations that have the new secret, or may: also those that
// were replaced, because writing to them failed at some point.
func (s *OpState) Written() []string {
	all := slices.Clone(s.Options.To)
	for _, to := range slices.Concat(s.FailedTo, s.Delivered, s.Outdated) {
		if to != Shown && !slices.Contains(all, to) {
			all = append(all, to)
		}
	}
	return all
}

// Destinations says how far each is.
func (s *OpState) Destinations() []DeliveryState {
	var all []DeliveryState
	for _, to := range s.Options.To {
		d := DeliveryState{To: to, State: Pending}
		switch {
		case s.Restores[to].Ended:
			d.State = Restored
		case slices.Contains(s.Delivered, to):
			d.State, d.Proof, d.ProvedAt = Delivered, s.Proofs[to], s.ProvedAt[to]
		case slices.Contains(s.FailedTo, to):
			d.State = Failed
		}
		all = append(all, d)
	}
	return all
}

// A State says how far an operation has come.
type State string

// The states, in the order in which a replacement passes them. In place, the
// delivery comes before the verification.
const (
	Intent    State = "intent"
	Issued    State = "issued"
	Verified  State = "verified"
	Delivered State = "delivered"
	Hooked    State = "hooked"
	Grace     State = "grace"
	Retired   State = "retired"
	Done      State = "done"
	Aborted   State = "aborted" // the old credential stays, and there is no new one
	Pending   State = "pending" // it waits for time, a person or the vendor
	Unknown   State = "unknown" // an answer was lost
)

// Word is a state as people read it. Hooked is also one without a hook.
func (s State) Word() string {
	return cmp.Or(map[State]string{Intent: "requested", Issued: "created", Hooked: "delivered", Pending: "waiting"}[s], string(s))
}

// The states of a destination that could not be written, and of one that an abort has given
// the old secret back.
const (
	Failed   State = "failed"
	Restored State = "restored"
)

// A DeliveryState says whether a destination has the new secret.
type DeliveryState struct {
	To    string `json:"to"`
	State State  `json:"state"`          // delivered, pending, failed or restored
	Proof string `json:"proof,omitzero"` // of a delivery: value, it was read back; stamp, it was accepted

	ProvedAt time.Time `json:"proved_at,omitzero"` // when

	// Drift is whether the destination was found to hold something else since; nil:
	// nobody has looked, or it cannot be told.
	Drift *bool `json:"drift,omitzero"`

	LeftOut bool   `json:"-"` // it was left out of the rotation, and has a secret that was replaced
	HeldFor string `json:"-"` // the ID of another credential, whose secret credctl has delivered there since
}

// A Strategy is one of the ways in which a credential is rotated.
type Strategy string

// The strategies.
const (
	Replace  Strategy = "replace"  // a second credential, and then the deletion of the old credential
	Rotate   Strategy = "rotate"   // the vendor's own route: the old secret stops working at once
	Generate Strategy = "generate" // a new secret for the same credential: the old credential stops working at once
	Create   Strategy = "create"   // a new credential that replaces none: the operation has no old ID
	Deliver  Strategy = "deliver"  // the secret of a credential that exists is delivered again: the operation has no old ID
)

// InPlace reports whether the old secret stops working as soon as there is a new one.
func (s Strategy) InPlace() bool { return s == Rotate || s == Generate }

// Secret names the secret that an operation of this strategy delivers.
func (s Strategy) Secret() string {
	if s == Deliver {
		return "secret"
	}
	return "new secret"
}

// A Window is when a request may have been carried out.
type Window struct{ From, Until time.Time }

// Contains reports whether t is in one of the windows.
func (s *OpState) Contains(t time.Time) bool {
	return slices.ContainsFunc(s.Windows, func(w Window) bool { return !t.Before(w.From) && !t.After(w.Until) })
}

// pending is the status of a credential that the vendor is still setting up.
const pending = "pending"

// Settled returns the new credential of a rotation without a status that has passed when
// its secret works, and that nothing reads again.
func Settled(s Strategy, c provider.Credential) provider.Credential {
	if s != Create && c.Status == pending {
		c.Status = ""
	}
	return c
}
