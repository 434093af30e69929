package quote

import (
	"strings"
	"unicode/utf8"
)

// Plain reports whether every reader of a dotenv file takes s as it stands: docker
// run --env-file and kubectl --from-env-file take quotes for a part of the value.
func Plain(s string) bool {
	return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:+@%=-") == ""
}

// Dotenv returns s as the value of a variable in a dotenv file: without quotes where
// it is [Plain], in double quotes where no reader would expand it there, or in single
// quotes. A value that fits none of these is refused, because readers differ on it:
// what one takes for an escape is two characters for the next, and sh may run the rest.
func Dotenv(s string) (string, error) {
	switch {
	case !utf8.ValidString(s):
		return "", refuse("a dotenv file", "it is not UTF-8")
	case strings.Contains(s, "\x00"):
		return "", refuse("a dotenv file", "it contains a NUL character")
	case Plain(s):
		return s, nil
	case strings.ContainsAny(s, "\r\n"):
		return "", refuse("a dotenv file", "it has more than one line, which programs read in different ways")
	case !strings.ContainsAny(s, "\"\\$`"):
		return `"` + s + `"`, nil
	case !strings.Contains(s, "'") && !strings.Contains(s, `\\`) && !strings.HasSuffix(s, `\`):
		return "'" + s + "'", nil
	}
	return "", refuse("a dotenv file", "programs read its backslashes or quotes in different ways")
}
