package main

import (
	"context"
	"errors"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// A result is what came of one credential of a command that takes several.
type result struct {
	Provider string       `json:"provider"`
	Kind     string       `json:"kind"`
	ID       string       `json:"id"`
	Result   string       `json:"result"`
	Error    *errorObject `json:"error,omitempty"`
}

// What can come of one.
const (
	isDeleted     = "deleted"
	isGone        = "gone" // before
	isFailed      = "failed"
	isInterrupted = "interrupted" // before it was begun
)

func resultColumns() []string { return []string{"id", "result"} }

func (r result) row() []string { return []string{r.ID, r.Result} }

// resultOf is what came of one credential. An interrupt leaves it as it was.
func (c *call) resultOf(id, done string, err error) result {
	r := result{Provider: c.provider.Name, Kind: c.kind.Name, ID: id, Result: done}
	if err == nil {
		return r
	}
	r.Result = isFailed
	if errors.Is(err, context.Canceled) && !errors.Is(err, provider.ErrUnknown) {
		r.Result = isInterrupted
	}
	code, exit := statusOf(err)
	f := c.failed
	f.id = id
	o := f.object(code, exit, err)
	r.Error = &o
	return r
}

// A reporter writes the results of a command that takes several credentials: to
// people as they come, as JSON lines as they come, and in other formats at the end.
type reporter struct {
	*call
	single  bool
	results []result
}

func (r *reporter) report(one result) error {
	r.results = append(r.results, one)
	if one.Result == isGone {
		r.streams.Remark("%s was already gone", one.ID)
	}
	switch {
	case r.forPeople() && one.Result == isDeleted:
		r.streams.Remark("deleted %s", one.ID)
	case r.forPeople() && one.Error != nil && !r.single: // what came of one alone is the error of the command
		r.streams.Remark("%s %s: %s", one.Result, one.ID, visible.OneLine(one.Error.Message))
	case r.eachAlone():
		return r.app.printer().Results(resultColumns(), [][]string{one.row()}, []result{one})
	}
	return nil
}

// eachAlone reports whether each result is a line of its own.
func (a *app) eachAlone() bool { return a.format.Streams() }

// end writes what was not written yet. That one alone failed is told by the error.
func (r *reporter) end() error {
	if r.forPeople() || r.eachAlone() || r.single && r.results[0].Error != nil {
		return nil
	}
	rows := make([][]string, 0, len(r.results))
	for _, one := range r.results {
		if one.Error == nil || !r.format.NamesOnly() { // a name alone says that it was done
			rows = append(rows, one.row())
		}
	}
	var value any = r.results
	if r.single {
		value = r.results[0]
	}
	return r.app.printer().Results(resultColumns(), rows, value)
}
