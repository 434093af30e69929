package bulk

import (
	"context"
	"errors"

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
	Result   string       `json:"result"`
	Error    *exit.Object `json:"error,omitempty"`
}

// What can come of one.
const (
	Deleted     = "deleted"
	Gone        = "gone" // before
	failed      = "failed"
	interrupted = "interrupted" // before it was begun
)

// ResultColumns are those of what a [Report] writes.
func ResultColumns() []string { return []string{"id", "result"} }

func (r result) row() []string { return []string{r.ID, r.Result} }

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
		one.Result = failed
		if errors.Is(err, context.Canceled) && !errors.Is(err, provider.ErrUnknown) {
			one.Result = interrupted
		}
		one.Error = new(exit.About{Provider: r.About.Provider, Verb: r.About.Verb, ID: id}.Object(err))
	}
	r.results = append(r.results, one)
	if one.Result == Gone {
		r.Streams.Remark("%s was already gone", id)
	}
	switch {
	case r.Writer.Format.ForPeople() && one.Result == Deleted:
		r.Streams.Remark("deleted %s", id)
	case r.Writer.Format.ForPeople() && err != nil && !r.Single: // what came of one alone is the error of the command
		r.Streams.Remark("%s %s: %s", one.Result, id, visible.OneLine(err.Error()))
	case r.Writer.Format.Streams():
		return r.Writer.Printer().Results(ResultColumns(), [][]string{one.row()}, []result{one})
	}
	return nil
}

// End writes what was not written yet. That one alone failed is told by the error.
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
	return r.Writer.Printer().Results(ResultColumns(), rows, value)
}
