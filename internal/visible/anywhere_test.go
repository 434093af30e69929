package visible_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/visible"
)

// A hostile character is found wherever it is among eight bytes that are looked at at once.
func TestJSONFindsAHostileCharacterAnywhere(t *testing.T) {
	for n := range 24 {
		for hostile, escaped := range map[string]string{"\x7f": `\u007f`, "\u009b": `\u009b`, "\u202e": `\u202e`} {
			text := func(s string) string { return `"` + strings.Repeat("a", n) + s + strings.Repeat("~", 23-n) + `"` }
			assert.Equal(t, text(escaped), string(visible.JSON([]byte(text(hostile)))))
		}
	}
}
