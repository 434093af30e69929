package rest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// errPassedOn says that a part of the answer is already with the consumer.
var errPassedOn = errors.New("already passed on")

// Stream asks for one answer of a listing and passes its items on as they
// arrive, until yield returns false. The items are the array that is the member
// named items of the answer, or the answer itself when items is "". The other
// members of the answer are decoded into rest, which may be nil; so is items,
// when it is an object or null. Once an item was passed on, an error is final.
func Stream[T any](ctx context.Context, c *Client, r Request, items string, rest any, yield func(T) bool) error {
	return c.stream(ctx, r, func(resp *http.Response) error {
		passed := false
		l := newListing(resp.Body, func(item T) bool {
			passed = true
			return yield(item)
		})
		err := l.end(c, r, resp, rest, l.read(items))
		if err != nil && passed {
			return provider.WithClass(errPassedOn, err)
		}
		return err
	})
}

// fetch asks for one answer of a listing and returns its items, of which there
// may be at most so many, in place of those of all. Nothing is passed on before
// all of it is there, so that it is asked for again like any other.
func fetch[T any](ctx context.Context, c *Client, r Request, items string, rest any, all []T, most int) ([]T, error) {
	err := c.stream(ctx, r, func(resp *http.Response) error {
		all = all[:0]
		l := newListing(resp.Body, func(item T) bool {
			all = append(all, item)
			return len(all) <= most
		})
		err := l.read(items)
		if len(all) > most {
			err = errTooLong
		}
		return l.end(c, r, resp, rest, err)
	})
	return all, err
}

// stream sends r, whose answer takes as long as it is long; the command has a
// limit of its own.
func (c *Client) stream(ctx context.Context, r Request, read func(*http.Response) error) error {
	if r.Timeout == 0 {
		r.Timeout = 24 * time.Hour
	}
	return c.do(ctx, r, read)
}

// The bounds of a listing, which is decoded item by item as it arrives.
const (
	maxItem    = 1 << 20
	maxListing = 1 << 30
)

// A boundedReader bounds what is read in all, and between two calls of next.
type boundedReader struct {
	r          io.Reader
	left, item int64
	err        error // what ended it, but for io.EOF
}

// next starts another item.
func (b *boundedReader) next() { b.item = maxItem }

func (b *boundedReader) Read(p []byte) (int, error) {
	most := min(b.left, b.item)
	if most <= 0 {
		b.err = errTooLong
		return 0, errTooLong
	}
	n, err := b.r.Read(p[:min(int64(len(p)), most)])
	b.left -= int64(n)
	b.item -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}
