package rest

import (
	"errors"
	"io"
)

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

func newBoundedReader(r io.Reader) *boundedReader {
	return &boundedReader{r: r, left: maxListing, item: maxItem}
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
