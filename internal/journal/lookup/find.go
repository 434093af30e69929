package lookup

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// Find returns the line with this key, and its offset; nil if there is none. Only
// lines that were there at the last Refresh are found.
func (x *Index) Find(key string) (line []byte, at int64, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	at, known, err := x.offset(sumOf([]byte(key)))
	if err != nil || !known {
		return nil, 0, err
	}
	if line, err = x.line(at); err != nil {
		return nil, 0, err
	}
	keys, err := x.Keys(line)
	if err != nil {
		return nil, 0, err
	}
	if slices.Contains(keys, key) {
		return line, at, nil
	}
	return nil, 0, fmt.Errorf("%s: %w", x.Table, ErrAltered)
}

// Each calls do with every line there was at the last Refresh, the first one first.
func (x *Index) Each(do func(line []byte) error) error {
	size := x.Size()
	if size == 0 {
		return nil
	}
	f, err := os.Open(x.Lines) // do may look for lines itself
	if err != nil {
		return err
	}
	err = each(f, 0, size, func(line []byte, _ int64) error { return do(line) })
	return errors.Join(err, f.Close())
}

// each calls do with every whole line between two offsets.
func each(f *os.File, from, to int64, do func(line []byte, at int64) error) error {
	r := newReader(io.NewSectionReader(f, from, to-from))
	for at := from; ; {
		line, err := r.line()
		if err != nil || !bytes.HasSuffix(line, []byte("\n")) {
			return nonEOF(err)
		}
		if err := do(line, at); err != nil {
			return err
		}
		at += int64(len(line))
	}
}

// offset returns where the line is that is found by a key.
func (x *Index) offset(s sum) (at int64, known bool, err error) {
	if at, known = x.tail[s]; known || x.table == nil {
		return at, known, nil
	}
	_, at, known, err = x.table.find(s)
	return at, known, err
}

// line reads the line at an offset.
func (x *Index) line(at int64) ([]byte, error) {
	line, err := newReader(io.NewSectionReader(x.lines, at, x.read-at)).line()
	if errors.Is(err, io.EOF) { // there is less than a line
		return nil, ErrAltered
	}
	return line, err
}
