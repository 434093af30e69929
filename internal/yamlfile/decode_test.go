package yamlfile

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// TestASyntaxErrorHasItsPlace also notices when the library keeps its places elsewhere.
func TestASyntaxErrorHasItsPlace(t *testing.T) {
	for text, want := range map[string]string{
		"credentials: [":                      "1:15: did not find expected node content while parsing a flow node",
		"credentials: [\n\n\n":                "1:15: did not find expected node content while parsing a flow node",
		"a: [1, 2\nb: 3\n":                    "2:2: did not find expected ',' or ']' while parsing a flow sequence that begins in line 1",
		"a: [1, 2}\n":                         "1:9: did not find expected ',' or ']' while parsing a flow sequence",
		"a:\n  - {b: c, id: x\n  - {b: y}\n":  "3:5: did not find expected ',' or '}' while parsing a flow mapping that begins in line 2",
		"a: ]\n":                              "1:4: did not find expected node content while parsing a block node",
		"{a: 1}}\n":                           "1:7: did not find expected <document start>",
		"é: [1, ü: ]]":                        "1:12: did not find expected key while parsing a block mapping",
		"a:\n\tb: 1\n":                        "2:1: found character that cannot start any token while scanning for the next token",
		"a:\n  - x\n\t- y\n":                  "3:1: found a tab character that violates indentation while scanning a plain scalar that begins in line 2",
		"a: \"x\nb: 2\n":                      "2:5: found unexpected end of stream while scanning a quoted scalar that begins in line 1",
		"a: 'x\nb: 2\n":                       "2:5: found unexpected end of stream while scanning a quoted scalar that begins in line 1",
		"a: \"x\"y\n":                         "1:7: did not find expected key while parsing a block mapping",
		"a: \"\\q\"\n":                        "1:5: found unknown escape character while parsing a quoted scalar",
		"a: b: c\n":                           "1:5: mapping values are not allowed in this context",
		"a: 1\r\nb:\r\n  c: 1\r\n d: 2\r\n":   "4:2: did not find expected key while parsing a block mapping that begins in line 1",
		"a: 1\nb\nc: 3\n":                     "3:1: could not find expected ':' while scanning a simple key that begins in line 2",
		"- a\nb: c\n":                         "2:1: did not find expected '-' indicator while parsing a block collection that begins in line 1",
		"a: @x\n":                             "1:4: found character that cannot start any token while scanning for the next token",
		"<<<<<<< HEAD\na: 1\n=======\na: 2\n": "2:2: mapping values are not allowed in this context",
		"x: 1\na: *secret\n":                  "2:4: undefined alias; quote a value that begins with *",
		"a: *\n":                              "1:5: did not find expected alphabetic or numeric character while scanning an alias",
		"a: !e!x y\n":                         "1:4: found undefined tag handle while parsing a node",
		"x: 1\nab: \x01\n":                    "2:5: control characters are not allowed",
		"x: 1\né: \xff\n":                     "2:4: invalid leading UTF-8 octet",
		"\ufeffa: [\n":                        "1:5: did not find expected node content while parsing a flow node",
		"a: 1\n---\nb: [\n":                   "3:5: did not find expected node content while parsing a flow node",
	} {
		root, second, err := Decode("a.yaml", []byte(text))
		require.EqualError(t, err, "a.yaml:"+want, "%q", text)
		require.ErrorIs(t, err, provider.ErrUsage)
		assert.Nil(t, root)
		assert.Nil(t, second)
	}
}

func TestDecode(t *testing.T) {
	for text, want := range map[string][2]bool{"": {}, "# nothing\n": {}, "a: 1\n": {true, false}, "a: 1\n---\nb: 2\n": {true, true}} {
		root, second, err := Decode("a.yaml", []byte(text))
		require.NoError(t, err, "%q", text)
		assert.Equal(t, want, [2]bool{root != nil, second != nil}, "%q", text)
	}
}

// FuzzDecode holds that each mistake has a place in the text or right after it.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"a: [", "\t", "a: \"x", "*x", "%YAML 9\n---\n", "\x00", "\xff\xfea\x00:\x00", "a: |9\n x", "[[[[", "? x\n:\n\t- y"} {
		f.Add(s)
	}
	place := regexp.MustCompile(`^a\.yaml:([1-9][0-9]*):([1-9][0-9]*): `)
	f.Fuzz(func(t *testing.T, text string) {
		_, _, err := Decode("a.yaml", []byte(text))
		if err == nil {
			return
		}
		at := place.FindStringSubmatch(err.Error())
		require.NotNil(t, at, err)
		line, _ := strconv.Atoi(at[1])
		column, _ := strconv.Atoi(at[2])
		breaks := strings.NewReplacer("\ufeff", "", "\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")
		if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
			return // two bytes are a character
		}
		lines := strings.Split(breaks.Replace(text), "\n")
		require.LessOrEqual(t, line, len(lines), err)
		require.LessOrEqual(t, column, len(lines[line-1])+1, err)
	})
}
