package rest

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest/reach"
)

// post sends a POST to base over transport.
func post(t *testing.T, base string, transport http.RoundTripper) error {
	t.Helper()
	c, err := New(provider.Conn{HTTP: &http.Client{Transport: transport}, BaseURL: base}, Dialect{Failure: says})
	require.NoError(t, err)
	_, err = Do[struct{}](t.Context(), c, Request{Method: http.MethodPost, Path: "/x", Body: 1, ReturnsSecret: true})
	return err
}

// proxied returns a transport whose proxy gives this answer to each connection.
func proxied(t *testing.T, answer string) *http.Transport {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = http.ReadRequest(bufio.NewReader(c))
			_, _ = io.WriteString(c, answer)
			_ = c.Close()
		}
	}()
	tr := NewTransport()
	tr.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: l.Addr().String(), User: url.UserPassword("me", leak)})
	return tr
}

// tlsServer serves TLS as config has it; it trusts nobody unless config says so.
func tlsServer(t *testing.T, config *tls.Config) (base string, trusting *http.Transport) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") }))
	s.TLS, s.Config.ErrorLog = config, slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	t.Cleanup(s.Close)
	tr := NewTransport()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	tr.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	t.Cleanup(tr.CloseIdleConnections)
	return s.URL, tr
}

// TestWhatTimeDoesNotHeal: what stays wrong until somebody changes something is no
// temporary failure, and never leaves an outcome open.
func TestWhatTimeDoesNotHeal(t *testing.T) {
	old, oldTransport := tlsServer(t, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	strict, strictTransport := tlsServer(t, &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS13})
	untrusted, _ := tlsServer(t, &tls.Config{MinVersion: tls.VersionTLS12})
	other, otherTransport := tlsServer(t, &tls.Config{MinVersion: tls.VersionTLS12})
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	unknown := NewTransport()
	unknown.DialContext = func(_ context.Context, _, addr string) (net.Conn, error) {
		host, _, _ := net.SplitHostPort(addr)
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}
	}
	broken := NewTransport()
	broken.Proxy = func(*http.Request) (*url.URL, error) { return nil, &reach.ProxyError{} }
	for name, c := range map[string]struct {
		base       string
		transport  http.RoundTripper
		says, hint string
	}{
		"old TLS":              {old, oldTransport, "TLS", "TLS"},
		"a client certificate": {strict, strictTransport, "certificate required", "client certificates"},
		"an unknown CA":        {untrusted, NewTransport(), "certificate", "SSL_CERT_FILE"},
		"another host":         {strings.Replace(other, "127.0.0.1", "localhost", 1), otherTransport, "localhost", "host name"},
		"no TLS":               {strings.Replace(plain.URL, "http:", "https:", 1), NewTransport(), "does not speak TLS", "scheme"},
		"an unknown host":      {"https://api.vendor.example", unknown, "unknown host api.vendor.example", "host name"},
		"a proxy's 407":        {"https://api.vendor.example", proxied(t, "HTTP/1.1 407 \x1b[2J"+leak+"\r\n\r\n"), "answered 407", "HTTPS_PROXY"},
		"a proxy's 403":        {"https://api.vendor.example", proxied(t, "HTTP/1.1 403 Forbidden\r\n\r\n"), "answered 403", "NO_PROXY"},
		"no URL of a proxy":    {"https://api.vendor.example", broken, "proxy URL is invalid", "HTTPS_PROXY"},
	} {
		t.Run(name, func(t *testing.T) {
			err := post(t, c.base, c.transport)
			require.ErrorIs(t, err, provider.ErrUnreachable)
			require.NotErrorIs(t, err, provider.ErrUnknown, "it cannot have reached the vendor")
			require.NotErrorIs(t, err, provider.ErrUnavailable)
			require.ErrorContains(t, err, "POST /x: not sent: ")
			require.ErrorContains(t, err, c.says)
			assert.Contains(t, provider.HintOf(err), c.hint)
			assert.NotContains(t, err.Error()+provider.HintOf(err), leak)
			assert.NotContains(t, err.Error(), "\x1b")
		})
	}
}

// TestWhatTimeHeals: what may be otherwise in a minute is temporary.
func TestWhatTimeHeals(t *testing.T) {
	reset, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = reset.Close() })
	go func() {
		for {
			c, err := reset.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	dns := NewTransport()
	dns.DialContext = func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "server misbehaving", Name: "api.vendor.example", IsTemporary: true}}
	}
	for name, c := range map[string]struct {
		base      string
		transport http.RoundTripper
	}{
		"a proxy's 502":           {"https://api.vendor.example", proxied(t, "HTTP/1.1 502 Bad Gateway\r\n\r\n")},
		"the DNS server":          {"https://api.vendor.example", dns},
		"a closed TLS connection": {"https://" + reset.Addr().String(), NewTransport()},
	} {
		t.Run(name, func(t *testing.T) {
			err := post(t, c.base, c.transport)
			require.ErrorIs(t, err, provider.ErrUnavailable)
			require.NotErrorIs(t, err, provider.ErrUnreachable)
			require.NotErrorIs(t, err, provider.ErrUnknown)
		})
	}
}

// TestAnswersThatAreNotTheVendors: a portal, a proxy or a gateway without a
// connection has not passed a request on.
func TestAnswersThatAreNotTheVendors(t *testing.T) {
	for code, want := range map[int]error{
		407: provider.ErrUnreachable, 511: provider.ErrUnreachable,
		521: provider.ErrUnavailable, 522: provider.ErrUnavailable, 523: provider.ErrUnavailable, 525: provider.ErrUnavailable, 526: provider.ErrUnavailable, 530: provider.ErrUnavailable,
		520: provider.ErrUnknown, 524: provider.ErrUnknown, 502: provider.ErrUnknown,
	} {
		_, err := Do[struct{}](t.Context(), status(code).client(t), Request{Method: http.MethodPost, Path: "/x", Body: 1})
		require.ErrorIs(t, err, want, code)
		if !errors.Is(want, provider.ErrUnknown) {
			require.NotErrorIs(t, err, provider.ErrUnknown, code)
		}
	}
}

// TestATimeLimitInsideAListing: what took too long is not called malformed.
func TestATimeLimitInsideAListing(t *testing.T) {
	for _, cut := range []string{`{"items":[{"id":"1"},{"id":`, `{"items":[{"id":"1"}`, `{"items":[`, ``} {
		c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, cut)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		})
		for name, limit := range map[string]struct{ request, caller time.Duration }{
			"limit": {50 * time.Millisecond, time.Minute}, "caller": {0, 50 * time.Millisecond},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), limit.caller)
			err := Stream(ctx, c, Request{Method: http.MethodGet, Path: "/x", Timeout: limit.request}, "items", nil, func(struct{}) bool { return true })
			cancel()
			require.ErrorIs(t, err, provider.ErrUnavailable, "%s %s", name, cut)
			require.EqualError(t, err, "GET /x: the answer took too long", "%s %s", name, cut)
		}
	}
}
