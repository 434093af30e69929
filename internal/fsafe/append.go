package fsafe

import (
	"errors"
	"io"
	"os"
)

// OpenAppend opens a file of ours at its end, and makes it, durably and with
// mode 0600, when it is not there. A symlink, or a file that others may read or
// change, is refused.
func OpenAppend(path string) (*os.File, error) {
	s, err := locate(path, walk{trust: true})
	if err != nil {
		return nil, err
	}
	f, err := s.openAppend()
	return f, errors.Join(err, s.folder.close())
}

func (s spot) openAppend() (*os.File, error) {
	if s.entry == nil {
		f, err := s.folder.create(s.name, os.O_RDWR|os.O_APPEND, private)
		if err == nil {
			err = s.folder.sync()
		}
		if err != nil {
			return nil, closing(f, err)
		}
		return f, nil
	}
	f, err := s.folder.open(s.name, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	e, err := entryOfFile(f)
	if err == nil {
		err = suitable(s.path(), e, Options{})
	}
	if err != nil {
		return nil, closing(f, err)
	}
	return f, nil
}

// closing closes f, if there is one, because of err.
func closing(f *os.File, err error) error {
	if f == nil {
		return err
	}
	return errors.Join(err, f.Close())
}

// Append adds data to a file from [OpenAppend] and returns when it is durable.
// When it fails the file is cut back to what it was: no part of data stays. Only
// one process may append at a time.
func Append(f *os.File, data []byte) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if err != nil {
		return errors.Join(err, f.Truncate(size))
	}
	return nil
}
