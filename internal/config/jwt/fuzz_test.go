package jwt

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// FuzzJWT: the end of any token can be written in JSON, or is unknown.
func FuzzJWT(f *testing.F) {
	for _, token := range []string{"", "a.b.c", "e30.eyJleHAiOjF9.x", "e30.eyJleHAiOjFlMzAwfQ.x", "e30.eyJleHAiOi0xfQ.x", "e30.eyJleHAiOiIxIn0.x"} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		expires := Expiry(provider.NewSecret(token))
		_, err := json.Marshal(expires)
		require.NoError(t, err)
		assert.False(t, !expires.IsZero() && expires.Before(time.Unix(0, 0)))
	})
}
