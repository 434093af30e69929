package survey

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

const (
	// silence is how long a vendor may answer nothing, before the listing of it ends.
	silence = 30 * time.Second

	// patience is how long the first rows of a vendor are waited for while others, which
	// come later, have some.
	patience = time.Second
)

// Together lists all sources at once, and yields what they have one source after
// another: in their order, except that one which has nothing yet does not keep back the
// others. A vendor that answers nothing for 30 seconds has failed. The sequence
// continues after a source that could not be listed, which failed names; it ends with
// an error when one broke off in the middle, because what is not whole must not look
// whole.
func Together(ctx context.Context, sources []Source) (seq iter.Seq2[provider.Credential, error], failed func() []Failure) {
	var failures []Failure
	seq = func(yield func(provider.Credential, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		gone := make(chan struct{})
		defer close(gone)
		lists, ready := make([]chan listed, len(sources)), make(chan int, len(sources))
		for i, s := range sources {
			lists[i] = make(chan listed, 1000)
			go s.list(ctx, lists[i], gone, func() { ready <- i })
		}
		var broken error
		for i := range inTurn(len(sources), ready) {
			count := 0
			for got := range lists[i] {
				if got.err != nil {
					err := Failure{sources[i].Vendor, got.err}
					failures = append(failures, err)
					if count > 0 {
						broken = errors.Join(broken, err)
					}
					break
				}
				count++
				if !yield(got.Credential, nil) {
					return
				}
			}
		}
		if broken != nil {
			yield(provider.Credential{}, provider.WithClass(provider.ErrPartial, broken))
		}
	}
	return seq, func() []Failure { return failures }
}

// inTurn yields n sources in their order, each once it is ready. One that is not ready
// after a while comes after those that are.
func inTurn(n int, ready <-chan int) iter.Seq[int] {
	return func(yield func(int) bool) {
		var left, can []int
		for i := range n {
			left = append(left, i)
		}
		enough := time.After(patience)
		hurry := false
		for len(left) > 0 {
			next := slices.IndexFunc(left, func(i int) bool { return slices.Contains(can, i) })
			if next == 0 || next > 0 && hurry {
				i := left[next]
				left = slices.Delete(left, next, next+1)
				if !yield(i) {
					return
				}
				continue
			}
			select {
			case i := <-ready:
				can = append(can, i)
			case <-enough:
				hurry = true
			}
		}
	}
}

// A listed credential, or the error that ended the listing.
type listed struct {
	provider.Credential
	err error
}

// list sends what s has to out, and closes it, until the receiver is gone. It calls
// ready once the first is there, or the end. That the time is up is no reason to stop
// sending: it is the error that must arrive.
func (s Source) list(ctx context.Context, out chan<- listed, gone <-chan struct{}, ready func()) {
	defer close(out)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silent := provider.WithClass(provider.ErrUnavailable, fmt.Errorf("no answer within %s", silence))
	timer := time.AfterFunc(silence, func() { cancel(silent) })
	first := true
	tell := func() {
		if first {
			first = false
			ready()
		}
	}
	defer tell()
	for c, err := range s.List(ctx, provider.Input{}) {
		if timer.Stop(); err != nil && errors.Is(context.Cause(ctx), silent) {
			err = silent
		}
		select {
		case out <- listed{c, err}:
			tell()
		case <-gone:
			return
		}
		timer.Reset(silence)
	}
	timer.Stop()
}
