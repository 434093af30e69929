// Package quote writes values in the formats that other programs read back:
// shell scripts, dotenv files and INI files. A value that some common reader of
// a format would not give back exactly is refused; it is never changed.
//
// Every error is of class [provider.ErrUsage], and none holds the value.
//
// It is our own because libraries quote for one reader, and change what that cannot
// hold: here all common readers must give back the same.
package quote

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/credctl/credctl/internal/provider"
)

// Shell returns s as one word for a POSIX shell, in single quotes. No shell can
// hold a NUL in a variable, so s must have none.
func Shell(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Word returns s as a person types it: in quotes only where a shell needs them.
func Word(s string) string {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+=,-"
	if s != "" && strings.Trim(s, plain) == "" {
		return s
	}
	return Shell(s)
}

// INI returns s as the value of a key in an AWS shared credentials file or an
// rclone configuration. Their readers know no quoting that all of them agree
// on, so s is returned as it is, or refused: what has a control character,
// begins or ends with a space, begins with a quote or a comment character, has a
// comment character after a space, ends with a backslash, or holds "%(".
func INI(s string) (string, error) {
	why := ""
	switch {
	case !utf8.ValidString(s):
		why = "it is not UTF-8"
	case strings.ContainsFunc(s, unicode.IsControl):
		why = "it contains a newline or another control character"
	case s != strings.TrimSpace(s):
		why = "it begins or ends with a space"
	case s != "" && strings.ContainsRune("\"'`#;", rune(s[0])):
		why = "it begins with a quote or a comment character"
	case commented(s):
		why = "it has a comment character after a space"
	case strings.HasSuffix(s, `\`):
		why = "it ends with a backslash, which continues on the next line"
	case strings.Contains(s, "%("):
		why = "it contains %(, which some readers expand"
	}
	if why != "" {
		return "", refuse("an INI file", why)
	}
	return s, nil
}

func commented(s string) bool {
	after := ' '
	for i, r := range s {
		if i > 0 && (r == '#' || r == ';') && unicode.IsSpace(after) {
			return true
		}
		after = r
	}
	return false
}

// Section reports why s cannot be the name of a profile in an AWS shared
// credentials file, or of a remote of rclone. It may be letters, digits and
// any of "_-.@+", and does not begin with a minus.
func Section(s string) error {
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-.@+", r) {
			return provider.Usage("the profile name %q has a character other than letters, digits and _-.@+", s)
		}
	}
	if s == "" || s[0] == '-' {
		return provider.Usage("the profile name %q is empty or begins with a minus", s)
	}
	return nil
}

// Name reports why s cannot be the name of an environment variable: it has a
// character other than ASCII letters, digits and underscores, or begins with a digit.
func Name(s string) error {
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || '9' < c) {
			return provider.Usage("%q is not the name of an environment variable (letters, digits and _, not starting with a digit)", s)
		}
	}
	if s == "" {
		return provider.Usage("the name of an environment variable is empty")
	}
	return nil
}

func refuse(format, why string) error {
	return provider.Hint(provider.Usage("%s cannot contain this value: %s", format, why),
		"store it as JSON, or in a file of its own: --to json:PATH, or --to file:PATH")
}
