package rotations

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/cli/rotations/history"
	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/results"
	"github.com/credctl/credctl/internal/rotation"
)

// A rotated credential is the new credential, and what became of the old credential.
type rotated struct {
	Operation string `json:"operation,omitzero"`
	provider.Credential

	Secret       output.Revealed          `json:"secret,omitzero"` // in place of the redacted one
	OldID        string                   `json:"old_id,omitzero"`
	NewID        string                   `json:"new_id,omitzero"`
	State        rotation.State           `json:"state,omitzero"`
	Strategy     rotation.Strategy        `json:"strategy,omitzero"`
	Changed      bool                     `json:"changed"`
	Reason       rotation.Reason          `json:"reason"`
	Message      string                   `json:"message,omitzero"`
	Retires      time.Time                `json:"retires,omitzero"`
	Destinations []rotation.DeliveryState `json:"destinations,omitzero"`
	Error        string                   `json:"error,omitzero"`
	Recovered    string                   `json:"recovered,omitzero"`
	Notes        []string                 `json:"notes,omitzero"`

	name string // of the credential, if its vendor did not say it
}

// rotatedOf is what is said of a result, with its secret or without.
func rotatedOf(result rotation.Result, reveal bool) rotated {
	c := result.Credential
	if c.ID == "" {
		c = provider.Credential{Provider: result.Provider, Kind: result.Kind, ID: cmp.Or(result.ID, result.OldID)}
	}
	out := rotated{
		Credential: c, Operation: result.Operation, OldID: result.OldID, NewID: result.NewID, State: result.State, Strategy: result.Strategy,
		Changed: result.Changed, Reason: result.Reason, Message: result.Message, Retires: result.Retires, Destinations: result.Destinations, Error: result.Error, Recovered: result.Recovered, Notes: result.Notes,
		name: result.Name,
	}
	if reveal {
		out.Secret = output.Revealed{Secret: c.Secret}
	}
	return out
}

func resultColumns() []string {
	return []string{"id", "old_id", "key", "state", "changed", "retires", "destinations", "reason", "name"}
}

// arranged returns the columns of results, or a row of them: people read the name first.
func arranged(w *results.Writer, cells []string) []string {
	if last := len(cells) - 1; w.Brief() {
		return slices.Insert(cells[:last], 1, cells[last])
	}
	return cells
}

// resultKept are the columns that a table keeps on a narrow terminal.
func resultKept() []string { return []string{"id", "name", "state", "reason", "retires"} }

func (r rotated) row(w *results.Writer) []string {
	key := r.Key
	if strings.Contains(key, "\n") { // it stands below the table
		key = ""
	}
	reason := cmp.Or(r.Error, r.Message)
	if r.Error == "" && r.Changed && !r.Retires.IsZero() { // a note has said until when the old credential is kept
		reason = ""
	}
	old := r.OldID
	if w.Brief() && old == r.ID {
		old = ""
	}
	return arranged(w, []string{r.ID, old, key, history.State(w, r.State), results.YesNo(r.Changed), results.Time(r.Retires), history.Destinations(w, r.Destinations), history.Reason(w, reason), cmp.Or(r.Name, r.name)})
}
