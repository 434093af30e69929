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
type Listing[T any] struct {
	dec     *jsontext.Decoder
	body    *boundedReader
	yield   func(T) bool
	kept    int    // the length of Others
	Others  Others // the members next to the items
	Found   bool   // the items
	Stopped bool   // yield wants no more
}

// NewListing returns the listing in body, whose items are passed to yield until that
// returns false.
func NewListing[T any](body io.Reader, yield func(T) bool) *Listing[T] {
	b := &boundedReader{r: body, left: MaxListing, item: MaxItem}
	return &Listing[T]{dec: jsontext.NewDecoder(b, Lenient()), body: b, yield: yield, Others: Others{}}
}

// Read passes on the items, which are the member of that name, or all when it is "",
// and keeps what stands next to them. Its errors are [ErrShape], [ErrTooLong] and those
// of decoding; see also [Listing.ReadErr].
func (l *Listing[T]) Read(items string) error {
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
			l.Found = true
			switch l.dec.PeekKind() {
			case '[':
				if err := l.array(); err != nil || l.Stopped {
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
func (l *Listing[T]) array() error {
	l.Found = true
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
			l.Stopped = true
			return nil
		}
	}
	_, err := l.dec.ReadToken()
	return err
}

// unexpected says why what comes next is not the right thing.
func (l *Listing[T]) unexpected() error {
	if _, err := l.dec.ReadValue(); err != nil {
		return err
	}
	return ErrShape
}

func (l *Listing[T]) keep(name string, value jsontext.Value) error {
	if l.kept += len(name) + len(value); l.kept > maxOthers {
		return ErrTooLong
	}
	l.Others[name] = value.Clone()
	return nil
}

// ReadErr returns what ended the reading of the answer, if that was no error of its
// text.
func (l *Listing[T]) ReadErr() error { return l.body.err }

// End checks that nothing follows.
func (l *Listing[T]) End() error {
	if _, err := l.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return ErrShape
	}
	return nil
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
