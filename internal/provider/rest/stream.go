package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
)

// The bounds of a listing, which is decoded item by item as it arrives.
const (
	maxItem    = 1 << 20
	maxListing = 1 << 30
)

// Stream asks for one answer of a listing and passes its items on as they
// arrive, until yield returns false. The items are the array that is the member
// named items of the answer, or the answer itself when items is "". The other
// members of the answer are decoded into rest, which may be nil; so is items,
// when it is not an array. Once an item was passed on, an error is final.
func Stream[T any](ctx context.Context, c *Client, r Request, items string, rest any, yield func(T) bool) error {
	if r.Timeout == 0 {
		r.Timeout = 24 * time.Hour // it takes as long as it is long; the command has a limit of its own
	}
	return c.do(ctx, r, func(resp *http.Response) error {
		bounded := &boundedReader{r: resp.Body, left: maxListing}
		bounded.next()
		l := &listing[T]{dec: jsontext.NewDecoder(bounded, lenient()), body: bounded, yield: yield}
		err := l.read(items)
		if err == nil && !l.stopped {
			err = l.finish(c, r, resp, rest)
		}
		if err == nil {
			return nil
		}
		err = l.explain(r, resp, err)
		if l.passed {
			err = provider.As(errPassedOn, err)
		}
		return err
	})
}

// A listing is an answer that is being read.
type listing[T any] struct {
	dec     *jsontext.Decoder
	body    *boundedReader
	yield   func(T) bool
	others  bytes.Buffer // the members beside the items, as an object
	passed  bool         // an item was passed on
	stopped bool         // the consumer wants no more
}

func (l *listing[T]) read(items string) error {
	if items == "" {
		return l.array()
	}
	if kind := l.dec.PeekKind(); kind != '{' {
		if _, err := l.dec.ReadValue(); err != nil {
			return err
		}
		return errShape
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
		if member == items && l.dec.PeekKind() == '[' {
			if err := l.array(); err != nil || l.stopped {
				return err
			}
			continue
		}
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
	if l.dec.PeekKind() != '[' {
		if _, err := l.dec.ReadValue(); err != nil {
			return err
		}
		return errShape
	}
	if _, err := l.dec.ReadToken(); err != nil {
		return err
	}
	for l.dec.PeekKind() != ']' {
		l.body.next()
		var item T
		if err := json.UnmarshalDecode(l.dec, &item); err != nil {
			return err
		}
		l.passed = true
		if !l.yield(item) {
			l.stopped = true
			return nil
		}
	}
	_, err := l.dec.ReadToken()
	return err
}

func (l *listing[T]) keep(name string, value jsontext.Value) error {
	if l.others.Len()+len(value) > maxBody {
		return errTooLong
	}
	if l.others.Len() > 0 {
		l.others.WriteByte(',')
	}
	quoted, err := jsontext.AppendQuote(nil, name)
	if err != nil {
		return err
	}
	l.others.Write(quoted)
	l.others.WriteByte(':')
	l.others.Write(value)
	return nil
}

// finish checks that nothing follows, and reads the members beside the items.
func (l *listing[T]) finish(c *Client, r Request, resp *http.Response, rest any) error {
	if _, err := l.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return errShape
	}
	others := append(append([]byte{'{'}, l.others.Bytes()...), '}')
	if f := c.Failure(resp.StatusCode, others); f.Failed {
		return c.failure(r, resp, others)
	}
	if rest == nil {
		return nil
	}
	return json.Unmarshal(others, rest, lenient())
}

// explain describes what is wrong with an answer without quoting it.
func (l *listing[T]) explain(r Request, resp *http.Response, err error) error {
	if _, said := errors.AsType[*provider.Error](err); said {
		return err
	}
	if _, syntax := errors.AsType[*jsontext.SyntacticError](err); !syntax && l.body.err != nil && !errors.Is(err, errTooLong) {
		return lost(r, l.body.err)
	}
	switch {
	case errors.Is(err, errTooLong):
		return unreadable(r, resp, fmt.Sprintf("is longer than credctl reads (%d MiB an item, %d MiB in all)", maxItem>>20, maxListing>>20))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return unreadable(r, resp, "ends in the middle")
	}
	return unreadable(r, resp, "is not the JSON that was expected"+where(err))
}

var (
	errShape   = errors.New("no listing")
	errTooLong = errors.New("too long")
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
