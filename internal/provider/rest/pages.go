package rest

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/credctl/credctl/internal/provider"
)

// ahead is how many pages are asked for at once where their number is known, and
// aheadItems how many items they have together, so that memory stays constant.
const (
	ahead      = 8
	aheadItems = 4096
)

// A Paging says how a vendor divides a listing of T into pages; E is what stands
// beside the items of a page.
type Paging[T, E any] struct {
	First   int // the number of the first page
	Request func(page int) Request
	Items   string // as for [Stream]

	// More reads what page said of itself, of which count items were taken.
	// last is the number of the last page, if that is known; otherwise more
	// says whether another page follows. An inconsistent page is an error.
	More func(page, count int, beside E) (last int, known, more bool, err error)

	// ID tells items apart, so that a vendor which repeats a page is noticed.
	ID func(T) string
}

// Pages joins the pages of a listing, in their order. A page is asked for once
// the items before it are taken; where the vendor says how many there are, the
// next ones are fetched meanwhile.
func Pages[T, E any](ctx context.Context, c *Client, p Paging[T, E]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		before := "" // the ID that the page before began with
		for page := p.First; ; page++ {
			var beside E
			count, begin, repeated, stopped := 0, "", false, false
			err := Stream(ctx, c, p.Request(page), p.Items, &beside, func(item T) bool {
				if count == 0 {
					begin = p.ID(item)
					if repeated = begin != "" && begin == before; repeated {
						return false
					}
				}
				count++
				stopped = !yield(item, nil)
				return !stopped
			})
			if stopped {
				return
			}
			if repeated {
				err = errRepeated
			}
			last, known, more, err := p.read(page, count, beside, err)
			switch {
			case err != nil:
				yield(none, err)
				return
			case known && page < last && count > 0:
				p.prefetch(ctx, c, span{page + 1, last, min(ahead, max(2, aheadItems/count)), min(count, maxPage)}, begin, yield)
				return
			case known, !more, count == 0: // an empty page ends it, whatever the vendor says
				return
			}
			before = begin
		}
	}
}

// read is [Paging.More] for a page that ended with err. A page without a list of
// items may have a better explanation.
func (p Paging[T, E]) read(page, count int, beside E, err error) (last int, known, more bool, _ error) {
	if err != nil && !errors.Is(err, errMissing) {
		return 0, false, false, err
	}
	last, known, more, explained := p.More(page, count, beside)
	if explained != nil {
		err = explained
	}
	return last, known, more, err
}

// A fetched page waits for its turn.
type fetched[T, E any] struct {
	page   int
	items  []T
	beside E
	err    error
}

// A span is the pages from next to last, of which most are fetched at once. Each
// but the last is likely to have count items.
type span struct{ next, last, most, count int }

// prefetch yields the pages of a span, which follow the one that began with the
// ID before. When it returns, nothing is under way any more.
func (p Paging[T, E]) prefetch(ctx context.Context, c *Client, s span, before string, yield func(T, error) bool) {
	ctx, cancel := context.WithCancel(ctx)
	var under sync.WaitGroup
	defer under.Wait()
	defer cancel()
	var none T
	var spare []T // the items of a page whose turn is over, to be overwritten
	waiting := make([]chan fetched[T, E], 0, s.most)
	start := func() {
		ch := make(chan fetched[T, E], 1)
		got := fetched[T, E]{page: s.next, items: spare}
		if spare = nil; got.items == nil {
			got.items = make([]T, 0, s.count)
		}
		under.Go(func() {
			got.items, got.err = fetch(ctx, c, p.Request(got.page), p.Items, &got.beside, got.items, maxPage)
			ch <- got
		})
		waiting = append(waiting, ch)
		s.next++
	}
	for s.next <= s.last && len(waiting) < s.most {
		start()
	}
	for len(waiting) > 0 {
		got := <-waiting[0]
		waiting = waiting[1:]
		begin := ""
		if len(got.items) > 0 {
			begin = p.ID(got.items[0])
		}
		_, _, _, err := p.read(got.page, len(got.items), got.beside, got.err)
		if begin != "" && begin == before {
			err = errRepeated
		}
		if err != nil {
			yield(none, err)
			return
		}
		before = begin
		if s.next <= s.last {
			start()
		}
		for _, item := range got.items {
			if !yield(item, nil) {
				return
			}
		}
		spare = got.items
	}
}

var errRepeated = errors.New("the vendor repeats a page of the listing, which would never end")

// maxPage bounds the items of a page that waits for its turn.
const maxPage = 10_000

// Map converts the items of a listing.
func Map[T any](seq iter.Seq2[T, error], convert func(T) provider.Credential) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		for item, err := range seq {
			if err != nil {
				yield(provider.Credential{}, err)
				return
			}
			if !yield(convert(item), nil) {
				return
			}
		}
	}
}
