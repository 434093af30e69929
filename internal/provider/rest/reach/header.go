package reach

import (
	"net/http"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// Sendable refuses headers that cannot be sent, such as that of a token that two lines of a
// file were taken for.
func Sendable(h http.Header) error {
	control := func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
	for name, values := range h {
		if slices.ContainsFunc(values, func(v string) bool { return strings.ContainsFunc(v, control) }) {
			return provider.Hint(provider.Usage("the secret, token or setting for the header %s contains a line break or another control character, and cannot be sent", name),
				"check the file, variable or command that it is from")
		}
	}
	return nil
}
