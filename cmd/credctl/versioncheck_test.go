package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// certificate returns one for host and 127.0.0.1, and a file that trusts it.
func certificate(t *testing.T, host string) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, path
}

// tunnel is a proxy that connects to api.github.com at to, and to nothing else.
func tunnel(t *testing.T, to string, came *atomic.Int32) string {
	t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "CONNECT api.github.com:443", r.Method+" "+r.Host)
		came.Add(1)
		server, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", to)
		if !assert.NoError(t, err) {
			return
		}
		client, _, err := http.NewResponseController(w).Hijack()
		if !assert.NoError(t, err) {
			return
		}
		_, _ = io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(server, client); _ = server.Close() }()
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// TestVersionCheckAsksOnlyWhenAsked runs the program behind a proxy. Without --check
// no request arrives; with it one does, which says nothing of the user.
func TestVersionCheckAsksOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	var asked, connected atomic.Int32
	github := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		assert.Equal(t, "/repos/credctl/credctl/releases/latest", r.URL.String())
		assert.Equal(t, http.Header{"Accept": {"application/json"}, "Accept-Encoding": {"gzip"}, "User-Agent": {"credctl"}}, r.Header)
		reply(w, 200, `{"tag_name":"v9.0.0","html_url":"https://github.com/credctl/credctl/releases/tag/v9.0.0"}`)
	}))
	cert, trusted := certificate(t, "api.github.com")
	github.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	github.StartTLS()
	t.Cleanup(github.Close)
	env := privateVariables(t, "HTTPS_PROXY="+tunnel(t, github.Listener.Addr().String(), &connected), "SSL_CERT_FILE="+trusted,
		"KATAPULT_API_TOKEN="+vendorsKey)
	run := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "credctl", args...)
		cmd.Env = append(slices.Clone(env), "PATH="+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		return string(out), err
	}

	for _, args := range [][]string{{"version"}, {"--version"}, {"version", "-o", "json"}, {"help"}, {"sandbox", "--", "credctl", "katapult", "list"}} {
		out, err := run(args...)
		require.NoError(t, err, "%s: %s", args, out)
	}
	assert.Zero(t, connected.Load(), "nobody asked")

	out, err := run("version", "--check", "-o", "json")
	require.NoError(t, err, out)
	assert.Contains(t, out, `"latest": "v9.0.0"`)
	assert.Contains(t, out, `"url": "https://github.com/credctl/credctl/releases/tag/v9.0.0"`)
	out, err = run("version", "--check")
	require.NoError(t, err, out)
	assert.True(t, strings.HasPrefix(out, "credctl "), out)
	assert.Contains(t, out, "v9.0.0")
	assert.Equal(t, int32(2), asked.Load())
	assert.Equal(t, int32(2), connected.Load(), "through the proxy")

	out, err = run("sandbox", "--", "credctl", "version", "--check")
	status, _ := err.(*exec.ExitError) //nolint:errorlint // it is returned as it is
	require.NotNil(t, status, out)
	assert.Equal(t, 5, status.ExitCode())
	assert.Contains(t, out, "api.github.com is not a server of the sandbox")
	assert.Equal(t, int32(2), connected.Load(), "a sandbox reaches nobody")
}
