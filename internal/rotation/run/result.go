package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// A Result is the outcome of a run.
type Result struct {
	Operation string         `json:"operation,omitzero"`
	Provider  string         `json:"provider"`
	Kind      string         `json:"kind"`
	ID        string         `json:"id,omitzero"` // of the credential that exists now
	Name      string         `json:"name,omitzero"`
	OldID     string         `json:"old_id,omitzero"`
	NewID     string         `json:"new_id,omitzero"`
	State     oplog.State    `json:"state,omitzero"`
	Strategy  oplog.Strategy `json:"strategy,omitzero"`
	Changed   bool           `json:"changed"` // this run changed something at the vendor or at a destination
	Reason    oplog.Reason   `json:"reason"`
	Message   string         `json:"message,omitzero"` // the reason in words
	*oplog.Age
	Retires      time.Time             `json:"retires,omitzero"` // when the old credential is deleted
	Destinations []oplog.DeliveryState `json:"destinations,omitzero"`
	Error        string                `json:"error,omitzero"`     // what failed
	Recovered    string                `json:"recovered,omitzero"` // what had failed in an earlier run, and went through in this one
	Notes        []string              `json:"notes,omitzero"`     // what else a person should know

	// Credential is the one with this ID. It has its secret where the result is to be
	// shown to get it, or [Env.Reveal] asks for it.
	Credential provider.Credential `json:"-"`
}

// Result returns the outcome of the run so far.
func (r *Run) Result() Result {
	s := r.Op
	result := Result{
		Operation: s.ID, Provider: s.Subject.Provider, Kind: s.Subject.Kind, ID: s.CurrentID(), Name: s.Name, OldID: s.Subject.ID, NewID: s.New.ID,
		State: s.State(), Strategy: s.Strategy, Changed: r.Changed, Reason: oplog.ReasonResumed,
		Destinations: s.Destinations(), Notes: r.Notes, Credential: s.New,
	}
	if r.Reveal {
		result.Credential.Secret = r.Secret
	}
	if result.ID != s.New.ID {
		result.Credential = *oplog.Bare(s.Old)
	}
	if r.WroteIntent {
		result.Reason = oplog.ReasonRequested
	}
	if result.State == oplog.Aborted {
		result.NewID, result.Reason, result.Message = "", oplog.ReasonAborted, s.Error
	}
	if result.State == oplog.Grace {
		result.setGrace(s, s.Until)
	}
	return result
}

// Outcome returns the result of a run that has ended with err. The run has recovered if
// what stopped earlier runs did not stop it.
func Outcome(r *Run, err error) (Result, error) {
	result := r.Result()
	if err == nil && r.Trouble != "" && r.Op.Error == "" {
		result.Recovered = r.Trouble
		result.Message = strings.TrimPrefix(fmt.Sprintf("%s; recovered: an earlier run failed with \"%s\"", result.Message, r.Trouble), "; ")
	}
	return result, err
}

// setGrace records that the old credential is kept until then.
func (r *Result) setGrace(s *oplog.OpState, until time.Time) {
	r.State = oplog.Grace
	if r.Retires, r.Message = drift.OldEnds(s, until); !r.Changed {
		r.Reason = oplog.ReasonGrace
	}
}

// GraceEnd returns when a grace period that begins now ends. It begins by the later of
// two clocks that differ.
func (r *Run) GraceEnd() time.Time {
	return r.Time().Add(max(0, oplog.Ahead(r.Ahead)) + r.Op.Options.Grace).UTC().Truncate(time.Second)
}

// Target opens a destination, once, and keeps it to where the journal says that it is.
func (r *Run) Target(to string) (d deliver.Destination, err error) {
	if d = r.targets[to]; d == nil {
		if d, err = r.Destination(to, r.Op.Subject, r.Op.Options.InsecurePerms); err != nil {
			return d, err
		}
		if r.targets == nil {
			r.targets = map[string]deliver.Destination{}
		}
		r.targets[to] = d
	}
	drift.Bind(d, r.Op.Stamps[to], drift.Shows(r.Credential, r.Former))
	return d, nil
}

// CanHold reports why no destination can store c with this secret. The journal then
// names them all, so that another can replace them.
func CanHold(r *Run, c provider.Credential, secret provider.Secret) error {
	err := drift.CanHold(r.Op.Options.To, r.Target, with(c, secret))
	for _, to := range r.Op.Options.To {
		if err != nil && r.log != nil {
			err = errors.Join(err, r.Append(oplog.StepFailed, oplog.Event{At: "deliver", To: to, Error: provider.Text(err)}))
		}
	}
	return err
}

// Deliver writes the new secret to one destination, and reads it back. An interruption
// does not stop it half way.
func (r *Run) Deliver(ctx context.Context, to string) error {
	ctx, cancel := Uninterrupted(ctx, 2*time.Minute)
	defer cancel()
	if to == oplog.Shown {
		if r.Show == nil {
			return provider.Hint(provider.WithClass(provider.ErrPending, errors.New("the new secret has not been shown")),
				"show it: credctl rotation resume %s --show-secret", r.Op.ID)
		}
		result := r.Result() // as it will be when this is done
		result.State, result.Changed, result.Credential = oplog.Delivered, true, with(r.Op.New, r.Secret)
		if r.Op.Options.Grace > 0 && !r.Op.Strategy.InPlace() {
			result.setGrace(r.Op, r.GraceEnd())
		}
		return r.Show(ctx, result)
	}
	d, err := r.Target(to)
	if err != nil {
		return err
	}
	if err := pace.Held(ctx); err != nil {
		return err
	}
	r.Hit("deliver.writing")
	if err := d.Write(ctx, r.Credential()); err != nil {
		return err
	}
	r.Hit("deliver.written")
	if err = d.ReadBack(ctx, r.Credential()); err != nil {
		err = fmt.Errorf("wrote the %s, but could not read it back: %w", r.Op.Strategy.Secret(), err)
	}
	return err
}

// ReadBack reports whether a destination holds the new secret.
func (r *Run) ReadBack(ctx context.Context, to string) error {
	d, err := r.Target(to)
	if err == nil {
		err = d.ReadBack(ctx, r.Credential())
	}
	return err
}

// Uninterrupted returns a context that an interruption does not end, but most and ctx's deadline.
func Uninterrupted(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	if d, ok := ctx.Deadline(); ok {
		most = min(most, time.Until(d))
	}
	return context.WithTimeout(context.WithoutCancel(ctx), most)
}
