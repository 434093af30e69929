package lookup

import (
	"bufio"
	"errors"
	"io"
)

// A reader reads lines of any length.
type reader struct{ r *bufio.Reader }

func newReader(s *io.SectionReader) reader {
	return reader{bufio.NewReaderSize(s, int(max(16, min(s.Size(), 64<<10))))}
}

// line returns the next line with its end, which the last one may lack. It is valid
// until the next call.
func (r reader) line() ([]byte, error) {
	line, err := r.r.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	long := append([]byte(nil), line...)
	rest, err := r.r.ReadBytes('\n')
	return append(long, rest...), err
}

func nonEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
