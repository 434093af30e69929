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

// Dotenv returns s as the value of a variable in a dotenv file. Readers differ
// in what they make of quotes, a backslash and a dollar sign, so the first of these
// forms that can hold s is used: no quotes around what is [Plain]; double quotes
// around what none of them expands; single quotes; no quotes; double quotes with
// escapes, which godotenv, Docker Compose and the Ruby gem read alike. What ends
// with a backslash or a double quote and fits none of the others is refused, as is NUL.
func Dotenv(s string) (string, error) {
	switch {
	case !utf8.ValidString(s):
		return "", refuse("a dotenv file", "it is not UTF-8")
	case strings.Contains(s, "\x00"):
		return "", refuse("a dotenv file", "it contains a NUL character")
	case Plain(s):
		return s, nil
	case !strings.ContainsAny(s, "\"\\$`\r\n"):
		return `"` + s + `"`, nil
	case !strings.ContainsAny(s, "'\r\n") && !strings.Contains(s, `\\`) && !strings.HasSuffix(s, `\`):
		return "'" + s + "'", nil
	case !strings.ContainsFunc(s, mustQuote):
		return s, nil
	case strings.HasSuffix(s, `\`) || strings.HasSuffix(s, `"`):
		return "", refuse("a dotenv file", "it ends with a backslash or a double quote, which its readers take for the end of the value or not")
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "\n", `\n`, "\r", `\r`).Replace(s) + `"`, nil
}

// mustQuote reports whether a reader could see more in r than a character, were
// it not quoted.
func mustQuote(r rune) bool {
	return r <= ' ' || r > '~' || strings.ContainsRune("\"'`$#", r)
}
