package rest

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
)

var (
	errShape   = errors.New("no listing")
	errMissing = errors.New("no items") // what stands beside them was read
	errTooLong = errors.New("too long")
)

// A listing is an answer that is being read.
type listing[T any] struct {
	dec     *jsontext.Decoder
	body    *boundedReader
	yield   func(T) bool
	others  Others // the members beside the items
	kept    int    // their length
	found   bool   // the items
	stopped bool   // yield wants no more
}

func newListing[T any](body io.Reader, yield func(T) bool) *listing[T] {
	b := &boundedReader{r: body, left: maxListing, item: maxItem}
	return &listing[T]{dec: jsontext.NewDecoder(b, lenient()), body: b, yield: yield, others: Others{}}
}

// read passes on the items, and keeps what stands beside them.
func (l *listing[T]) read(items string) error {
	if items == "" {
		return l.array()
	}
	if l.dec.PeekKind() != '{' {
		return l.unexpected()
	}
	if _, err := l.dec.ReadToken(); err != nil {
		return err
	}
	for l.dec.PeekKind() == '"' {
		name, err := l.dec.ReadToken()
		if err != nil {
			return err
		}
		member := name.String()
		if member == items {
			l.found = true
			switch l.dec.PeekKind() {
			case '[':
				if err := l.array(); err != nil || l.stopped {
					return err
				}
				continue
			case '{', 'n': // it is for the caller to know what that means
			default:
				return l.unexpected()
			}
		}
		l.body.next()
		value, err := l.dec.ReadValue()
		if err != nil {
			return err
		}
		if err := l.keep(member, value); err != nil {
			return err
		}
	}
	_, err := l.dec.ReadToken()
	return err
}

// array passes on the elements of an array.
func (l *listing[T]) array() error {
	l.found = true
	if l.dec.PeekKind() != '[' {
		return l.unexpected()
	}
	if _, err := l.dec.ReadToken(); err != nil {
		return err
	}
	var item, none T // one for all: a long listing would make much to throw away
	for l.dec.PeekKind() != ']' {
		l.body.next()
		item = none
		if err := json.UnmarshalDecode(l.dec, &item); err != nil {
			return err
		}
		if !l.yield(item) {
			l.stopped = true
			return nil
		}
	}
	_, err := l.dec.ReadToken()
	return err
}

// unexpected says why what comes next is not the right thing.
func (l *listing[T]) unexpected() error {
	if _, err := l.dec.ReadValue(); err != nil {
		return err
	}
	return errShape
}

func (l *listing[T]) keep(name string, value jsontext.Value) error {
	if l.kept += len(name) + len(value); l.kept > maxBody {
		return errTooLong
	}
	l.others[name] = value.Clone()
	return nil
}

// end says what came of reading, which ended with err, and reads the members
// beside the items into rest.
func (l *listing[T]) end(c *Client, r Request, resp *http.Response, rest any, err error) error {
	if err == nil && !l.stopped {
		err = l.finish(c, r, resp, rest)
	}
	if err == nil {
		return nil
	}
	if _, said := errors.AsType[*provider.Error](err); said {
		return err
	}
	if _, syntax := errors.AsType[*jsontext.SyntacticError](err); !syntax && l.body.err != nil && !errors.Is(err, errTooLong) {
		return lost(r, l.body.err)
	}
	switch {
	case errors.Is(err, errTooLong):
		return unreadable(r, resp, fmt.Sprintf("is longer than credctl reads (%d MiB an item, %d MiB in all)", maxItem>>20, maxListing>>20))
	case errors.Is(err, io.ErrUnexpectedEOF): // where nothing tells its length, a connection that was closed looks so
		return provider.WithClass(provider.ErrUnavailable, unreadable(r, resp, "ends in the middle"))
	case errors.Is(err, errMissing):
		return provider.WithClass(errMissing, unreadable(r, resp, "has no listing"))
	case errors.Is(err, errShape):
		return unreadable(r, resp, "is no listing")
	}
	return unreadable(r, resp, "is not the JSON that was expected"+where(err))
}

// finish checks that the listing is whole.
func (l *listing[T]) finish(c *Client, r Request, resp *http.Response, rest any) error {
	if _, err := l.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return errShape
	}
	others, err := Write(l.others)
	if err != nil {
		return err
	}
	if f := c.Failure(resp.StatusCode, others); f.Failed {
		return c.failure(r, resp, others)
	}
	if rest != nil {
		if err := Read(others, rest); err != nil {
			return err
		}
	}
	if !l.found { // it must not look like a listing without items
		return errMissing
	}
	return nil
}
