package wire

import (
	"unicode/utf16"

	"github.com/credctl/credctl/internal/provider"
)

// longest is how long a name may be for the rotate route, in the server's units. Create
// takes any.
const longest = 255

// RotatedName returns the name that a rotation in place gives: the name of the old key,
// or that of --new-name.
func RotatedName(old string, in provider.Input) (string, error) {
	name, isSet := provider.NewName.Lookup(in)
	if !isSet {
		name = old
	}
	if len(utf16.Encode([]rune(name))) > longest {
		return "", provider.Hint(provider.Usage("the name is longer than %d characters, the limit of a rotation in place", longest), "pass a shorter --new-name, or --overlap")
	}
	return name, nil
}
