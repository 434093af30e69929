package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

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
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return c.stream(ctx, r, func(resp *http.Response) error {
		passed := false
		l := vendorjson.NewListing(resp.Body)
		err := vendorjson.ReadItemsAhead(l, items, cancel, func(item T) bool {
			passed = true
			return yield(item)
		})
		err = c.endListing(l, r, resp, rest, err)
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
		l := vendorjson.NewListing(resp.Body)
		err := vendorjson.ReadItems(l, items, func(item T) bool {
			all = append(all, item)
			return len(all) <= most
		})
		if len(all) > most {
			err = vendorjson.ErrTooLong
		}
		return c.endListing(l, r, resp, rest, err)
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

// errMissing is that there are no items, although what stands next to them was read.
var errMissing = errors.New("no items")

// endListing says what came of reading a listing, which ended with err, and reads the
// members next to the items into rest.
func (c *Client) endListing(l *vendorjson.Listing, r Request, resp *http.Response, rest any, err error) error {
	if err == nil && !l.Stopped {
		err = c.finishListing(l, r, resp, rest)
	}
	if _, said := errors.AsType[*provider.Error](err); said || err == nil {
		return err
	}
	_, syntax := errors.AsType[*jsontext.SyntacticError](err)
	broken := l.ReadErr()
	ended := errors.Is(broken, context.DeadlineExceeded) || errors.Is(broken, context.Canceled)
	if broken != nil && (ended || !syntax && !errors.Is(err, vendorjson.ErrTooLong)) {
		return lost(r, broken, true)
	}
	switch {
	case errors.Is(err, vendorjson.ErrTooLong):
		return unreadable(r, resp, fmt.Sprintf("is longer than credctl reads (%d MiB an item, %d MiB in all)", vendorjson.MaxItem>>20, vendorjson.MaxListing>>20))
	case errors.Is(err, io.ErrUnexpectedEOF): // where nothing tells its length, a connection that was closed looks so
		return provider.WithClass(provider.ErrUnavailable, unreadable(r, resp, "ends in the middle"))
	case errors.Is(err, errMissing):
		return provider.WithClass(errMissing, unreadable(r, resp, "has no listing"))
	case errors.Is(err, vendorjson.ErrShape):
		return unreadable(r, resp, "is no listing")
	}
	return unreadable(r, resp, "is not the JSON that was expected"+where(err))
}

// finishListing checks that a listing is whole.
func (c *Client) finishListing(l *vendorjson.Listing, r Request, resp *http.Response, rest any) error {
	others, err := l.End()
	if err != nil {
		return err
	}
	if f := c.Failure(resp.StatusCode, others); f.Failed {
		return c.failure(r, resp, others)
	}
	if rest != nil {
		if err := vendorjson.Read(others, rest); err != nil {
			return err
		}
	}
	if !l.Found { // it must not look like a listing without items
		return errMissing
	}
	return nil
}
