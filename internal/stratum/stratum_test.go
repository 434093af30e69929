package stratum

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendortest"
)

const (
	acme    = "049563bb-1f45-4543-a988-8d7262cb0cdb"
	globex  = "610480d8-a07f-4a14-bfca-3f9483098187"
	id1     = "b0d71f2c-e4e6-4c01-98dd-8e4614db1b59"
	id2     = "a2878c41-9f75-4512-a214-743adb56d620"
	id3     = "2f2cc2ce-f0f8-43f6-b9e6-28f03f46f2af"
	role1   = "5f0c1f8e-6a55-4d7e-9d4e-3a1f0e7c2b11"
	roles   = `[{"id":"` + role1 + `","name":"readers","scopes":["read"],"tenant_id":"` + acme + `"}]`
	opKey   = "sk_test_operator"
	fresh   = "sk_test_fresh0000000000000000000000000000000000000"
	unknown = `500 {"error":{"code":"INTERNAL_SERVER_ERROR","message":"An unexpected error occurred"}}`

	listed = `[
	 {"id":"` + id2 + `","tenant_id":"` + acme + `","name":"ci-deploy","created_at":"2026-11-22T04:53:28.718Z","last_used_at":"2026-11-22T05:00:00.000Z","revoked_at":null,"expires_at":null},
	 {"id":"` + id1 + `","tenant_id":"` + globex + `","name":"old","created_at":"2026-10-22T04:53:28.718Z","last_used_at":null,"revoked_at":"2026-11-01T00:00:00.000Z","expires_at":null},
	 {"id":"` + id3 + `","tenant_id":null,"name":null,"created_at":"2026-09-22T04:53:28.718Z","last_used_at":null,"revoked_at":null,"expires_at":"2026-10-01T00:00:00.000Z"}]`
	made = `201 {"id":"` + id1 + `","tenant_id":"` + acme + `","key_prefix":"sk_test_","name":"ci-deploy","created_at":"2026-11-22T04:53:28.718Z","plaintext_key":"` + fresh + `"}`
)

// serve opens the kind at a server with these answers. Settings are name, value, name, value.
func serve(t *testing.T, settings []string, answers ...string) (*keys, *vendortest.Script) {
	t.Helper()
	s := &vendortest.Script{T: t, Answers: answers}
	k, err := open(s.Conn("http://localhost:3000/api/v1", vendortest.Input(t, Provider().Settings, settings...)))
	require.NoError(t, err)
	return k, s
}

var operator = []string{"token-file", opKey}

func inputOf(t *testing.T, v provider.Verb, values ...string) provider.Input {
	t.Helper()
	return vendortest.Input(t, Provider().Kinds[0].Params[v], values...)
}

func ids(t *testing.T, k *keys, in provider.Input) (got []string) {
	t.Helper()
	for c, err := range k.List(t.Context(), in) {
		require.NoError(t, err)
		got = append(got, c.ID)
	}
	return got
}

func TestAuthentication(t *testing.T) {
	for name, c := range map[string]struct {
		settings []string
		header   http.Header
	}{
		"key":  {operator, http.Header{"X-Api-Key": {opKey}}},
		"JWT":  {[]string{"bearer-token-file", "e.y.J"}, http.Header{"Authorization": {"Bearer e.y.J"}}},
		"both": {append([]string{"bearer-token-file", "e.y.J"}, operator...), http.Header{"X-Api-Key": {opKey}}},
	} {
		t.Run(name, func(t *testing.T) {
			k, s := serve(t, c.settings, `[]`)
			assert.Empty(t, ids(t, k, provider.Input{}))
			for _, name := range []string{"X-Api-Key", "Authorization"} {
				assert.Equal(t, c.header.Get(name), s.Headers[0].Get(name))
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		k, s := serve(t, nil)
		err := k.Delete(t.Context(), id1)
		require.ErrorIs(t, err, provider.ErrDenied)
		assert.Empty(t, s.Sent)
		for _, name := range []string{"--token-file", "STRATUM_API_KEY", "credctl auth login stratum"} {
			assert.Contains(t, provider.HintOf(err), name)
		}
	})
}

func TestRefusedIDsSendNothing(t *testing.T) {
	k, s := serve(t, operator)
	ctx := context.Background()
	_, err := k.Get(ctx, "nope")
	require.ErrorIs(t, err, provider.ErrUsage)
	_, err = k.Rotate(ctx, "../x", provider.Input{})
	require.ErrorIs(t, err, provider.ErrUsage)
	require.ErrorIs(t, k.Delete(ctx, ""), provider.ErrUsage)
	require.Error(t, provider.NewInput(tenant).Value("tenant").Set("acme"))
	assert.Empty(t, s.Sent)
}
