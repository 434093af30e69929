package rest

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendorjson"
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
		l := vendorjson.NewListing(resp.Body, func(item T) bool {
			passed = true
			return yield(item)
		})
		err := endListing(l, c, r, resp, rest, l.Read(items))
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
		l := vendorjson.NewListing(resp.Body, func(item T) bool {
			all = append(all, item)
			return len(all) <= most
		})
		err := l.Read(items)
		if len(all) > most {
			err = vendorjson.ErrTooLong
		}
		return endListing(l, c, r, resp, rest, err)
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
