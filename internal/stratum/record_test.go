package stratum

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// FuzzKey checks that what can be decoded of a listing is shown without its secret.
func FuzzKey(f *testing.F) {
	f.Add([]byte(listed[1:250]))
	f.Add([]byte(`{"id":"i","tenant_id":null,"prefix":"p","key":"canary-secret","revoked_at":null}`))
	f.Add([]byte(`{"id":"i","plaintext_key":"canary-secret","rate_limit_max":3,"expires_at":"2026-11-22T05:00:00.000Z"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var k answer
		if vendorjson.Read(body, &k) != nil {
			return
		}
		c := k.credential(time.Now(), true)
		c.Secret = k.Secret
		assert.NotEmpty(t, c.Status)
		assert.Len(t, c.Scopes, 1)
		if len(c.Secret.Reveal()) > 12 && c.Secret.Reveal() != c.Name {
			c.Name, c.ID = "", ""
			b, err := json.Marshal(c.Secret)
			require.NoError(t, err)
			assert.NotContains(t, fmt.Sprintf("%+v %s", c.Secret, b), c.Secret.Reveal())
		}
	})
}

// FuzzIssued checks that an issued key is read as it came.
func FuzzIssued(f *testing.F) {
	f.Add([]byte(made[4:]))
	f.Add([]byte(`{"id":"i","key":"s"}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var i issued
		if vendorjson.Read(body, &i) != nil {
			return
		}
		var again issued
		require.NoError(t, vendorjson.Read(i.raw, &again))
		assert.True(t, i.Secret.Equal(again.Secret))
		assert.Equal(t, i.ID, again.ID)
	})
}
