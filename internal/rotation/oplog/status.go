package oplog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// A Status is what the journal says of an operation.
type Status struct {
	Operation    string            `json:"operation"`
	Provider     string            `json:"provider,omitzero"`
	Kind         string            `json:"kind,omitzero"`
	ID           string            `json:"id,omitzero"` // of the credential that exists now
	Name         string            `json:"name,omitzero"`
	OldID        string            `json:"old_id,omitzero"`
	NewID        string            `json:"new_id,omitzero"`
	State        State             `json:"state"`
	Strategy     Strategy          `json:"strategy,omitzero"`
	Started      time.Time         `json:"started,omitzero"`
	Updated      time.Time         `json:"updated,omitzero"`
	Retires      time.Time         `json:"retires,omitzero"` // when the old credential is deleted
	Destinations []DeliveryState   `json:"destinations,omitzero"`
	Error        string            `json:"error,omitzero"`
	Notes        []string          `json:"notes,omitzero"` // what else a person should know
	LeavesOut    bool              `json:"-"`              // there are destinations that have an earlier secret
	Profile      string            `json:"-"`              // of the configuration; "": none is used
	Settings     map[string]string `json:"-"`              // that identify the account
}

// Title is what an operation is about, in one word for people: a credential by its ID, or
// by its name where it has none yet, or else the operation.
func (s Status) Title() string { return cmp.Or(s.OldID, s.NewID, s.Name, s.Operation) }

// Drifted returns the destinations of s that were found to hold something else.
func Drifted(s Status) (to []string) {
	for _, d := range s.Destinations {
		if d.Drift != nil && *d.Drift {
			to = append(to, d.To)
		}
	}
	return to
}

// A Story is a Status with everything that happened.
type Story struct {
	Status

	Steps []StoryStep `json:"steps"`
}

// A StoryStep is one entry of an operation's history.
type StoryStep struct {
	Time  time.Time `json:"time"`
	Step  string    `json:"step"`
	About string    `json:"about,omitzero"` // what it is about, or how it went
	Error string    `json:"error,omitzero"`

	HasSecret bool `json:"-"` // a secret came with it
}

// StatusOf returns the status of an operation of index, which may be damaged.
func StatusOf(index journal.Index, op *journal.Operation) (Status, error) {
	s, err := Fold(op)
	status := Status{
		Operation: op.ID, Provider: s.Subject.Provider, Kind: s.Subject.Kind, Name: s.Name, OldID: s.Subject.ID, NewID: op.NewID(),
		State: s.State(), Strategy: s.Strategy, Destinations: s.Destinations(), LeavesOut: len(s.Left) > 0, Error: s.Error, Profile: s.Subject.Profile, Settings: s.Subject.Settings,
	}
	current, cerr := index.Current(op.Ref().With(s.CurrentID()))
	if cerr != nil {
		return Status{}, cerr
	}
	status.ID = current.ID
	if err != nil {
		status.State, status.Error = Unknown, provider.Text(err)
	}
	if n := len(op.Entries); n > 0 {
		status.Started, status.Updated = op.Entries[0].Time.Truncate(time.Second), op.Entries[n-1].Time.Truncate(time.Second)
	}
	if status.State == Grace {
		status.Retires = s.Until
	}
	return status, nil
}

// StoryOf returns the history of an operation of index.
func StoryOf(index journal.Index, op *journal.Operation) (Story, error) {
	status, err := StatusOf(index, op)
	s := Story{Status: status, Steps: []StoryStep{}}
	for _, e := range op.Entries {
		one := StoryStep{Time: e.Time.Truncate(time.Second), Step: string(e.Step), HasSecret: e.Fingerprints[journal.NewSecret] != ""}
		if ev, err := eventOf(e); err == nil {
			one.Error = ev.Error
			one.About = cmp.Or(ev.To, ev.ID, ev.How, strings.Join(ev.Drift, "; "), e.NewID, ev.At)
			if !ev.Until.IsZero() {
				one.About = ev.Until.UTC().Format(time.RFC3339)
			}
		}
		s.Steps = append(s.Steps, one)
	}
	return s, err
}

// Unfinished returns the operation that must be finished before r can be rotated,
// if there is one. One that cannot be read may be about any credential.
func Unfinished(index journal.Index, r journal.Ref) (*journal.Operation, error) {
	for _, o := range index.Live() {
		if o.Damaged != nil && o.Ref() == (journal.Ref{}) {
			return nil, o.Damaged
		}
	}
	for _, o := range index.UnfinishedOf(r) {
		s, err := Fold(o)
		if err != nil {
			return nil, err
		}
		if o.Ref() != r && (s.OnlyRetireLeft() || s.Strategy == Create || s.Strategy == Deliver) { // r is in use
			continue
		}
		return o, nil
	}
	return nil, nil // there is none
}

// Creating refuses what is being done to r while it is not wholly created: that would go on
// with a secret that does not work any more.
func Creating(index journal.Index, r journal.Ref, doing string) error {
	for _, o := range index.UnfinishedOf(r) {
		if s, _ := Fold(o); s.Strategy == Create {
			err := fmt.Errorf("cannot %s %s: its creation is not finished (rotation %s)", doing, r.ID, o.ID)
			return provider.Hint(provider.WithClass(provider.ErrRefused, err), "to finish it: credctl rotation resume %s; to delete the credential: credctl rotation abort %[1]s", o.ID)
		}
	}
	return nil
}

// Replacing reports whether a rotation of r that has not ended has issued something.
func Replacing(index journal.Index, r journal.Ref) bool {
	return slices.ContainsFunc(index.UnfinishedOf(r), func(o *journal.Operation) bool { return o.Ref() == r && o.NewID() != "" })
}

// Among returns the ID of the credential that the one unfinished rotation among open is
// of, which is about one of these credentials; "" unless there is exactly one.
func Among(open []Status, vendor, kind string, ids []string) (id string) {
	for _, s := range open {
		about := slices.Contains(ids, s.OldID) || slices.Contains(ids, s.NewID)
		if !about || s.OldID == "" || s.Strategy == Create || s.Strategy == Deliver || s.Provider != vendor || s.Kind != kind {
			continue
		}
		if id != "" {
			return ""
		}
		id = s.OldID
	}
	return id
}

// Ahead returns what f returns, or zero where f is nil: how far another clock is ahead.
func Ahead(f func() time.Duration) time.Duration {
	if f == nil {
		return 0
	}
	return f()
}
