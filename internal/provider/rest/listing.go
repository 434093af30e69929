package rest

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// errMissing is that there are no items, although what stands beside them was read.
var errMissing = errors.New("no items")

// endListing says what came of reading a listing, which ended with err, and reads the
// members beside the items into rest.
func endListing[T any](l *vendorjson.Listing[T], c *Client, r Request, resp *http.Response, rest any, err error) error {
	if err == nil && !l.Stopped {
		err = finishListing(l, c, r, resp, rest)
	}
	if err == nil {
		return nil
	}
	if _, said := errors.AsType[*provider.Error](err); said {
		return err
	}
	if _, syntax := errors.AsType[*jsontext.SyntacticError](err); !syntax && l.ReadErr() != nil && !errors.Is(err, vendorjson.ErrTooLong) {
		return lost(r, l.ReadErr())
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
func finishListing[T any](l *vendorjson.Listing[T], c *Client, r Request, resp *http.Response, rest any) error {
	if err := l.End(); err != nil {
		return err
	}
	others, err := vendorjson.Write(l.Others)
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
