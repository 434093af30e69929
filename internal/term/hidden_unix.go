//go:build unix

package term

import (
	"errors"
	"io"

	"golang.org/x/sys/unix"
)

// hide has a terminal not show what is typed, which it gives out in lines.
func hide(fd int) error {
	state, err := unix.IoctlGetTermios(fd, getState)
	if err != nil {
		return err
	}
	state.Lflag &^= unix.ECHO
	state.Lflag |= unix.ICANON | unix.ISIG
	state.Iflag |= unix.ICRNL
	return unix.IoctlSetTermios(fd, setState, state)
}

// readHidden reads a line, without what is typed ahead of the next question. It ends with
// [io.EOF] where ^D is typed in place of one, which [term.ReadPassword] does not notice.
func readHidden(fd int) (string, error) {
	var line []byte
	for b := make([]byte, 1); ; {
		n, err := unix.Read(fd, b)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return "", err
		case n == 0 && len(line) == 0:
			return "", io.EOF
		case n == 0, b[0] == '\n':
			return string(line), nil
		default:
			line = append(line, b[0])
		}
	}
}
