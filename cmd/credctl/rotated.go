package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/visible"
)

// A rotated credential is the new one, and what became of the old one.
type rotated struct {
	provider.Credential

	Secret       string                   `json:"secret,omitempty"` // in place of the redacted one
	Operation    string                   `json:"operation,omitempty"`
	OldID        string                   `json:"old_id"`
	NewID        string                   `json:"new_id,omitempty"`
	State        rotation.State           `json:"state,omitempty"`
	Strategy     rotation.Strategy        `json:"strategy,omitempty"`
	Changed      bool                     `json:"changed"`
	Reason       string                   `json:"reason,omitempty"`
	Retires      time.Time                `json:"retires,omitzero"`
	Destinations []rotation.DeliveryState `json:"destinations,omitempty"`
	Notes        []string                 `json:"notes,omitempty"`
}

// rotated is what is said of a result, with its secret or without.
func (r *rotator) rotated(result rotation.Result, reveal bool) rotated {
	c := result.Credential
	if c.ID == "" {
		c = provider.Credential{Provider: result.Provider, Kind: result.Kind, ID: cmp.Or(result.NewID, result.OldID)}
	}
	out := rotated{
		Credential: c, Operation: result.Operation, OldID: result.OldID, NewID: result.NewID, State: result.State, Strategy: result.Strategy,
		Changed: result.Changed, Reason: result.Reason, Retires: result.Retires, Destinations: result.Destinations, Notes: result.Notes,
	}
	if reveal {
		out.Secret = c.Secret.Reveal()
	}
	return out
}

func rotationColumns() []string {
	return []string{"id", "old_id", "key", "state", "changed", "retires", "destinations", "reason"}
}

// show writes a new credential to standard output, before the old one goes.
func (r *rotator) show(_ context.Context, result rotation.Result) error {
	if !r.shows {
		return nil
	}
	r.mu.Lock() // several may be rotated at once
	defer r.mu.Unlock()
	if r.shown == nil {
		r.shown = map[string]bool{}
	}
	r.shown[result.Operation] = true
	return r.write(r.rotated(result, true))
}

// write writes one result, with its secret if it has that.
func (r *rotator) write(one rotated) error {
	if r.format.Issued() && one.Secret == "" { // there was nothing to issue
		r.streams.Remark("%s: %s", one.OldID, one.Reason)
		return nil
	}
	return r.printer(one.Secret != "").Result(rotationColumns(), one.row(), one, one.Credential)
}

// add takes what came of a rotation. As JSON lines each is written as it comes,
// unless it was with the secret.
func (r *rotator) add(result rotation.Result) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.results = append(r.results, result)
	if !r.eachAlone() || r.shown[result.Operation] {
		return nil
	}
	return r.write(r.rotated(result, r.global.showSecret))
}

// print writes what came of the rotations, unless that was written before. Cron
// gets a table only when something was changed.
func (r *rotator) print(single bool) error {
	defer r.summary()
	if r.results == nil || r.eachAlone() || single && r.shown[r.results[0].Operation] {
		return nil
	}
	all := make([]rotated, len(r.results))
	rows := make([][]string, len(r.results))
	changed := false
	for i, result := range r.results {
		all[i] = r.rotated(result, r.global.showSecret) // else it went to where it should, once
		rows[i] = all[i].row()
		changed = changed || result.Changed
	}
	if r.forPeople() && !changed && !r.streams.OutTTY {
		return nil
	}
	if single {
		return r.write(all[0])
	}
	return r.app.printer().Results(rotationColumns(), rows, all)
}

func (r rotated) row() []string {
	changed := map[bool]string{true: "yes", false: "no"}[r.Changed]
	key := r.Key
	if strings.Contains(key, "\n") { // it stands below the table
		key = ""
	}
	return []string{r.ID, r.OldID, key, string(r.State), changed, timeCell(r.Retires), destinationsCell(r.Destinations), r.Reason}
}

// timeCell is a time in a table; none is empty.
func timeCell(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

func destinationsCell(all []rotation.DeliveryState) string {
	cells := make([]string, len(all))
	for i, d := range all {
		cells[i] = fmt.Sprintf("%s (%s)", d.To, d.State)
	}
	return strings.Join(cells, ", ")
}

// summary says to a person how it ended: what is live, what goes when, and where
// the secret went.
func (r *rotator) summary() {
	if !r.streams.ErrTTY || r.streams.Quiet {
		return
	}
	for _, result := range r.results {
		if result.NewID == "" {
			continue
		}
		text := []string{result.NewID + " is live"}
		switch {
		case !result.Retires.IsZero():
			text = append(text, fmt.Sprintf("%s goes after %s: the next `credctl rotation resume --all` or rotation deletes it", result.OldID, result.Retires.Local().Format(time.DateTime)))
		case result.State == oplog.Done && result.NewID != result.OldID:
			text = append(text, result.OldID+" is gone")
		}
		for _, d := range result.Destinations {
			text = append(text, fmt.Sprintf("%s: %s", d.To, d.State))
		}
		fmt.Fprintln(r.streams.Err, visible.Text(strings.Join(text, "; ")))
	}
}
