package lines

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The tail of a long file is found without reading all of it, however long its lines are.
func TestTail(t *testing.T) {
	long := strings.Repeat("x", 30_000)
	for name, c := range map[string]struct {
		text, want string
		most       int // bytes that are read
	}{
		"nothing":            {"", "", 0},
		"the last line":      {strings.Repeat("-a\n", 20_000), "-a\n", 8 << 10},
		"what follows it":    {strings.Repeat("-a\n", 20_000) + "b\nc", "-a\nb\nc", 8 << 10},
		"a long line":        {strings.Repeat("-a\n", 20_000) + "-" + long + "\n", "-" + long + "\n", 64 << 10},
		"no line begins it":  {"a\nb\n" + long, "a\nb\n" + long, 64 << 10},
		"the first begins":   {"-a\nb\n" + long, "-a\nb\n" + long, 64 << 10},
		"an empty last line": {"-a\n\n", "-a\n\n", 8 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			r := &counting{ReaderAt: strings.NewReader(c.text)}
			got, err := tailOf(r, int64(len(c.text)), func(line []byte) bool { return bytes.HasPrefix(line, []byte("-")) })
			require.NoError(t, err)
			assert.Equal(t, c.want, string(got))
			assert.LessOrEqual(t, r.read, c.most)
		})
	}
}

// counting counts the bytes that are read.
type counting struct {
	io.ReaderAt

	read int
}

func (c *counting) ReadAt(b []byte, at int64) (int, error) {
	c.read += len(b)
	return c.ReaderAt.ReadAt(b, at)
}

// A file that does not exist has no lines.
func TestEachOfNothing(t *testing.T) {
	f := File{Path: filepath.Join(t.TempDir(), "none")}
	require.NoError(t, f.Each(func([]byte) { t.Error("there is no line") }))
}
