package visible_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/visible"
)

func TestForms(t *testing.T) {
	for in, want := range map[string]struct{ text, lines, oneLine string }{
		"":                        {"", "", ""},
		"plain ~text~":            {"plain ~text~", "plain ~text~", "plain ~text~"},
		"é漢🔑":                     {"é漢🔑", "é漢🔑", "é漢🔑"},
		"a\x1b[2Jb":               {"a?[2Jb", "a?[2Jb", "a[2Jb"},
		"a\r\n\tb":                {"a???b", "a?\n\tb", "a b"},
		"a\x7fb\u009bc":           {"a?b?c", "a?b?c", "abc"},
		"a\u202eb\u200bc\ufeffd":  {"a?b?c?d", "a?b?c?d", "abcd"}, // reversed, hidden, joined
		"a\u2028b\u2029c":         {"a?b?c", "a?b?c", "a b c"},
		"a\u00a0b":                {"a\u00a0b", "a\u00a0b", "a b"},
		" a  b ":                  {" a  b ", " a  b ", "a b"},
		"a\xffb":                  {"a\ufffdb", "a\ufffdb", "a?b"},
		"\U000e0041\u0000\u0085.": {"???.", "???.", "."},
	} {
		assert.Equal(t, want.text, visible.Text(in), "%q", in)
		assert.Equal(t, want.lines, visible.Lines(in), "%q", in)
		assert.Equal(t, want.oneLine, visible.OneLine(in), "%q", in)
	}
}

func TestASCII(t *testing.T) {
	assert.True(t, visible.ASCII(" ~"))
	for _, s := range []string{"\x1f", "\x7f", "é", "\n"} {
		assert.False(t, visible.ASCII(s), "%q", s)
	}
}
