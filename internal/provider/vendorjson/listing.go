package vendorjson

import (
	"errors"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The bounds of a listing, which is decoded item by item as it arrives.
const (
	MaxItem    = 1 << 20
	MaxListing = 1 << 30
	maxOthers  = 8 << 20 // of what stands next to the items
)

// What is wrong with a listing.
var (
	ErrShape   = errors.New("no listing")
	ErrTooLong = errors.New("too long")
)

// A Listing is an answer that is being read item by item.
type Listing struct {
	dec     *jsontext.Decoder
	body    *boundedReader
	kept    int    // the length of others
	others  Others // the members next to the items
	Found   bool   // the items
	Stopped bool   // no more items are wanted
}

// NewListing returns the listing in body.
func NewListing(body io.Reader) *Listing {
	b := &boundedReader{r: body, left: MaxListing, item: MaxItem}
	return &Listing{dec: jsontext.NewDecoder(b, Lenient()), body: b, others: Others{}}
}

// ReadItems passes the items on to yield until that returns false. They are the member of
// that name, or all of the answer when it is "". What stands next to them is kept. Its
// errors are [ErrShape], [ErrTooLong] and those of decoding; see also [Listing.ReadErr].
func ReadItems[T any](l *Listing, items string, yield func(T) bool) error {
	var item, none T // one for all: a long listing would make much to throw away
	return l.read(items, func() (more bool, err error) {
		item = none
		if err := json.UnmarshalDecode(l.dec, &item); err != nil {
			return false, err
		}
		return yield(item), nil
	})
}

// read has item decode each of the items. It is the same code for items of all types.
func (l *Listing) read(items string, item func() (more bool, err error)) error {
	if items == "" {
		return l.array(item)
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
			l.Found = true
			switch l.dec.PeekKind() {
			case '[':
				if err := l.array(item); err != nil || l.Stopped {
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

// array has item decode each of the elements of an array.
func (l *Listing) array(item func() (more bool, err error)) error {
	l.Found = true
	if l.dec.PeekKind() != '[' {
		return l.unexpected()
	}
	if _, err := l.dec.ReadToken(); err != nil {
		return err
	}
	for l.dec.PeekKind() != ']' {
		l.body.next()
		more, err := item()
		if err != nil {
			return err
		}
		if !more {
			l.Stopped = true
			return nil
		}
	}
	_, err := l.dec.ReadToken()
	return err
}

// unexpected says why what comes next is not the right thing.
func (l *Listing) unexpected() error {
	if _, err := l.dec.ReadValue(); err != nil {
		return err
	}
	return ErrShape
}

func (l *Listing) keep(name string, value jsontext.Value) error {
	if l.kept += len(name) + len(value); l.kept > maxOthers {
		return ErrTooLong
	}
	l.others[name] = value.Clone()
	return nil
}

// ReadErr returns what ended the reading of the answer, if that was no error of its
// text.
func (l *Listing) ReadErr() error { return l.body.err }

// End checks that nothing follows, and returns what stands next to the items as an object.
func (l *Listing) End() (others jsontext.Value, err error) {
	if _, err := l.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, ErrShape
	}
	return Write(l.others)
}

// A boundedReader bounds what is read in all, and between two calls of next.
type boundedReader struct {
	r          io.Reader
	left, item int64
	err        error // what ended it, but for io.EOF
}

// next starts another item.
func (b *boundedReader) next() { b.item = MaxItem }

func (b *boundedReader) Read(p []byte) (int, error) {
	most := min(b.left, b.item)
	if most <= 0 {
		b.err = ErrTooLong
		return 0, ErrTooLong
	}
	n, err := b.r.Read(p[:min(int64(len(p)), most)])
	b.left -= int64(n)
	b.item -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}
