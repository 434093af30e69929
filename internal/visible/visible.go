// Package visible makes text that others wrote safe to show: nothing in it can
// move the cursor of a terminal, or read as something else than is there.
//
// It is our own because libraries take colours out, and leave what reverses, hides
// or joins text.
package visible

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Hostile reports whether a terminal would act on r, or show something else than
// is there: control characters, and those that reverse, hide or join text.
func Hostile(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7f
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// Text returns s with a question mark for each hostile character.
func Text(s string) string { return text(s, "") }

// Lines returns s as [Text] does, but keeps its newlines and tabs.
func Lines(s string) string { return text(s, "\n\t") }

func text(s, keep string) string {
	if ASCII(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if Hostile(r) && !strings.ContainsRune(keep, r) {
			return '?'
		}
		return r
	}, s)
}

// OneLine returns s as one line: a space for each stretch of space, and nothing
// for what cannot be printed.
func OneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	return strings.Join(strings.Fields(s), " ")
}

// ASCII reports whether s is printable ASCII: nothing in it is hostile, and each
// byte of it takes a column of a terminal.
func ASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// JSON returns the JSON text b with escapes for the hostile characters that JSON
// lets stand. They can only be inside a string, which stays the same.
func JSON(b []byte) []byte {
	const each, top = 0x0101010101010101, 0x8080808080808080
	at := 0
	for ; at+8 <= len(b); at += 8 { // eight at once: none is 0x7f or more
		if x := binary.LittleEndian.Uint64(b[at:]); (x|(x+each))&top != 0 {
			break
		}
	}
	for at < len(b) && b[at] < 0x7f {
		at++
	}
	if at == len(b) {
		return b
	}
	escaped := slices.Clone(b[:at])
	for _, r := range string(b[at:]) {
		switch {
		case r < 0x7f || !Hostile(r):
			escaped = utf8.AppendRune(escaped, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			escaped = fmt.Appendf(escaped, `\u%04x\u%04x`, high, low)
		default:
			escaped = fmt.Appendf(escaped, `\u%04x`, r)
		}
	}
	return escaped
}
