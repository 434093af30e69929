package term

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// MaxRead bounds what is read of a file of the user's: a secret, a policy, the
// configuration.
const MaxRead = 1 << 20

// MaxReadLong bounds what is read of a file that grows with the number of credentials.
const MaxReadLong = 256 << 20

// Contents are the text of a file, and what it is.
type Contents struct {
	Text []byte
	Info fs.FileInfo
}

// Read reads a file that ends in time and is not longer than [MaxRead].
func (s *Streams) Read(path string) (Contents, error) { return s.ReadWith(os.Open, path) }

// ReadLong reads a file that open opens, that ends in time and is not longer than
// [MaxReadLong].
func (s *Streams) ReadLong(open func(path string) (*os.File, error), path string) (Contents, error) {
	return s.readOpened(open, path, MaxReadLong)
}

// ReadWith is Read, with a function that opens the file and may refuse it.
func (s *Streams) ReadWith(open func(path string) (*os.File, error), path string) (Contents, error) {
	return s.readOpened(open, path, MaxRead)
}

func (s *Streams) readOpened(open func(path string) (*os.File, error), path string, most int64) (Contents, error) {
	return Await(s.Interrupted(), s.Timeout, Late("the file does not end", s.Timeout), func() (Contents, error) {
		f, err := open(path)
		if err != nil {
			return Contents{}, err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return Contents{}, err
		}
		text, err := readLimited(f, path, most)
		return Contents{text, info}, err
	})
}

// ReadFile returns the content of a file, or of standard input when path is -,
// without the newline that editors and echo put at its end.
func (s *Streams) ReadFile(path, purpose string) (string, error) {
	return s.ReadFileWith(os.Open, path, purpose)
}

// ReadSecret is ReadFile, for a secret: from standard input that is a terminal, a person is
// asked for it, and it is not shown.
func (s *Streams) ReadSecret(ctx context.Context, path, purpose string) (string, error) {
	if path != "-" || !s.Interactive() {
		return s.ReadFile(path, purpose)
	}
	if _, err := s.Claim(purpose); err != nil {
		return "", err
	}
	return s.AskHidden(ctx, "The secret (input is hidden):")
}

// ReadFileWith is ReadFile, with a function that opens the file and may refuse it.
func (s *Streams) ReadFileWith(open func(path string) (*os.File, error), path, purpose string) (string, error) {
	text, err := s.read(open, path, purpose)
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), nil
}

func (s *Streams) read(open func(path string) (*os.File, error), path, purpose string) ([]byte, error) {
	if path != "-" {
		got, err := s.ReadWith(open, path)
		return got.Text, err
	}
	in, err := s.Claim(purpose)
	if err != nil {
		return nil, err
	}
	return readLimited(in, "standard input", MaxRead)
}

// Claim returns what is piped in, which must end in time. Standard input can be
// read for one purpose only.
func (s *Streams) Claim(purpose string) (io.Reader, error) {
	if s.claimed != "" {
		return nil, fmt.Errorf("standard input is already read for %s", s.claimed)
	}
	s.claimed = purpose
	return &input{Streams: s, began: time.Now()}, nil
}

// input is standard input, which must have come to its end when the time is up.
type input struct {
	*Streams
	began time.Time
}

func (r *input) Read(p []byte) (int, error) {
	late := Late("standard input does not end", r.Timeout)
	got, err := Await(r.Interrupted(), r.Timeout-time.Since(r.began), late, func() ([]byte, error) {
		b := make([]byte, len(p)) // p is the caller's again when the time is up
		n, err := r.In.Read(b)
		return b[:n], err
	})
	return copy(p, got), err
}

// readLimited reads all that r has, unless it is longer than most, which is whole MiB.
func readLimited(r io.Reader, name string, most int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("%s is longer than %d MiB", name, most>>20)
	}
	return text, err
}
