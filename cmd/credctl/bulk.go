package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// mostParallel is how many connections to one vendor are kept open.
const mostParallel = 64

// window is how long a vendor may have several wait for each other, and a request
// for the next window, unless the user says something else: Katapult counts the
// requests of a minute of the clock, and what is half done should not end there.
const window = 65 * time.Second

// each calls do for every ID, several at a time, and goes on after an error. It
// yields the index and the error of each in the order of the IDs, as soon as they
// are known. After an interrupt, or when the consumer stops, nothing more is begun:
// what was not has that as its error.
func (c *call) each(ctx context.Context, ids []string, do func(ctx context.Context, i int, id string) error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		m := c.streams.Meter(len(ids))
		defer m.End()
		ctx, stop := context.WithCancel(ctx)
		errs, done := make([]error, len(ids)), make([]chan struct{}, len(ids))
		for i := range done {
			done[i] = make(chan struct{})
		}
		var workers sync.WaitGroup
		defer workers.Wait()
		defer stop()
		var begun atomic.Int64
		for range min(c.workers(), len(ids)) {
			workers.Go(func() {
				for i := int(begun.Add(1)) - 1; i < len(ids); i = int(begun.Add(1)) - 1 {
					errs[i] = c.one(ctx, i, ids[i], do)
					m.Add()
					close(done[i])
				}
			})
		}
		for i := range ids {
			<-done[i]
			if !m.Aside(func() bool { return yield(i, errs[i]) }) {
				return
			}
		}
	}
}

// one calls do for one ID. That a dry run does not send is no error of it.
func (c *call) one(ctx context.Context, i int, id string, do func(ctx context.Context, i int, id string) error) error {
	if err := ctx.Err(); err != nil {
		return notBegun(id, err)
	}
	err := do(ctx, i, id)
	if c.dryRun != nil {
		err = c.dryRun.forgive(err)
	}
	return err
}

// notBegun is the error of what was left as it was, because the run ended with err.
func notBegun(id string, err error) error {
	why := "the run was interrupted"
	if errors.Is(err, context.DeadlineExceeded) {
		why = "the time was up"
	}
	return provider.WithClass(err, fmt.Errorf("%s was not begun: %s", id, why))
}

// workers is how many IDs are worked on at once: one in a dry run, whose requests
// are shown in the order of the IDs.
func (c *call) workers() int {
	if c.dryRun != nil {
		return 1
	}
	return max(1, c.flags.parallel)
}

// several is the error of a command that takes several credentials: of one
// alone, its own; else of class [provider.ErrPartial], with at most so many of theirs.
func several(what string, errs []error, most int) error {
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
	return provider.WithClass(provider.ErrPartial, fmt.Errorf("%d of %d could not be %s: %w", failed, len(errs), what, distinct(errs, most)))
}

// distinct joins errors, of which a thousand may say the same.
func distinct(errs []error, most int) error {
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
