package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// maxRead bounds what is read of a file of the user's: a secret, a policy, the
// configuration.
const maxRead = 1 << 20

// The contents of a file, and what it is.
type contents struct {
	text []byte
	info fs.FileInfo
}

// readWhole reads a file that ends in time and is not too long.
func (a *app) readWhole(path string) (contents, error) {
	limit := a.global.timeout
	return patiently(a.interrupted(), limit, errLate("the file does not end", limit), func() (contents, error) {
		f, err := os.Open(path) //nolint:gosec // G304: the user names the file
		if err != nil {
			return contents{}, err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return contents{}, err
		}
		text, err := readLimited(f, path)
		return contents{text, info}, err
	})
}

// readLimited reads all that r has, unless it is too long.
func readLimited(r io.Reader, name string) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxRead+1))
	if err == nil && len(text) > maxRead {
		err = fmt.Errorf("%s is longer than 1 MiB", name)
	}
	return text, err
}

// readFile returns the content of a file, or of standard input when path is -,
// without the newline that editors and echo put at its end. Standard input can
// be read for one purpose only.
func (a *app) readFile(path, purpose string) (string, error) {
	var got contents
	var err error
	if path == "-" {
		if a.stdinFor != "" {
			return "", fmt.Errorf("standard input is read for %s already", a.stdinFor)
		}
		a.stdinFor = purpose
		got.text, err = readLimited(a.stdin, "standard input")
	} else {
		got, err = a.readWhole(path)
	}
	if err != nil {
		return "", err
	}
	s := strings.TrimSuffix(string(got.text), "\n")
	return strings.TrimSuffix(s, "\r"), nil
}
