package environment

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// What a library would ignore silently is an error, which does not show a password.
func TestVariablesThatCannotBeUnderstood(t *testing.T) {
	dir := t.TempDir()
	none := filepath.Join(dir, "none.pem")
	require.NoError(t, os.WriteFile(none, []byte("no certificate"), 0o600))
	for _, c := range []struct {
		name, value string
		ok          bool
	}{
		{"HTTPS_PROXY", "", true},
		{"HTTPS_PROXY", "proxy.example.com:3128", true},
		{"HTTPS_PROXY", "http://user:CANARY@proxy.example.com:3128", true},
		{"https_proxy", "socks5h://127.0.0.1:1080", true},
		{"HTTPS_PROXY", "::bad", false},
		{"https_proxy", "http://user:CANARY@proxy:port", false},
		{"HTTP_PROXY", "ftp://CANARY", false},
		{"http_proxy", "http://", false},
		{"SSL_CERT_FILE", "", true},
		{"SSL_CERT_FILE", filepath.Join(dir, "missing.pem"), false},
		{"SSL_CERT_FILE", none, false},
		{"SSL_CERT_FILE", dir, false},
		{"SSL_CERT_FILE", "testdata/ca.pem", true},
	} {
		err := Env{c.name: c.value}.Check()
		if c.ok {
			require.NoError(t, err, "%s=%s", c.name, c.value)
			continue
		}
		require.ErrorIs(t, err, provider.ErrUsage, "%s=%s", c.name, c.value)
		require.ErrorContains(t, err, c.name)
		assert.NotContains(t, err.Error()+provider.HintOf(err), "CANARY")
	}
}
