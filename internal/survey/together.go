package survey

import (
	"context"
	"errors"
	"iter"

	"github.com/credctl/credctl/internal/provider"
)

// Together lists all sources at once, and yields what they have one source after
// another. The sequence continues after a source that could not be listed, which
// failed names; it ends with an error when one broke off in the middle, because
// what is not whole must not look whole.
func Together(ctx context.Context, sources []Source) (seq iter.Seq2[provider.Credential, error], failed func() []Failure) {
	var failures []Failure
	seq = func(yield func(provider.Credential, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		gone := make(chan struct{})
		defer close(gone)
		lists := make([]chan listed, len(sources))
		for i, s := range sources {
			lists[i] = make(chan listed, 1000)
			go s.list(ctx, lists[i], gone)
		}
		var broken error
		for i, list := range lists {
			count := 0
			for got := range list {
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

// A listed credential, or the error that ended the listing.
type listed struct {
	provider.Credential
	err error
}

// list sends what s has to out, and closes it, until the receiver is gone. That the
// time is up is no reason to stop sending: it is the error that must arrive.
func (s Source) list(ctx context.Context, out chan<- listed, gone <-chan struct{}) {
	defer close(out)
	for c, err := range s.List(ctx, provider.Input{}) {
		select {
		case out <- listed{c, err}:
		case <-gone:
			return
		}
	}
}
