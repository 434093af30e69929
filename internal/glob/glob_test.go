package glob

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"ci-*", "ci-deploy", true},
		{"ci-*", "my-ci-deploy", false},
		{"*", "team/a key", true},
		{"team/*", "team/a/b", true},
		{"key-?", "key-1", true},
		{"key-[0-9]", "key-x", false},
		{"", "", true},
		{"[", "[", false},
	} {
		assert.Equal(t, c.want, Match(c.pattern, c.text), "%s %s", c.pattern, c.text)
	}
	require.NoError(t, Check("a[b-d]*"))
	require.Error(t, Check("["))
}
