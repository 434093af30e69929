package wire

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// secretive reports whether a member that the documents do not name may hold a secret.
func secretive(name string, v jsontext.Value) bool {
	if string(v) == `""` {
		return false
	}
	name = normal(name)
	for _, word := range []string{"secret", "password", "passwd", "token", "session", "privatekey", "apikey", "authorization"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// normal is the name of a member without what differs from one style to another.
func normal(name string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
}

// Masked reports whether s stands in for a value that is not shown, or is none.
func Masked(s string) bool {
	return strings.Trim(s, "*•●∙· ") == "" || strings.EqualFold(s, "hidden") || strings.EqualFold(s, "null")
}
