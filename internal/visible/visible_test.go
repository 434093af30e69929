package visible_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

func TestJSONKeepsWhatAStringIs(t *testing.T) {
	const hostile = "a\x7fb\u009bc\u202ed\u200be\U000E0041f é漢🔑"
	text, err := json.Marshal(hostile)
	require.NoError(t, err)
	escaped := visible.JSON(text)
	assert.Equal(t, `"a\u007fb\u009bc\u202ed\u200be\udb40\udc41f é漢🔑"`, string(escaped))
	var back string
	require.NoError(t, json.Unmarshal(escaped, &back))
	assert.Equal(t, hostile, back)
	assert.Equal(t, "plain", string(visible.JSON([]byte("plain"))))
}
