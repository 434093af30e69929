package entry

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/deliver"
)

func TestTokenVariables(t *testing.T) {
	assert.Equal(t, []string{"A", "B"}, TokenVariables([]deliver.Scheme{
		{Settings: []deliver.Setting{{Env: []string{"B", "A"}, Secret: true}, {Env: []string{"HOST"}}}},
		{Settings: []deliver.Setting{{Env: []string{"A"}, Secret: true}}},
	}))
}
