package lookup_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal/lookup"
)

// A table that has grown has every line of the one before, the first one of the file too,
// and a run that begins reads none of them again but the last ones.
func TestATableThatGrows(t *testing.T) {
	c := config(t.TempDir())
	x := lookup.New(c)
	for from := 0; from < 12_000; from += 3_000 {
		add(t, c, many(from, from+3_000))
		require.NoError(t, x.Refresh())
		assert.Equal(t, "key0 value0\n", found(t, x, "key0"))
		read := 0
		counting := c
		counting.Keys = func(line []byte) ([]string, error) {
			read++
			return c.Keys(line)
		}
		later := lookup.New(counting)
		require.NoError(t, later.Refresh())
		assert.Less(t, read, 1500, "%d lines", from+3_000)
		for _, key := range []string{"key0", "key1", "key2999"} {
			assert.NotEmpty(t, found(t, later, key))
		}
	}
}

// Where another process writes the table, or cannot be kept from it, lines are found all the
// same.
func TestATableThatIsNotExtendedNow(t *testing.T) {
	c := config(t.TempDir())
	held := errors.New("another process has the lock")
	released := 0
	c.Lock = func() (func(), error) { return func() { released++ }, held }
	add(t, c, many(0, 3000))
	x := lookup.New(c)
	require.NoError(t, x.Refresh())
	assert.NoFileExists(t, c.Table)
	assert.Equal(t, "key2999 value2999\n", found(t, x, "key2999"))
	held = nil
	require.NoError(t, x.Refresh())
	assert.FileExists(t, c.Table)
	assert.Equal(t, 1, released)
	assert.Equal(t, "key2999 value2999\n", found(t, x, "key2999"))
	stale, other := lookup.New(c), lookup.New(c)
	require.NoError(t, stale.Refresh())
	add(t, c, many(3000, 9000))
	require.NoError(t, other.Refresh()) // it has put another table in place
	require.NoError(t, stale.Refresh())
	for _, key := range []string{"key0", "key2999", "key3000", "key8999"} {
		assert.NotEmpty(t, found(t, stale, key), key)
	}
}
