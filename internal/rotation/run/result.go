package run

import (
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// A Result is what a run came to.
type Result struct {
	Operation    string                `json:"operation,omitzero"`
	Provider     string                `json:"provider"`
	Kind         string                `json:"kind"`
	OldID        string                `json:"old_id"`
	NewID        string                `json:"new_id,omitzero"` // the credential that exists now
	State        oplog.State           `json:"state,omitzero"`
	Strategy     oplog.Strategy        `json:"strategy,omitzero"`
	Changed      bool                  `json:"changed"` // this run changed something at the vendor or at a destination
	Reason       string                `json:"reason,omitzero"`
	Retires      time.Time             `json:"retires,omitzero"` // when the old credential is deleted
	Destinations []oplog.DeliveryState `json:"destinations,omitzero"`
	Notes        []string              `json:"notes,omitzero"` // what could not be checked

	// Credential is the new one, with its secret where this run knows it.
	Credential provider.Credential `json:"-"`
}

// Result is what the run came to.
func (r *Run) Result() Result {
	s := r.Op
	result := Result{
		Operation: s.ID, Provider: s.Subject.Provider, Kind: s.Subject.Kind, OldID: s.Subject.ID, NewID: s.New.ID,
		State: s.State(), Strategy: s.Strategy, Changed: r.Changed, Destinations: s.Destinations(), Notes: r.Notes, Credential: r.Credential(),
	}
	if result.State == oplog.Aborted {
		result.NewID = ""
	}
	if result.State == oplog.Grace {
		result.setGrace(s.Until)
	}
	return result
}

// resultWhenShown is the result as it will be when the new secret has been shown.
func (r *Run) resultWhenShown() Result {
	result := r.Result()
	result.State, result.Changed = oplog.Delivered, true
	if r.Op.Options.Grace > 0 && !r.Op.Strategy.InPlace() {
		result.setGrace(r.GraceEnd())
	}
	return result
}

// setGrace says that the old credential is kept until then.
func (r *Result) setGrace(until time.Time) {
	r.State, r.Retires, r.Reason = oplog.Grace, until, "the old one goes at "+until.UTC().Format(time.RFC3339)
}

// GraceEnd is when the grace period ends that begins now.
func (r *Run) GraceEnd() time.Time {
	return r.Now().Add(r.Op.Options.Grace).UTC().Truncate(time.Second)
}
