package reach

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// Each of these is what net/http refuses after the connection is there, as if that had broken.
func TestSendable(t *testing.T) {
	for _, value := range []string{"sk_a\nsk_b", "sk_a\r", "sk\x00a", "\x1b[2J", "a\x7f"} {
		err := Sendable(http.Header{"X-Api-Key": {value}})
		require.ErrorIs(t, err, provider.ErrUsage)
		require.EqualError(t, err, "the secret, token or setting for the header X-Api-Key contains a line break or another control character, and cannot be sent")
		assert.NotContains(t, err.Error()+provider.HintOf(err), value)
	}
	for _, value := range []string{"", "sk_a", "Bearer a b", "a\tb", "ä"} {
		require.NoError(t, Sendable(http.Header{"X-Api-Key": {value}}))
	}
}
