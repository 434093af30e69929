// Package bulk works on several credentials at once, and reports each result.
package bulk

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
)

// MaxParallel is how many connections to one vendor are kept open.
const MaxParallel = 64

// Window is the longest wait for a vendor's rate limit while several credentials are
// worked on, unless the user sets another: Katapult counts the requests of a minute
// of the clock, and a run should not stop half way because of it.
const Window = 65 * time.Second

// A Runner works on several credentials at once.
type Runner struct {
	Parallel int // how many
	Streams  *term.Streams
	Forgive  func(error) error // returns nil for an error that does not count; nil: all count
}

// Each calls do for every ID, several at a time, and continues after an error. It
// yields the index and the error of each in the order of the IDs, as soon as they
// are known. After an interrupt, or when the consumer stops, it starts no more, and
// the error of each remaining ID says so.
func (r Runner) Each(ctx context.Context, ids []string, do func(ctx context.Context, i int, id string) error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		m := r.Streams.Meter(len(ids))
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
		for range min(max(1, r.Parallel), len(ids)) {
			workers.Go(func() {
				for i := int(begun.Add(1)) - 1; i < len(ids); i = int(begun.Add(1)) - 1 {
					errs[i] = r.one(ctx, i, ids[i], do)
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

// one calls do for one ID.
func (r Runner) one(ctx context.Context, i int, id string, do func(ctx context.Context, i int, id string) error) error {
	if err := ctx.Err(); err != nil {
		return notBegun(id, err)
	}
	err := do(ctx, i, id)
	if r.Forgive != nil {
		err = r.Forgive(err)
	}
	return err
}

// notBegun is the error of what was skipped because the run ended with err.
func notBegun(id string, err error) error {
	why := "interrupted"
	if errors.Is(err, context.DeadlineExceeded) {
		why = "timed out"
	}
	return provider.WithClass(err, fmt.Errorf("%s: skipped: %s", id, why))
}

// Failed returns the error of a command that takes several credentials: of one
// credential its own error, otherwise one of class [provider.ErrPartial] with at
// most so many of theirs.
func Failed(what string, errs []error, most int) error {
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

// distinct joins errors, each text once.
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
