package term

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// ErrReaderGone is the error of standard output when its reader has closed the pipe.
var ErrReaderGone = errors.New("the reader of standard output has closed it")

// Output is standard output. It tells its own broken pipe from one of the network.
type Output struct {
	io.Writer

	screen *screen // nil: no status is shown on the same terminal
}

func (o Output) Write(b []byte) (int, error) {
	n, err := 0, error(nil)
	o.screen.Aside(func() { n, err = o.Writer.Write(b) })
	if errors.Is(err, syscall.EPIPE) {
		err = ErrReaderGone
	}
	return n, err
}

// Discards reports whether what is written is lost: in the null device, which the
// runtime also opens in place of an output that is closed.
func (o Output) Discards() bool {
	f, ok := o.Writer.(*os.File)
	if !ok {
		return false
	}
	this, err := f.Stat()
	null, nerr := os.Stat(os.DevNull)
	return err == nil && nerr == nil && os.SameFile(this, null)
}

// Reserve makes sure that a file that standard output is has space for size bytes
// more, until release is called. Other outputs need none.
func (o Output) Reserve(size int64) (release func(), err error) {
	f, ok := o.Writer.(*os.File)
	if !ok {
		return func() {}, nil
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return func() {}, nil //nolint:nilerr // what cannot be looked at is no file
	}
	if err := reserve(f, info.Size(), size); err != nil {
		return nil, err
	}
	return func() {
		if info, err := f.Stat(); err == nil {
			_ = f.Truncate(info.Size()) // gives back the rest
		}
	}, nil
}

// fill writes size bytes after the end of a file, and removes them again.
func fill(f *os.File, end, size int64) error {
	_, err := f.WriteAt(make([]byte, size), end)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Truncate(end))
}

// OnlyReaderGone reports whether err is nothing but [ErrReaderGone], once or several times.
func OnlyReaderGone(err error) bool {
	switch e := err.(type) { //nolint:errorlint // it goes through the whole tree itself
	case interface{ Unwrap() error }:
		return OnlyReaderGone(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			if !OnlyReaderGone(one) {
				return false
			}
		}
		return true
	}
	return err == ErrReaderGone //nolint:errorlint // see above
}
