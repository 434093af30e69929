package rest

import (
	"context"
	"errors"
	"iter"

	"github.com/credctl/credctl/internal/provider"
)

// ahead is how many pages are asked for at once where their number is known.
const ahead = 8

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
		before := "" // the ID that the last page began with
		for page := p.First; ; page++ {
			var beside E
			count, begin, stopped := 0, "", false
			err := Stream(ctx, c, p.Request(page), p.Items, &beside, func(item T) bool {
				if count == 0 {
					begin = p.ID(item)
				}
				if count == 0 && begin != "" && begin == before {
					return false
				}
				count++
				stopped = !yield(item, nil)
				return !stopped
			})
			if stopped {
				return
			}
			if err == nil && count == 0 && begin != "" {
				err = errors.New("the vendor repeats a page of the listing, which would never end")
			}
			last, known, more := 0, false, false
			if err == nil {
				last, known, more, err = p.More(page, count, beside)
			}
			if err != nil {
				yield(none, err)
				return
			}
			if known && page < last && count > 0 {
				prefetch(ctx, c, p, page+1, last, yield)
				return
			}
			if known || !more || count == 0 { // an empty page ends it, whatever the vendor says
				return
			}
			before = begin
		}
	}
}

// A fetched page waits for its turn.
type fetched[T any] struct {
	items []T
	err   error
}

// prefetch yields the pages from first to last, of which it holds at most ahead.
func prefetch[T, E any](ctx context.Context, c *Client, p Paging[T, E], from, last int, yield func(T, error) bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var none T
	waiting := make([]chan fetched[T], 0, ahead)
	next := from
	start := func() {
		ch := make(chan fetched[T], 1)
		go func(page int) { ch <- fetch(ctx, c, p, page) }(next)
		waiting = append(waiting, ch)
		next++
	}
	for next <= last && len(waiting) < ahead {
		start()
	}
	for len(waiting) > 0 {
		got := <-waiting[0]
		waiting = waiting[1:]
		if got.err != nil {
			yield(none, got.err)
			return
		}
		if next <= last {
			start()
		}
		for _, item := range got.items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// fetch reads one page as a whole.
func fetch[T, E any](ctx context.Context, c *Client, p Paging[T, E], page int) (out fetched[T]) {
	var beside E
	out.err = Stream(ctx, c, p.Request(page), p.Items, &beside, func(item T) bool {
		out.items = append(out.items, item)
		return len(out.items) <= maxPage
	})
	switch {
	case len(out.items) > maxPage:
		out.err = errors.New("a page of the listing is longer than the one that was asked for")
	case out.err == nil: // a page that does not fit would make the listing short
		_, _, _, out.err = p.More(page, len(out.items), beside)
	}
	return out
}

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
