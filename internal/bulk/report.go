package bulk

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/results"
	"github.com/credctl/credctl/internal/term"
	"github.com/credctl/credctl/internal/visible"
)

// A result is what came of one credential of a command that takes several.
type result struct {
	Provider string       `json:"provider"`
	Kind     string       `json:"kind"`
	ID       string       `json:"id"`
	Name     string       `json:"name,omitempty"` // in place of the ID, where the command selects by name
	Result   string       `json:"result"`
	Error    *exit.Object `json:"error,omitempty"`
}

// The results of one credential.
const (
	Deleted     = "deleted"
	Gone        = "gone"      // deleted, as reading it confirmed after the answer was lost
	NotFound    = "not_found" // there was nothing to delete
	failed      = "failed"
	interrupted = "interrupted" // skipped
)

// ResultColumns are those of what a [Report] writes.
func ResultColumns() []string { return []string{"id", "result"} }

func (r result) row() []string { return []string{cmp.Or(r.ID, r.Name), r.Result} }

// A Report writes the results of a command that takes several credentials: to
// people as they come, as JSON lines as they come, and in other formats at the end.
type Report struct {
	Writer  *results.Writer
	Streams *term.Streams
	Kind    string
	About   exit.About // all of them
	Single  bool       // there is only one

	results []result
}

// Add says what came of one credential. An interrupt leaves it as it was.
func (r *Report) Add(id, done string, err error) error {
	one := result{Provider: r.About.Provider, Kind: r.Kind, ID: id, Result: done}
	if err != nil {
		switch {
		case errors.Is(err, context.Canceled) && !errors.Is(err, provider.ErrUnknown):
			one.Result = interrupted
		case done != NotFound:
			one.Result = failed
		}
		one.Error = new(exit.About{Provider: r.About.Provider, Verb: r.About.Verb, ID: id}.Object(err))
	}
	return r.add(one, err)
}

// AddNamed says what came of what was selected by a name.
func (r *Report) AddNamed(name, done string) error {
	return r.add(result{Provider: r.About.Provider, Kind: r.Kind, Name: name, Result: done}, nil)
}

func (r *Report) add(one result, err error) error {
	r.results = append(r.results, one)
	which := cmp.Or(one.ID, visible.Text(one.Name))
	switch {
	case one.Result == Gone:
		r.Streams.Remark("Deleted %s (the answer was lost; it no longer exists)", which)
	case one.Result == NotFound && err == nil:
		r.Streams.Remark("Not found: %s", which)
	}
	switch {
	case r.Writer.Format.ForPeople() && one.Result == Deleted:
		r.Streams.Remark("Deleted %s", which)
	case r.Writer.Format.ForPeople() && err != nil && !r.Single: // what came of one alone is the error of the command
		r.Streams.Remark("%s: %s: %s", title(one.Result), which, visible.OneLine(exit.Text(err)))
	case r.Writer.Format.Streams():
		return r.unshown(r.Writer.Printer().Results(ResultColumns(), [][]string{one.row()}, []result{one}))
	}
	return nil
}

// unshown is the error of writing results, which says what was deleted anyway.
func (r *Report) unshown(err error) error {
	var deleted []string
	for _, one := range r.results {
		if one.Result == Deleted || one.Result == Gone {
			deleted = append(deleted, one.ID)
		}
	}
	if deleted == nil {
		return err
	}
	return r.Writer.Unshown("deleted "+strings.Join(deleted, ", "), err)
}

// title is a result for people.
func title(result string) string {
	return map[string]string{failed: "Failed", NotFound: "Not found", interrupted: "Skipped"}[result]
}

// End writes what was not written yet. Where one alone failed, the error tells it.
func (r *Report) End() error {
	if r.Writer.Format.ForPeople() || r.Writer.Format.Streams() || r.Single && r.results[0].Error != nil {
		return nil
	}
	rows := make([][]string, 0, len(r.results))
	for _, one := range r.results {
		if one.Error == nil || !r.Writer.Format.NamesOnly() { // a name alone says that it was done
			rows = append(rows, one.row())
		}
	}
	var value any = r.results
	if r.Single {
		value = r.results[0]
	}
	return r.unshown(r.Writer.Printer().Results(ResultColumns(), rows, value))
}
