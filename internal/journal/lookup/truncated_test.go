package lookup_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal/lookup"
)

// What is cut off while a process has the file open is not found any more, nor read as less
// than a line.
func TestLinesThatAreCutOff(t *testing.T) {
	c := config(t.TempDir())
	add(t, c, "a 1\nb 2\nc 3\n")
	x := lookup.New(c)
	require.NoError(t, x.Refresh())
	require.NoError(t, os.Truncate(c.Lines, int64(len("a 1\nb "))))
	_, _, err := x.Find("b")
	require.ErrorIs(t, err, lookup.ErrAltered, "half of it is there")
	require.NoError(t, x.Refresh())
	assert.Equal(t, "a 1\n", found(t, x, "a"))
	assert.Empty(t, found(t, x, "b"))
	assert.Empty(t, found(t, x, "c"))
	assert.True(t, x.Torn())
	add(t, c, "4\n")
	require.NoError(t, x.Refresh())
	assert.Equal(t, "b 4\n", found(t, x, "b"))
	assert.False(t, x.Torn())
}
