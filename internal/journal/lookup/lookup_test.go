package lookup_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal/lookup"
)

var errBad = errors.New("a bad line")

// config is of an index of lines "KEY VALUE".
func config(dir string) lookup.Config {
	return lookup.Config{
		Lines: filepath.Join(dir, "x.jsonl"), Table: filepath.Join(dir, "x.idx"),
		Keys: func(line []byte) ([]string, error) {
			key, _, ok := strings.Cut(string(line), " ")
			if !ok {
				return nil, errBad
			}
			return []string{key}, nil
		},
		Lock: func() (func(), error) { return func() {}, nil },
	}
}

func add(t *testing.T, c lookup.Config, text string) {
	t.Helper()
	f, err := os.OpenFile(c.Lines, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	_, err = f.WriteString(text)
	require.NoError(t, errors.Join(err, f.Close()))
}

func found(t *testing.T, x *lookup.Index, key string) string {
	t.Helper()
	line, _, err := x.Find(key)
	require.NoError(t, err)
	return string(line)
}

func many(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "key%d value%d\n", i, i)
	}
	return b.String()
}

func TestLinesAreFound(t *testing.T) {
	c := config(t.TempDir())
	x, other := lookup.New(c), lookup.New(c)
	require.NoError(t, x.Refresh())
	assert.Empty(t, found(t, x, "key0"))
	for from := 0; from < 20_000; from += 5_000 {
		add(t, c, many(from, from+5_000))
		require.NoError(t, x.Refresh())
		add(t, c, fmt.Sprintf("key0 again%d\nlong%d %s\nhalf", from, from, strings.Repeat("x", 200<<10)))
		require.NoError(t, x.Refresh())
		require.NoError(t, other.Refresh())
		for _, index := range []*lookup.Index{x, other, lookup.New(c)} {
			require.NoError(t, index.Refresh())
			for i := 1; i < from+5_000; i += 97 {
				require.Equal(t, fmt.Sprintf("key%d value%d\n", i, i), found(t, index, fmt.Sprintf("key%d", i)))
			}
			assert.Equal(t, fmt.Sprintf("key0 again%d\n", from), found(t, index, "key0"), "the last one")
			assert.Len(t, found(t, index, fmt.Sprintf("long%d", from)), 200<<10+len(fmt.Sprintf("long%d \n", from)))
			assert.Empty(t, found(t, index, "key20001"))
		}
		add(t, c, " is whole now\n")
	}
	n := 0
	require.NoError(t, x.Each(func([]byte) error { n++; return nil }))
	assert.Equal(t, 20_000+4*2+3, n)
}

func TestTheFirstLineMayBeKept(t *testing.T) {
	c := config(t.TempDir())
	c.KeepEarlier = func(_ string, earlier, later []byte) bool { return string(earlier) < string(later) }
	x := lookup.New(c)
	add(t, c, "a 2\na 3\na 1\na 2\n"+many(0, 3000)+"key7 x\n")
	require.NoError(t, x.Refresh())
	assert.Equal(t, "a 1\n", found(t, x, "a"))
	add(t, c, "a 0\n")
	require.NoError(t, x.Refresh())
	assert.Equal(t, "a 0\n", found(t, x, "a"))
	assert.Equal(t, "key7 value7\n", found(t, x, "key7"))
}

// A table that does not fit its lines is not used.
func TestAlteredLinesAreNoticed(t *testing.T) {
	c := config(t.TempDir())
	add(t, c, many(0, 3000))
	require.NoError(t, lookup.New(c).Refresh())
	b, err := os.ReadFile(c.Lines)
	require.NoError(t, err)
	for name, content := range map[string]string{
		"cut":                  string(b[:len(b)-40]),
		"a line less":          strings.Replace(string(b), "key5 value5\n", "", 1),
		"another in its place": strings.Replace(string(b), "key2999 ", "key3000 ", 1),
	} {
		require.NoError(t, os.WriteFile(c.Lines, []byte(content), 0o600))
		x := lookup.New(c)
		require.ErrorIs(t, x.Refresh(), lookup.ErrAltered, name)
		require.NoError(t, x.Drop())
		require.NoError(t, x.Refresh())
		assert.Equal(t, "key7 value7\n", found(t, x, "key7"))
		require.NoError(t, x.Drop())
		require.NoError(t, os.WriteFile(c.Lines, b, 0o600))
		require.NoError(t, lookup.New(c).Refresh())
	}
	require.NoError(t, os.WriteFile(c.Lines, []byte(strings.Replace(string(b), "key5 ", "key6 ", 1)), 0o600))
	x := lookup.New(c)
	require.NoError(t, x.Refresh())
	_, _, err = x.Find("key5")
	require.ErrorIs(t, err, lookup.ErrAltered)
	add(t, c, "bad\n")
	require.ErrorIs(t, x.Refresh(), errBad)
}

// A table that was torn, as by a power cut, is made again.
func TestATornTableIsMadeAgain(t *testing.T) {
	c := config(t.TempDir())
	add(t, c, many(0, 3000))
	require.NoError(t, lookup.New(c).Refresh())
	whole, err := os.ReadFile(c.Table)
	require.NoError(t, err)
	torn := [][]byte{nil, whole[:10], whole[:len(whole)-1], append(append([]byte{}, whole[:20]...), append([]byte("xyz"), whole[23:]...)...)}
	for i := range 64 { // the header
		torn = append(torn, slices.Clone(whole))
		torn[len(torn)-1][i] ^= 0x55
	}
	for _, content := range torn {
		require.NoError(t, os.WriteFile(c.Table, content, 0o600))
		x := lookup.New(c)
		for range 2 {
			require.NoError(t, x.Refresh())
			require.Equal(t, "key7 value7\n", found(t, x, "key7"))
		}
	}
}
