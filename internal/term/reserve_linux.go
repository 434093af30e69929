package term

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// reserve allocates the space without changing what the file holds.
func reserve(f *os.File, end, size int64) error {
	err := unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, end, size)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		return fill(f, end, size)
	}
	return os.NewSyscallError("fallocate", err)
}
