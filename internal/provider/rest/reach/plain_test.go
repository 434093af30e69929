package reach

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A name below localhost can lead anywhere: what counts is the address that is dialed,
// and no proxy is asked.
func TestPlainHTTPGoesByTheAddress(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	proxied := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the proxy got %s", r.URL) }))
	defer proxied.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	proxy, err := url.Parse(proxied.URL)
	require.NoError(t, err)
	for resolved, want := range map[string]error{"127.0.0.1": nil, "192.0.2.7": errElsewhere, "10.0.0.1": errElsewhere, "0.0.0.0": errElsewhere} {
		transport := &http.Transport{Proxy: http.ProxyURL(proxy)}
		transport.RegisterProtocol("http", withoutTLS(transport, net.Dialer{Resolver: resolver(t, netip.MustParseAddr(resolved))}))
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://api.localhost:"+port, nil)
		require.NoError(t, err)
		answer, err := transport.RoundTrip(request)
		if want != nil {
			require.ErrorIs(t, err, want, resolved)
			continue
		}
		require.NoError(t, err, resolved)
		require.NoError(t, answer.Body.Close())
		assert.Equal(t, http.StatusOK, answer.StatusCode)
	}
}

// resolver resolves every name to one address.
func resolver(t *testing.T, to netip.Addr) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		query := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(query)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(answer(query[:n], to), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// answer returns the DNS message that answers a query of one name; for another type
// than A it holds no address.
func answer(query []byte, to netip.Addr) []byte {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	question := query[12 : end+5]
	reply := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question...)
	if question[len(question)-3] == 1 { // A
		reply[7] = 1
		reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4)
		reply = append(reply, to.AsSlice()...)
	}
	return reply
}
