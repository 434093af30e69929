package fsafe

import (
	"errors"
	"io"
	"os"

	"github.com/credctl/credctl/internal/fsafe/trust"
	"github.com/credctl/credctl/internal/provider"
)

// OpenAppend opens a file of ours at its end, and makes it, durably and with
// mode 0600, when it is not there. A symlink, or a file that others may read or
// change, is refused.
func OpenAppend(path string) (*os.File, error) {
	s, err := trust.Locate(path, trust.Walk{Trust: true})
	if err != nil {
		return nil, err
	}
	f, err := openAppend(s)
	return f, errors.Join(err, s.Folder.Close())
}

func openAppend(s trust.Spot) (*os.File, error) {
	if s.Entry == nil {
		f, err := create(s.Folder, s.Name, os.O_RDWR|os.O_APPEND, private)
		if err == nil {
			err = s.Folder.Sync()
		}
		if err != nil {
			return nil, closing(f, err)
		}
		return f, nil
	}
	if err := suitable(s, *s.Entry, Options{}); err != nil {
		return nil, err
	}
	f, err := s.Folder.Open(s.Name, os.O_RDWR|os.O_APPEND, 0)
	if err != nil && s.Folder.IsImmutable(s.Name) { // chattr +a alone allows it
		err = immutable(s)
	}
	if err != nil {
		return nil, err
	}
	e, err := trust.Of(f)
	if err == nil {
		err = suitable(s, e, Options{})
	}
	if err != nil {
		return nil, closing(f, err)
	}
	return f, nil
}

// immutable refuses a file that chattr keeps from being changed.
func immutable(s trust.Spot) error {
	return provider.Hint(refused("%s is immutable (chattr +i or +a)", s.Path()), "run: chattr -i -a %s", s.Path())
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
