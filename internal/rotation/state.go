package rotation

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

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
	Aborted   State = "aborted" // the old one lives on, and there is no new one
	Pending   State = "pending" // it waits for time, a person or the vendor
	Unknown   State = "unknown" // an answer was lost
)

// A DeliveryState says whether a destination has the new secret.
type DeliveryState struct {
	To    string `json:"to"`
	State State  `json:"state"` // delivered, pending or failed
}

// failed is the state of a destination that could not be written.
const failed State = "failed"

// A record is what the entries of an operation come to.
type record struct {
	op *journal.Operation

	subject  Subject
	options  Options
	strategy Strategy
	name     string // of the new one
	old, new provider.Credential
	began    time.Time // the last intent
	snapshot []string

	asked     bool     // a request was sent, or may have been, whose answer is not here
	found     string   // has taken the place of the old one, and nobody has its secret
	strays    []string // made by lost requests; to be revoked, or revoked
	stray     string   // of these, the one that is to be revoked
	lost      bool     // at least one answer was lost
	silent    bool     // that of the last request: nothing was sent after it
	killed    bool     // a run ended before it could say that of a request
	issued    bool
	handed    bool // the secret is one that a person handed in
	rights    bool
	verified  bool
	waiving   bool // it was not really verified, by the user's own choice
	delivered []string
	failedTo  []string
	hooked    bool // the hook has run, or there is none
	told      bool // a hook has run, at least once
	until     time.Time
	retiring  bool
	retired   bool
	aborting  string // why
	reached   State  // by the last step that succeeded
	stopped   State  // pending or unknown, unless something succeeded since
	trouble   string // the last error, unless something succeeded since
}

// fold reads what an operation says.
func fold(op *journal.Operation) (*record, error) {
	r := &record{op: op, subject: Subject{Provider: op.Ref().Provider, Kind: op.Ref().Kind, ID: op.Ref().ID}, reached: Intent}
	for _, e := range op.Entries {
		if err := r.apply(e); err != nil {
			return r, fmt.Errorf("operation %s: entry %d is not one of this version of credctl: %w", op.ID, e.Seq, err)
		}
	}
	return r, op.Damaged
}

// apply adds one entry.
func (r *record) apply(e journal.Entry) error {
	var n note
	if len(e.Data) > 0 {
		if err := json.Unmarshal(e.Data, &n); err != nil {
			return err
		}
	}
	if n.Options != nil {
		r.set(*n.Options)
	}
	switch e.Step {
	case stepPending:
		r.stopped, r.trouble = Pending, n.Error
		return nil
	case stepUnknown:
		r.stopped, r.trouble = Unknown, n.Error
		return nil
	case stepFailed:
		r.trouble = n.Error
		if n.To != "" && !slices.Contains(r.failedTo, n.To) {
			r.failedTo = append(r.failedTo, n.To)
		}
		return nil
	case stepOptions:
		return nil
	case journal.Done, journal.Aborted: // and all others: something succeeded
	}
	r.stopped, r.trouble = "", ""
	switch e.Step {
	case stepIntent:
		r.intend(e, n)
	case stepIssued:
		r.issue(e, n)
	case stepSecret:
		r.new.Key, r.handed = n.New.Key, true
		r.startOver()
	case stepLost:
		r.lost, r.silent = true, true
	case stepClear:
		r.asked, r.lost, r.killed = false, true, r.killed || !r.silent
	case stepFound:
		r.asked, r.issued, r.found, r.reached = false, false, n.ID, Intent
	case stepRevoking:
		r.stray = n.ID
		r.strays = append(r.strays, n.ID)
	case stepRevoked:
		r.stray = ""
	case stepRights:
		r.rights = true
		if n.New != nil {
			r.new = *n.New
		}
	case stepVerified:
		r.verified, r.waiving, r.reached = true, n.How == waived, Verified
	case stepDelivered:
		r.delivered = append(r.delivered, n.To)
		r.failedTo = slices.DeleteFunc(r.failedTo, func(to string) bool { return to == n.To })
		if len(r.undelivered()) == 0 {
			r.reached = Delivered
		}
	case stepMissing:
		r.miss(n.To)
	case stepHooked:
		r.hooked, r.told, r.reached = true, r.told || !r.options.Hook.IsZero(), Hooked
	case stepGrace:
		r.until, r.reached = n.Until, Grace
	case stepRetiring:
		r.retiring = true
	case stepRetired:
		r.retired, r.reached = true, Retired
	case stepAborting:
		r.aborting = n.Error
	case journal.Done:
		r.reached, r.trouble = Done, n.Error
	case journal.Aborted:
		r.reached, r.trouble = Aborted, n.Error
	default:
		return fmt.Errorf("the step %q is unknown", e.Step)
	}
	return nil
}

// startOver says that what was done with an earlier secret counts no more.
func (r *record) startOver() {
	r.verified, r.delivered, r.hooked, r.until, r.reached = false, nil, false, time.Time{}, Issued
}

// miss says that a destination does not hold the new secret any more.
func (r *record) miss(to string) {
	r.delivered = slices.DeleteFunc(r.delivered, func(t string) bool { return t == to })
	r.hooked, r.reached = false, Verified
}

// unclear reports whether something may have been issued that nobody knows.
func (r *record) unclear() bool {
	return (r.asked || r.lost && r.found == "") && !r.issued
}

// set changes the options. Another hook has not run yet.
func (r *record) set(o Options) {
	if o.Hook.String() != r.options.Hook.String() {
		r.hooked = false
	}
	r.options = o
}

func (r *record) intend(e journal.Entry, n note) {
	if n.Subject != nil {
		r.subject, r.strategy, r.name, r.old = *n.Subject, n.Strategy, n.Name, *n.Old
	}
	r.snapshot = append(r.snapshot, e.Snapshot...)
	r.asked, r.silent, r.began = true, false, e.Time
}

func (r *record) issue(e journal.Entry, n note) {
	r.asked, r.issued, r.handed, r.found, r.reached = false, true, false, "", Issued
	r.new = *n.New
	r.new.ID = e.NewID
}

// state is what a person is told.
func (r *record) state() State {
	switch {
	case r.reached == Done || r.reached == Aborted:
		return r.reached
	case r.stopped != "":
		return r.stopped
	case r.aborting != "":
		return Pending
	}
	return r.reached
}

// inPlace reports whether the old secret is dead as soon as there is a new one.
func (r *record) inPlace() bool { return r.strategy != Replace }

// outlived reports whether only the end of the old one is missing.
func (r *record) outlived() bool {
	return !r.inPlace() && r.verified && r.hooked && len(r.undelivered()) == 0 && r.aborting == ""
}

// shown is the destination of what is given to the user instead.
const shown = "-"

// undelivered returns the destinations that have yet to get the new secret.
func (r *record) undelivered() []string {
	to := r.options.To
	if len(to) == 0 {
		to = []string{shown}
	}
	return slices.DeleteFunc(slices.Clone(to), func(to string) bool { return slices.Contains(r.delivered, to) })
}

// destinations says how far each is.
func (r *record) destinations() []DeliveryState {
	var all []DeliveryState
	for _, to := range r.options.To {
		d := DeliveryState{To: to, State: Pending}
		switch {
		case slices.Contains(r.delivered, to):
			d.State = Delivered
		case slices.Contains(r.failedTo, to):
			d.State = failed
		}
		all = append(all, d)
	}
	return all
}
