package call

import (
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
)

// long is what the help says of a verb.
func long(kind provider.Kind, verb provider.Verb, short string) string {
	parts := []string{short + "."}
	for _, s := range []string{kind.Help[verb], Sentence(kind.Effects[verb])} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, "\n\n")
}

// Sentence makes a sentence of a clause.
func Sentence(s string) string {
	if s == "" {
		return ""
	}
	s = strings.TrimSuffix(s, ".") + "."
	word, _, _ := strings.Cut(s, " ")
	if strings.ContainsAny(word, "_-0123456789") { // an ID is written as it is
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// noun is what one credential of a kind is called.
func noun(kind provider.Kind) string { return setting.KindNoun(kind.Name) }

// article puts the indefinite article before a noun.
func article(noun string) string {
	if strings.ContainsRune("AEIOUaeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}
