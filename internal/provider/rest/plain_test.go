package rest

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// TestPlainHTTPStaysOnThisMachine: not the name counts but the address, and no proxy
// sees the token.
func TestPlainHTTPStaysOnThisMachine(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }))
	defer server.Close()
	var proxied atomic.Bool
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { proxied.Store(true) }))
	defer proxy.Close()
	transport := NewTransport()
	transport.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(proxy.URL) }
	do := func(base string) error {
		c, err := New(provider.Conn{HTTP: &http.Client{Transport: transport}, BaseURL: base}, Dialect{Failure: func(int, []byte) Failure { return Failure{} }})
		require.NoError(t, err)
		_, err = Do[struct{}](t.Context(), c, Request{Method: http.MethodPost, Path: "/keys"})
		return err
	}
	require.NoError(t, do(server.URL))

	for _, address := range []string{"192.0.2.1", "2001:db8::1"} { // documentation addresses: nothing answers there
		err := do("http://" + net.JoinHostPort(address, "3000"))
		require.ErrorContains(t, err, "not sent: ", address)
		require.ErrorContains(t, err, "only to this machine")
		assert.Contains(t, provider.HintOf(err), "https")
		require.NotErrorIs(t, err, provider.ErrUnknown, "nothing was sent")
	}
	assert.False(t, proxied.Load())
}

// TestARunReachesOnlyWhatItMay: a client for another server is not even made.
func TestARunReachesOnlyWhatItMay(t *testing.T) {
	refused := provider.WithClass(provider.ErrRefused, assert.AnError)
	conn := provider.Conn{HTTP: &http.Client{}, BaseURL: "https://api.example.com/v1", Reach: func(host string) error {
		if host == "127.0.0.1:1" {
			return nil
		}
		return refused
	}}
	_, err := New(conn, Dialect{})
	require.ErrorIs(t, err, refused)
	conn.BaseURL = "http://127.0.0.1:1"
	_, err = New(conn, Dialect{})
	require.NoError(t, err)
}
