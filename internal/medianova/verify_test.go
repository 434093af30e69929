package medianova

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendortest"
	"github.com/credctl/credctl/internal/verify"
)

func TestEndpoints(t *testing.T) {
	for given, want := range map[string]string{
		"acme.mncdn.com": "https://acme.mncdn.com", "https://acme.mncdn.com": "https://acme.mncdn.com",
		"localhost:9000": "http://localhost:9000", "127.0.0.1:9000": "http://127.0.0.1:9000", "http://[::1]:9000": "http://[::1]:9000",
	} {
		require.NoError(t, checkEndpoint(given), given)
		assert.Equal(t, want, verify.Endpoint(given))
	}
	assert.Empty(t, verify.Endpoint(""))
	for _, bad := range []string{"", "http://acme.mncdn.com", "ftp://x", "https://", "https://x?y", "a b"} {
		require.ErrorIs(t, checkEndpoint(bad), provider.ErrUsage, bad)
	}
}

func TestVerify(t *testing.T) {
	c := provider.Credential{Key: "AK1", Secret: provider.NewSecret(fresh)}
	s, v := serve(t)
	err := s.Verify(t.Context(), c)
	require.ErrorIs(t, err, provider.ErrUsage)
	require.Contains(t, provider.HintOf(err), "--s3-endpoint")
	require.ErrorIs(t, s.CheckVerify(c), provider.ErrUsage)
	require.NoError(t, s.CheckVerify(provider.Credential{Endpoint: "https://acme.mncdn.com"}))
	assert.Empty(t, v.Sent)

	var host string
	n := 0
	s, _ = serveWith(t, "", []string{"org", org, "token-file", bear, "s3-endpoint", "acme.mncdn.com"})
	s.conn.HTTP = &http.Client{Transport: vendortest.RoundTripper(func(r *http.Request) (*http.Response, error) {
		host = r.URL.Host
		assert.NotContains(t, r.Header.Get("Authorization"), bear)
		if n++; n == 1 {
			return vendortest.Answer("403 <Error><Code>SignatureDoesNotMatch</Code></Error>"), nil
		}
		return vendortest.Answer("200 <ListAllMyBucketsResult/>"), nil
	})}
	require.NoError(t, s.CheckVerify(c))
	require.NoError(t, s.Verify(t.Context(), c))
	assert.Equal(t, "acme.mncdn.com", host)
}
