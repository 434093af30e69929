package fsafe

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// allocate keeps space for the first size bytes of f, whose length stays as it is. A
// file system that cannot do that has it done when the file is written.
func allocate(f *os.File, size int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, 0, size)
		switch {
		case errors.Is(err, unix.EINTR):
		case err == nil, size == 0, errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS):
			return nil
		default:
			return &fs.PathError{Op: "write", Path: f.Name(), Err: err}
		}
	}
}
