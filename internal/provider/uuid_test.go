package provider_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/provider"
)

func TestIsUUID(t *testing.T) {
	const one = "b0d71f2c-e4e6-4c01-98dd-8e4614db1b59"
	assert.True(t, provider.IsUUID(one))
	assert.True(t, provider.IsUUID(strings.ToUpper(one)))
	for _, bad := range []string{
		"", one[1:], one + "0", "{" + one[2:] + "}", strings.ReplaceAll(one, "-", ""), strings.ReplaceAll(one, "-", "0"),
		strings.Replace(one, "b", "g", 1), strings.Replace(one, "b", "/", 1), strings.Replace(one, "b", "@", 1), strings.Replace(one, "b", "-", 1),
		strings.Replace(one, "b", "\x10", 1), strings.Replace(one, "b", "`", 1), one[:8] + "0" + one[9:35] + "é",
	} {
		assert.False(t, provider.IsUUID(bad), "%q", bad)
	}
}
