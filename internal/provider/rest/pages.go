package rest

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest/overlap"
)

// ahead is how many pages are asked for at once where their number is known, and
// aheadItems how many items they have together, so that memory stays constant.
const (
	ahead      = 8
	aheadItems = 4096
)

// A Paging says how a vendor divides a listing of T into pages; E is the envelope
// of the items of a page.
type Paging[T, E any] struct {
	First   int // the number of the first page
	Request func(page int) Request
	Items   string // as for [Stream]

	// More reads what page said of itself, of which count items were taken.
	// last is the number of the last page, if that is known; otherwise more
	// says whether another page follows. An inconsistent page is an error.
	More func(page, count int, envelope E) (last int, known, more bool, err error)

	// Total returns how many items there are to be read, as a page says. It may be nil.
	Total func(envelope E) (int, bool)

	// ID tells items apart. An item without one is an error.
	ID func(T) string
}

// ErrShifted is that a listing changed each time that it was read.
var ErrShifted = overlap.ErrShifted

// passes is how often a listing is read that changes while it is read.
const passes = 4

// Pages joins the pages of a listing, in their order. A page is asked for once
// the items before it are taken; where the vendor says how many there are, the
// next ones are fetched meanwhile.
//
// Where items are added or deleted meanwhile, others move from one page to another.
// Pages notices that by the total, or by an item that is on two pages, and reads the
// listing again. No item is passed on twice.
func Pages[T, E any](ctx context.Context, c *Client, p Paging[T, E]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		var known overlap.Seen
		for n := 1; ; n++ {
			var broken error
			stopped := false
			err := p.all(ctx, c, func(item T) bool {
				id := p.ID(item)
				switch {
				case id == "":
					broken = errors.New("an item of the listing has no ID")
				case known.Add(id):
					stopped = !yield(item, nil)
				}
				return broken == nil && !stopped
			})
			switch {
			case stopped, err == nil && broken == nil:
				return
			case broken != nil:
				err = broken
			case errors.Is(err, overlap.ErrShifted) && n < passes:
				c.conn.Report("the list changed while it was read: reading it again")
				known.EndPass()
				continue
			}
			yield(none, err)
			return
		}
	}
}

// A page is what came of asking for it.
type page[T, E any] struct {
	number   int
	items    []T
	envelope E
	err      error
}

// all passes on the items of all pages, the first page as it arrives. When it returns,
// nothing is under way any more.
func (p Paging[T, E]) all(ctx context.Context, c *Client, yield func(T) bool) error {
	var envelope E
	var read overlap.Progress
	stopped := false
	err := Stream(ctx, c, p.Request(p.First), p.Items, &envelope, func(item T) bool {
		read.Next(p.ID(item))
		stopped = !yield(item)
		return !stopped
	})
	if stopped {
		return nil
	}
	count := read.Count()
	_ = read.Total(p.total(envelope)) // the first one cannot differ
	last, known, more, err := p.read(p.First, count, envelope, err)
	if err != nil || count == 0 { // an empty page ends it, whatever the vendor says
		return err
	}
	atOnce, next := 1, p.First+1
	if known {
		atOnce, more = min(ahead, max(2, aheadItems/count)), next <= last
	}

	ctx, cancel := context.WithCancel(ctx)
	var under sync.WaitGroup
	defer under.Wait()
	defer cancel()
	var waiting []chan page[T, E]
	spare := make([]T, 0, min(count, maxPage)) // the items of a page whose turn is over, to be overwritten
	ask := func() {
		for ; more && len(waiting) < atOnce; next++ {
			got, ch := page[T, E]{number: next, items: spare}, make(chan page[T, E], 1)
			spare = nil
			under.Go(func() {
				got.items, got.err = fetch(ctx, c, p.Request(got.number), p.Items, &got.envelope, got.items, maxPage)
				ch <- got
			})
			waiting = append(waiting, ch)
			more = known && next < last
		}
	}
	for ask(); len(waiting) > 0; ask() {
		got := <-waiting[0]
		waiting = waiting[1:]
		if got.err == nil {
			if err := read.Total(p.total(got.envelope)); err != nil {
				return err
			}
		}
		last, told, again, err := p.read(got.number, len(got.items), got.envelope, got.err)
		if err != nil {
			return err
		}
		ids := make([]string, len(got.items))
		for i, item := range got.items {
			ids[i] = p.ID(item)
		}
		if err := read.Page(ids); err != nil {
			return err
		}
		ask() // meanwhile
		for _, item := range got.items {
			if !yield(item) {
				return nil
			}
		}
		spare = got.items[:0]
		if !known {
			more = len(got.items) > 0 && (again || told && got.number < last)
		}
	}
	return read.End()
}

func (p Paging[T, E]) total(envelope E) (int, bool) {
	if p.Total == nil {
		return 0, false
	}
	return p.Total(envelope)
}

// read is [Paging.More] for a page that ended with err. A page without a list of
// items may have a better explanation.
func (p Paging[T, E]) read(number, count int, envelope E, err error) (last int, known, more bool, _ error) {
	if err != nil && !errors.Is(err, errMissing) {
		return 0, false, false, err
	}
	last, known, more, explained := p.More(number, count, envelope)
	if explained != nil {
		err = explained
	}
	return last, known, more, err
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
