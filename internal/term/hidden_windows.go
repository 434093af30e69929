package term

import "golang.org/x/term"

// hide does nothing: readHidden does what it is for.
func hide(int) error { return nil }

func readHidden(fd int) (string, error) {
	line, err := term.ReadPassword(fd)
	return string(line), err
}
