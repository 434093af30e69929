package rotations

import (
	"context"
	"fmt"
	"sync"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/results"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/term"
	"github.com/credctl/credctl/internal/visible"
)

// A report writes what came of rotations.
type report struct {
	writer  *results.Writer
	streams *term.Streams
	shape   provider.Shape // of the secrets
	secrets bool           // new ones go to standard output
	again   bool           // secrets are only delivered again, whatever delivers them

	results []rotation.Result // nil: nothing was asked for

	mu    sync.Mutex      // of what is written
	shown map[string]bool // the operations whose new secret went to standard output
}

func newReport(run *invocation.Invocation) *report {
	return &report{writer: run.Results, streams: run.Streams, shown: map[string]bool{}}
}

// tells reports whether a result is worth showing although there is an error: to
// people, not to programs, for which standard output stays empty then.
func (r *report) tells(result rotation.Result) bool {
	return r.writer.Format.ForPeople() && result.Operation != ""
}

// show writes a new credential to standard output, before the old credential goes.
func (r *report) show(_ context.Context, result rotation.Result) error {
	if !r.secrets {
		return nil
	}
	r.mu.Lock() // several may be rotated at once
	defer r.mu.Unlock()
	r.shown[result.Operation] = true
	one := rotatedOf(result, true)
	if r.writer.Brief() { // what follows says how it went on
		one.State = ""
	}
	return r.write(one)
}

// write writes one result, with its secret if it has that.
func (r *report) write(one rotated) error {
	if r.writer.Format.Issued() && one.Secret.IsZero() { // there was nothing to issue
		r.streams.Remark("%s: %s", one.OldID, one.Message)
		return nil
	}
	p := r.writer.Printer()
	p.Reveal, p.Shape = !one.Secret.IsZero(), r.shape
	return r.unshown(p.Result(arranged(r.writer, resultColumns()), one.row(r.writer), one, one.Credential), one.Changed)
}

// unshown is the error of writing results, which are of rotations that changed
// something or not.
func (r *report) unshown(err error, changed bool) error {
	if !changed {
		return err
	}
	return r.writer.Unshown("changed credentials", err)
}

// add takes what came of a rotation. As JSON lines each is written as it comes,
// unless it was with the secret.
func (r *report) add(result rotation.Result) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.results = append(r.results, result)
	if !r.writer.Format.Streams() || r.shown[result.Operation] {
		return nil
	}
	return r.write(rotatedOf(result, r.writer.ShowSecret))
}

// print writes what came of the rotations, unless that was written before. Of all
// unfinished ones, cron gets a table only when something was changed.
func (r *report) print(single bool) error {
	defer r.summary()
	if r.results == nil || r.writer.Format.Streams() || single && r.shown[r.results[0].Operation] {
		return nil
	}
	all := make([]rotated, len(r.results))
	rows := make([][]string, len(r.results))
	changed := false
	for i, result := range r.results {
		all[i] = rotatedOf(result, r.writer.ShowSecret) // else it went to where it should, once
		rows[i] = all[i].row(r.writer)
		changed = changed || result.Changed
	}
	if !single && r.writer.Brief() && !changed && !r.streams.OutTTY {
		return nil
	}
	if single && r.writer.Format.ForPeople() && all[0].Error != "" { // which follows
		all[0].Error, all[0].Message = "", ""
	}
	if single {
		return r.write(all[0])
	}
	return r.unshown(r.writer.Keeping(resultKept()...).Results(arranged(r.writer, resultColumns()), rows, all), changed)
}

// summary says to a person how it ended: what was replaced, when the old credential will
// be deleted, and where the secret is.
func (r *report) summary() {
	if !r.streams.ErrTTY || r.streams.Quiet {
		return
	}
	for _, result := range r.results {
		if result.NewID == "" || !result.Changed || result.Error != "" {
			continue
		}
		var text []string
		switch {
		case r.again || result.Strategy == oplog.Deliver:
			text = append(text, "Delivered the secret of "+result.NewID)
		case result.Strategy == oplog.Create && result.State == oplog.Done:
			text = append(text, "Created "+result.NewID)
		case !result.Retires.IsZero():
			text = append(text, fmt.Sprintf("%s replaces %s", result.NewID, result.OldID))
		case result.State == oplog.Done && result.NewID != result.OldID:
			text = append(text, fmt.Sprintf("Replaced %s with %s", result.OldID, result.NewID))
		case result.NewID != result.OldID:
			text = append(text, fmt.Sprintf("Created %s (state: %s)", result.NewID, result.State.Word()))
		default:
			text = append(text, fmt.Sprintf("Replaced the secret of %s (state: %s)", result.NewID, result.State.Word()))
		}
		for _, line := range text {
			r.streams.Line("%s", visible.Text(line))
		}
	}
}
