package output

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"

	"github.com/credctl/credctl/internal/visible"
)

// escape appends the JSON text src to dst with escapes for the hostile
// characters that JSON lets stand. They can only be inside a string.
func escape(dst, src []byte) []byte {
	for len(src) > 0 {
		i := bytes.IndexFunc(src, func(r rune) bool { return r >= 0x7f && visible.Hostile(r) })
		if i < 0 {
			break
		}
		r, n := utf8.DecodeRune(src[i:])
		dst = append(dst, src[:i]...)
		if r > 0xffff {
			r -= 0x10000
			dst = appendEscape(dst, 0xd800|r>>10)
			r = 0xdc00 | r&0x3ff
		}
		dst = appendEscape(dst, r)
		src = src[i+n:]
	}
	return append(dst, src...)
}

func appendEscape(dst []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[r>>12&0xf], hex[r>>8&0xf], hex[r>>4&0xf], hex[r&0xf])
}

// plain reports whether escape has nothing to do for the JSON text b.
func plain(b []byte) bool {
	if bytes.IndexByte(b, 0x7f) >= 0 {
		return false
	}
	const high = 0x8080808080808080 // of eight bytes at a time: this is done for every row
	for ; len(b) >= 8; b = b[8:] {
		if binary.NativeEndian.Uint64(b)&high != 0 {
			return false
		}
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
