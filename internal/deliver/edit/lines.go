// Package edit changes single values in dotenv and INI files, and leaves all else as
// it is: comments, order, other values, line ends, a byte order mark. What it cannot
// change safely, because readers of the format would differ on it, it refuses.
//
// It is our own because libraries write a new file from what they have read of it.
package edit

import (
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

const bom = "\ufeff"

// cutBOM returns the byte order mark that s begins with, if it does, and the rest.
func cutBOM(s string) (mark, rest string) {
	if rest, ok := strings.CutPrefix(s, bom); ok {
		return bom, rest
	}
	return "", s
}

// text refuses what is no text, or what is a line for some readers and not for others.
func text(s string) error {
	for i := range len(s) {
		switch {
		case s[i] == 0:
			return refuse("line %d: NUL character (the file must be UTF-8)", 1+strings.Count(s[:i], "\n"))
		case s[i] == '\r' && !strings.HasPrefix(s[i+1:], "\n"):
			return refuse("line %d: carriage return without a newline", 1+strings.Count(s[:i], "\n"))
		}
	}
	return nil
}

// newline returns how the lines of s end: as its first does.
func newline(s string) string {
	if i := strings.IndexByte(s, '\n'); i > 0 && s[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// body returns a line without its end.
func body(line string) string {
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
}

// blank are the characters that stand between words of a line.
const blank = " \t"

// refuse returns an error about content that is not ours to rewrite.
func refuse(format string, args ...any) error {
	return provider.WithClass(provider.ErrRefused, fmt.Errorf(format, args...))
}
