package wire

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
	f.Add([]byte(`{"id":"a2878c41-9f75-4512-a214-743adb56d620","tenant_id":"049563bb-1f45-4543-a988-8d7262cb0cdb","name":"ci-deploy","created_at":"2026-11-22T04:53:28.718Z","last_used_at":null,"revoked_at":null,"expires_at":null}`))
	f.Add([]byte(`{"id":"i","tenant_id":null,"prefix":"p","key":"canary-secret","revoked_at":null}`))
	f.Add([]byte(`{"id":"i","plaintext_key":"canary-secret","rate_limit_max":3,"expires_at":"2026-11-22T05:00:00.000Z"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var k Answer
		if vendorjson.Read(body, &k) != nil {
			return
		}
		c := k.Credential(time.Now(), true)
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
	f.Add([]byte(`{"id":"i","tenant_id":null,"key_prefix":"sk_test_","name":"ci","created_at":"2026-11-22T04:53:28.718Z","plaintext_key":"sk_test_fresh"}`))
	f.Add([]byte(`{"id":"i","key":"s"}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var i Issued
		if vendorjson.Read(body, &i) != nil {
			return
		}
		var again Issued
		require.NoError(t, vendorjson.Read(i.Raw, &again))
		assert.True(t, i.Secret.Equal(again.Secret))
		assert.Equal(t, i.ID, again.ID)
	})
}
