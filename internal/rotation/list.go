package rotation

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/journal"
)

// A Status is what the journal says of an operation.
type Status struct {
	ID           string          `json:"id"`
	Provider     string          `json:"provider"`
	Kind         string          `json:"kind"`
	OldID        string          `json:"old_id"`
	NewID        string          `json:"new_id"`
	State        State           `json:"state"`
	Strategy     Strategy        `json:"strategy"`
	Started      time.Time       `json:"started"`
	Updated      time.Time       `json:"updated"`
	Retires      *time.Time      `json:"retires"`
	Destinations []DeliveryState `json:"destinations"`
	Error        string          `json:"error"`
}

// A storyStep is one entry of an operation's history.
type storyStep struct {
	Time  time.Time `json:"time"`
	Step  string    `json:"step"`
	About string    `json:"about,omitzero"` // what it is about, or how it went
	Error string    `json:"error,omitzero"`
}

// A Story is a Status with everything that happened.
type Story struct {
	Status

	Steps []storyStep `json:"steps"`
}

// List returns the operations that have not ended; all of them on demand. The
// oldest comes first.
func (e *Engine) List(all bool) ([]Status, error) {
	index, err := e.Journal.Index()
	if err != nil {
		return nil, err
	}
	list := []Status{}
	for _, op := range index {
		if all || op.Damaged != nil || !op.Final() {
			list = append(list, status(op))
		}
	}
	return list, nil
}

// Show returns one operation, which id names itself or by either of its credentials.
func (e *Engine) Show(id string) (Story, error) {
	index, err := e.Journal.Index()
	if err != nil {
		return Story{}, err
	}
	op, err := index.Find(id)
	if err != nil {
		return Story{}, err
	}
	s := Story{Status: status(op), Steps: []storyStep{}}
	for _, entry := range op.Entries {
		s.Steps = append(s.Steps, told(entry))
	}
	return s, nil
}

func status(op *journal.Operation) Status {
	r, err := fold(op)
	s := Status{
		ID: op.ID, Provider: r.subject.Provider, Kind: r.subject.Kind, OldID: r.subject.ID, NewID: op.NewID(),
		State: r.state(), Strategy: r.strategy, Destinations: r.destinations(), Error: r.trouble,
	}
	if err != nil {
		s.State, s.Error = Unknown, err.Error()
	}
	if n := len(op.Entries); n > 0 {
		s.Started, s.Updated = op.Entries[0].Time.Truncate(time.Second), op.Entries[n-1].Time.Truncate(time.Second)
	}
	if s.State == Grace {
		s.Retires = &r.until
	}
	if s.Destinations == nil {
		s.Destinations = []DeliveryState{}
	}
	return s
}

// told says what an entry says.
func told(entry journal.Entry) storyStep {
	s := storyStep{Time: entry.Time.Truncate(time.Second), Step: string(entry.Step)}
	var n note
	if json.Unmarshal(entry.Data, &n) != nil {
		return s
	}
	s.Error = n.Error
	s.About = cmp.Or(n.To, n.ID, n.How, strings.Join(n.Drift, "; "), entry.NewID, n.At)
	if !n.Until.IsZero() {
		s.About = n.Until.UTC().Format(time.RFC3339)
	}
	return s
}
