// Package spec reads the text that names a destination: its place, and the options
// behind the last question mark.
package spec

import (
	"net/url"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// A Location is the place of a spec, and its options.
type Location struct {
	Place   string
	Options map[string]string
	Text    string // of the options, with the question mark
}

// Locate reads "place?name=value&…". Without known options none may be given.
func Locate(spec, s string, known ...string) (Location, error) {
	place, text := Split(s)
	options, err := Query(spec, text, known...)
	if err == nil && len(known) == 0 && text != "" {
		err = provider.Hint(provider.Usage("the destination %q takes no options", spec), "for a question mark in a file name, write %%3F")
	}
	if text != "" {
		text = "?" + text
	}
	return Location{place, options, text}, err
}

// Split divides "place?name=value&…" at the last question mark. A question mark in
// the place is written as %3F.
func Split(s string) (place, options string) {
	if at := strings.LastIndexByte(s, '?'); at >= 0 {
		s, options = s[:at], s[at+1:]
	}
	return strings.NewReplacer("%3F", "?", "%3f", "?").Replace(s), options
}

// Escape returns a place as a spec has it.
func Escape(place string) string { return strings.ReplaceAll(place, "?", "%3F") }

// On reports whether an option is given, as 1; nothing else is allowed.
func (l Location) On(spec, option string) (bool, error) {
	value, given := l.Options[option]
	if given && value != "1" {
		return false, provider.Usage("invalid value of the option %s of the destination %q (valid: 1)", option, spec)
	}
	return given, nil
}

// Query reads the options of spec, "name=value&…". Each must be known (all are
// when known is nil) and given once.
func Query(spec, s string, known ...string) (map[string]string, error) {
	values, err := url.ParseQuery(s)
	if err != nil {
		return nil, provider.Usage("the options of the destination %q are malformed: %w", spec, err)
	}
	options := make(map[string]string, len(values))
	for name, vs := range values {
		if known != nil && !slices.Contains(known, name) {
			return nil, provider.Usage("the destination %q has an unknown option %q (valid: %s)", spec, name, strings.Join(known, ", "))
		}
		if len(vs) > 1 {
			return nil, provider.Usage("the destination %q gives the option %q twice", spec, name)
		}
		options[name] = vs[0]
	}
	return options, nil
}
