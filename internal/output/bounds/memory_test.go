package bounds

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func TestSizes(t *testing.T) {
	for text, want := range map[string]Size{"1GiB": 1 << 30, "512MiB": 512 << 20, "64KiB": 64 << 10, "2GB": 2e9, "100MB": 100e6, "5kB": 5000, "4096": 4096} {
		var s Size
		require.NoError(t, s.Set(text), text)
		assert.Equal(t, want, s, text)
	}
	for _, text := range []string{"", "GiB", "0", "-1MiB", "1.5GiB", "1 GiB", "1gib", "9999999999GiB", "1e3"} {
		var s Size
		require.ErrorIs(t, s.Set(text), provider.ErrUsage, text)
	}
	s := Size(1 << 30)
	assert.Equal(t, "1GiB", s.String())
	s = 1<<20 + 1
	assert.Equal(t, "1048577", s.String())
}

func TestWhatNeedsTheWholeListEndsAtTheLimit(t *testing.T) {
	var err error
	g := Gatherer{Most: 1}
	items := 0
	for ; err == nil && items < 1000; items++ {
		err = g.Add("--jq expression")
	}
	require.ErrorIs(t, err, provider.ErrUsage)
	assert.Equal(t, checkEvery, items)
	assert.Contains(t, provider.HintOf(err), "--max-memory")
	g = Gatherer{Most: 1 << 40}
	for range 1000 {
		require.NoError(t, g.Add("--jq expression"))
	}
}
