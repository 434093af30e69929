package survey

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
)

const (
	// silence is how long a vendor may answer nothing, apart from the time for which a run
	// waits where the vendor limits the rate, before the listing of it ends.
	silence = 30 * time.Second

	// ahead is how many rows of each source are read before they are asked for.
	ahead = 1000
)

// A Survey lists several sources at once. A credential that two profiles reach is listed
// once, with the first of them. A source that answers nothing for 30 seconds, and for as
// long as the run waits for a vendor that limits the rate, has failed.
type Survey struct {
	ctx     context.Context //nolint:containedctx // of one run, and one listing
	sources []Source
	limit   time.Duration // of silence
	lists   []chan listed
	errs    []error       // of each source
	some    []bool        // whether a source has listed something
	gone    chan struct{} // is closed when nobody reads on
	vendors sync.WaitGroup
}

// New returns a survey of sources, which asks nothing yet. wait is the longest wait for a
// vendor that limits the rate.
func New(ctx context.Context, sources []Source, wait time.Duration) *Survey {
	return &Survey{ctx: ctx, sources: sources, limit: silence + wait, errs: make([]error, len(sources)), some: make([]bool, len(sources))}
}

// InOrder yields what all sources have, one source after another. The sequence
// continues after a source that could not be listed, which [Survey.Failed] names; it
// ends with an error when one broke off in the middle, because what is not whole must
// not look whole.
func (s *Survey) InOrder() iter.Seq2[provider.Credential, error] {
	return s.begun(func(yield func(provider.Credential) bool) bool { return s.inOrder(s.all(), yield) })
}

// AsTheyCome is InOrder, but that a vendor does not wait for another.
func (s *Survey) AsTheyCome() iter.Seq2[provider.Credential, error] {
	return s.begun(func(yield func(provider.Credential) bool) bool {
		groups, rows := s.byVendor(), make(chan provider.Credential)
		if len(groups) == 1 {
			return s.inOrder(groups[0], yield)
		}
		for _, group := range groups {
			s.vendors.Go(func() {
				s.inOrder(group, func(c provider.Credential) bool {
					select {
					case rows <- c:
						return true
					case <-s.gone:
						return false
					}
				})
			})
		}
		go func() {
			s.vendors.Wait()
			close(rows)
		}()
		for c := range rows {
			if !yield(c) {
				return false
			}
		}
		return true
	})
}

// Failed returns the sources that could not be listed, once the listing has ended.
func (s *Survey) Failed() (failed []Failure) {
	for i, err := range s.errs {
		if err != nil {
			failed = append(failed, Failure{s.sources[i].Vendor, s.sources[i].Profile, err})
		}
	}
	return failed
}

// begun begins all listings, and yields what rows has.
func (s *Survey) begun(rows func(yield func(provider.Credential) bool) bool) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		defer s.vendors.Wait() // who reads what failed must not be too early
		ctx, cancel := context.WithCancel(s.ctx)
		defer cancel()
		s.gone = make(chan struct{})
		defer close(s.gone)
		s.lists = make([]chan listed, len(s.sources))
		for i, source := range s.sources {
			s.lists[i] = make(chan listed, ahead)
			go source.list(ctx, s.limit, s.lists[i], s.gone)
		}
		if !rows(func(c provider.Credential) bool { return yield(c, nil) }) {
			return
		}
		if err := s.broken(); err != nil {
			yield(provider.Credential{}, provider.WithClass(provider.ErrPartial, err))
		}
	}
}

// broken is the error of the sources that broke off in the middle.
func (s *Survey) broken() (err error) {
	for i, f := range s.errs {
		if f != nil && s.some[i] {
			err = errors.Join(err, Failure{s.sources[i].Vendor, s.sources[i].Profile, f})
		}
	}
	return err
}

func (s *Survey) all() (all []int) {
	for i := range s.sources {
		all = append(all, i)
	}
	return all
}

// byVendor returns the sources of each vendor.
func (s *Survey) byVendor() (groups [][]int) {
	for i, source := range s.sources {
		if i == 0 || source.Vendor != s.sources[i-1].Vendor {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], i)
	}
	return groups
}

// inOrder yields what some sources have, one after another. It returns false when it was
// told to end.
func (s *Survey) inOrder(sources []int, yield func(provider.Credential) bool) bool {
	sharing, seen := map[string]int{}, map[string]map[string]bool{}
	for _, i := range sources {
		sharing[s.sources[i].Account]++
	}
	for _, i := range sources {
		source := s.sources[i]
		listedBefore := seen[source.Account]
		if listedBefore == nil && sharing[source.Account] > 1 {
			listedBefore = map[string]bool{}
			seen[source.Account] = listedBefore
		}
		for got := range s.lists[i] {
			if got.err != nil {
				s.fail(i, got.err)
				break
			}
			s.some[i] = true
			if listedBefore[got.ID] {
				continue
			}
			if listedBefore != nil {
				listedBefore[got.ID] = true
			}
			got.Profile = source.Profile
			if !yield(got.Credential) {
				return false
			}
		}
	}
	return true
}

// fail keeps the error of a source, unless it is that nobody reads on.
func (s *Survey) fail(source int, err error) {
	select {
	case <-s.gone:
	default:
		s.errs[source] = err
	}
}

// A listed credential, or the error that ended the listing.
type listed struct {
	provider.Credential
	err error
}

// list sends what s has to out, and closes it, until the receiver is gone. That the time
// is up is no reason to stop sending: it is the error that must arrive.
func (s Source) list(ctx context.Context, limit time.Duration, out chan<- listed, gone <-chan struct{}) {
	defer close(out)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silent := provider.WithClass(provider.ErrUnavailable, fmt.Errorf("no answer within %s", duration.Format(limit)))
	timer := time.AfterFunc(limit, func() { cancel(silent) })
	for c, err := range s.List(ctx, provider.Input{}) {
		if timer.Stop(); err != nil && errors.Is(context.Cause(ctx), silent) {
			err = silent
		}
		select {
		case out <- listed{c, err}:
		case <-gone:
			return
		}
		timer.Reset(limit)
	}
	timer.Stop()
}
