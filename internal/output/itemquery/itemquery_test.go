package itemquery

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What only takes an array apart gives the same for each item as for the array.
func TestAnExpressionThatTakesAnArrayApart(t *testing.T) {
	items := []any{map[string]any{"id": "a", "n": []any{1, 2}}, map[string]any{"id": "b", "n": []any{3}}, map[string]any{"id": "c", "n": []any{}}}
	for text, perItem := range map[string]bool{
		`.[]`: true, `.[].id`: true, `.[] | .id`: true, `.[]|select(.id == "b")|.n[]`: true, `.[].n[0]`: true, `.[] | .n as $x | $x`: true,
		`.[] | (.id, .n)`: true, `.[] | if .id == "b" then halt else .id end`: true, `.[]["id"]`: true, `.[] | . as {id: $i} | $i`: true,

		`.`: false, `.[0]`: false, `length`: false, `map(.id)`: false, `.[1:][]`: false, `.[].id, .[].n`: false, `[.[] | .id]`: false,
		`.[] as $x | length`: false, `def f: .id; .[] | f`: false, `.[]?`: false, `first(.[])`: false, `group_by(.id)`: false, `reduce .[] as $x (0; . + 1)`: false,
	} {
		q, err := Parse(text)
		require.NoError(t, err, text)
		item := q.OfItem()
		assert.Equal(t, perItem, item != nil, text)
		if !perItem {
			continue
		}
		var got []string
		write := func(text string) error {
			got = append(got, text)
			return nil
		}
		for _, one := range items {
			failed, unwritten := item.Run(t.Context(), one, write)
			require.NoError(t, failed, text)
			require.NoError(t, unwritten, text)
		}
		each := got
		got = nil
		failed, _ := q.Run(t.Context(), items, write)
		require.NoError(t, failed, text)
		assert.Equal(t, got, each, text)
	}
	_, err := Parse(`.[] | $nothing`)
	assert.Error(t, err)
}
