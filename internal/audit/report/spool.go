package report

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// inMemory is how much a spool keeps in memory.
const inMemory = 4 << 20

// A spool keeps the items of a JSON array: in memory, and in a file when they are long.
type spool struct {
	text bytes.Buffer
	file *os.File
	next string // before the next item
}

// line adds an item.
func (s *spool) line(b []byte) error {
	if s.next == "" {
		s.next = "\n"
	}
	s.text.WriteString(s.next)
	s.text.Write(b)
	if s.next = ",\n"; s.text.Len() < inMemory {
		return nil
	}
	if s.file == nil {
		f, err := os.CreateTemp("", "credctl-audit-*.json")
		if err != nil {
			return err
		}
		s.file = f
	}
	_, err := s.text.WriteTo(s.file)
	return err
}

// copyTo writes all items.
func (s *spool) copyTo(w io.Writer) error {
	if s.file != nil {
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.Copy(w, s.file); err != nil {
			return err
		}
	}
	_, err := s.text.WriteTo(w)
	return err
}

// close removes the file.
func (s *spool) close() error {
	if s.file == nil {
		return nil
	}
	return errors.Join(s.file.Close(), os.Remove(s.file.Name()))
}
