package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/credctl/credctl/internal/provider"
)

// A result is what came of one credential of a command that takes several.
type result struct {
	Provider string       `json:"provider"`
	Kind     string       `json:"kind"`
	ID       string       `json:"id"`
	Result   string       `json:"result"` // deleted, updated, gone or failed
	Error    *errorObject `json:"error,omitempty"`
}

func resultColumns() []string { return []string{"id", "result"} }

// failedResult is the result of what ended with err.
func (c *call) failedResult(id string, err error) result {
	code, exit := statusOf(err)
	f := c.failed
	f.id = id
	o := f.object(code, exit, err)
	return result{c.provider.Name, c.kind.Name, id, "failed", &o}
}

// each calls do for every ID, several at a time, and goes on after an error. It
// returns the errors in the order of the IDs; what was not begun before an
// interruption has that as its error.
func (c *call) each(ctx context.Context, ids []string, do func(i int, id string) error) []error {
	errs := make([]error, len(ids))
	var done atomic.Int64
	stop := c.bar(len(ids), &done)
	defer stop()
	var group errgroup.Group
	group.SetLimit(max(1, c.flags.parallel))
	for i, id := range ids {
		group.Go(func() error {
			if errs[i] = ctx.Err(); errs[i] == nil {
				errs[i] = do(i, id)
			}
			done.Add(1)
			return nil
		})
	}
	_ = group.Wait() // the errors are in errs
	return errs
}

// bar shows a person how far a bulk run has come.
func (c *call) bar(total int, done *atomic.Int64) (stop func()) {
	if !c.stderrTTY || c.global.quiet || total < 2 {
		return func() {}
	}
	ticker, quit := time.NewTicker(200*time.Millisecond), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		for {
			select {
			case <-ticker.C:
				fmt.Fprintf(c.stderr, "\r%d of %d", done.Load(), total)
			case <-quit:
				fmt.Fprintf(c.stderr, "\r\x1b[K")
				return
			}
		}
	})
	return func() { ticker.Stop(); close(quit); group.Wait() }
}

// several is the error of a command that takes several credentials: of one
// alone, its own; else of class [provider.ErrPartial].
func several(what string, errs []error) error {
	failed := 0
	for _, err := range errs {
		if err != nil {
			failed++
		}
	}
	if failed == 0 {
		return nil
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return provider.As(provider.ErrPartial, fmt.Errorf("%d of %d could not be %s: %w", failed, len(errs), what, distinct(errs)))
}

// distinct joins errors, of which a thousand may say the same.
func distinct(errs []error) error {
	const most = 10
	var shown []error
	seen := map[string]bool{}
	for _, err := range errs {
		if err == nil || seen[err.Error()] {
			continue
		}
		seen[err.Error()] = true
		if len(shown) == most {
			return errors.Join(append(shown, errors.New("and more"))...)
		}
		shown = append(shown, err)
	}
	return errors.Join(shown...)
}

// printResults writes what came of each credential where the format is one for
// programs; people have been told.
func (c *call) printResults(results []result) error {
	if c.forPeople() {
		return nil
	}
	rows := make([][]string, len(results))
	for i, r := range results {
		rows[i] = []string{r.ID, r.Result}
	}
	var value any = results
	if len(results) == 1 {
		value = results[0]
	}
	return c.app.printer().Records(resultColumns(), rows, value)
}
