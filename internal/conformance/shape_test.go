package conformance

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestShapeDiff(t *testing.T) {
	want := `{"id":"a","n":1,"list":[{"x":null},{"x":"t"}],"none":[],"deep":[[{"y":true}]]}`
	assert.Empty(t, ShapeDiff(t, want, `{"id":"other","n":7,"list":[{"x":"t"},{"x":null}],"none":["any"],"deep":[]}`))
	assert.Equal(t, []string{".deep[][].y: integer, not boolean", ".id: missing", ".list[].x: string, not null|string", ".n: null, not integer", ".other: unknown"},
		ShapeDiff(t, want, `{"other":"a","n":null,"list":[{"x":"t"}],"none":[],"deep":[[{"y":1}]]}`))
	assert.Empty(t, ShapeDiff(t, "", ""))
	assert.Equal(t, []string{": unknown"}, ShapeDiff(t, "", "{}"))
}
