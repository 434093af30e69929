package provider_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func TestBase(t *testing.T) {
	p := provider.Provider{BaseURL: "https://api.vendor.example", Prefix: "/core/v1"}
	for in, want := range map[string]string{
		"":                                 "https://api.vendor.example/core/v1",
		"https://other.example":            "https://other.example/core/v1",
		"https://other.example/":           "https://other.example/core/v1",
		"https://other.example:8443":       "https://other.example:8443/core/v1",
		"https://other.example/api":        "https://other.example/api",
		"https://other.example/api/":       "https://other.example/api",
		"https://other.example/a%2Fb/":     "https://other.example/a%2Fb",
		"HTTPS://other.example":            "https://other.example/core/v1",
		"http://localhost:3000":            "http://localhost:3000/core/v1",
		"http://LOCALHOST:3000":            "http://LOCALHOST:3000/core/v1",
		"http://127.0.0.1":                 "http://127.0.0.1/core/v1",
		"http://127.8.9.1:80":              "http://127.8.9.1:80/core/v1",
		"http://[::1]:3000":                "http://[::1]:3000/core/v1",
		"http://[::ffff:127.0.0.1]/":       "http://[::ffff:127.0.0.1]/core/v1",
		"https://[2001:db8::1]":            "https://[2001:db8::1]/core/v1",
		"http://vendor.localhost":          "http://vendor.localhost/core/v1",
		"https://169.254.169.254/metadata": "https://169.254.169.254/metadata",
	} {
		got, err := p.Base(in)
		require.NoError(t, err, in)
		assert.Equal(t, want, got, in)
	}
	for _, bad := range []string{
		"api.vendor.example", "//api.vendor.example", "/core/v1", "https://", "https:///x", "https://:443", "://", "\x00", "https://a b",
		"https:api.vendor.example", "ftp://api.vendor.example", "file:///etc/passwd",
		"http://api.vendor.example", "http://127.0.0.1.nip.io", "http://localhost.evil.example", "http://0.0.0.0", "http://[::]", "http://10.0.0.1", "http://2130706433",
		"https://user@api.vendor.example", "https://user:hunter2@api.vendor.example", "https://@api.vendor.example",
		"https://api.vendor.example?x=hunter2", "https://api.vendor.example/?", "https://api.vendor.example#x",
	} {
		_, err := p.Base(bad)
		require.ErrorIs(t, err, provider.ErrUsage, bad)
		assert.NotContains(t, err.Error(), "hunter2")
	}
	bare, err := provider.Provider{BaseURL: "https://api.vendor.example"}.Base("")
	require.NoError(t, err)
	assert.Equal(t, "https://api.vendor.example", bare)
}
