package provider

import "github.com/credctl/credctl/internal/provider/spelling"

// Closest returns the one of known that word probably is a misspelling of, or "".
func Closest(word string, known []string) string { return spelling.Closest(word, known) }
