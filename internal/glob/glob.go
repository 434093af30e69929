// Package glob compares names with patterns.
package glob

import (
	"path"
	"strings"
)

// Check returns the error for a pattern that is not one.
func Check(pattern string) error {
	_, err := path.Match(pattern, "")
	return err
}

// Match reports whether all of text is of the pattern, in which * stands for any text, ?
// for any character, and [a-z] for one of several. A slash is a character like others.
func Match(pattern, text string) bool {
	const slash = "\x00" // which path.Match does not treat in a special way
	ok, _ := path.Match(strings.ReplaceAll(pattern, "/", slash), strings.ReplaceAll(text, "/", slash))
	return ok
}
