package verify_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/verify"
)

func TestEndpoint(t *testing.T) {
	for given, want := range map[string]string{
		"":                            "",
		"s3.vendor.example":           "https://s3.vendor.example",
		"s3.vendor.example:443":       "https://s3.vendor.example",
		"s3.vendor.example:8443":      "https://s3.vendor.example:8443",
		"localhost:443":               "http://localhost:443",
		"127.0.0.1":                   "http://127.0.0.1",
		"[::1]":                       "http://[::1]",
		"[::1]:9000":                  "http://[::1]:9000",
		"localhost/path":              "http://localhost/path",
		"a b":                         "https://a b",
		"https://s3.vendor.example":   "https://s3.vendor.example",
		"http://s3.vendor.example:80": "http://s3.vendor.example:80",
	} {
		assert.Equal(t, want, verify.Endpoint(given), given)
	}
}

func TestCheckEndpoint(t *testing.T) {
	for _, good := range []string{
		"https://s3.vendor.example", "https://s3.vendor.example:8443/base", "https://10.77.0.1", "https://[2001:db8::1]:443",
		"http://127.0.0.1:9000", "http://localhost:9000/", "http://[::1]:9000",
	} {
		require.NoError(t, verify.CheckEndpoint(good), good)
	}
	for bad, says := range map[string]string{
		"":                                 "must be a URL",
		"s3.vendor.example":                "must be a URL",
		"https://":                         "must be a URL",
		"ftp://s3.vendor.example":          "must be a URL",
		"https://s3.vendor.example\x00":    "must be a URL",
		"http://10.77.0.1/":                "https",
		"http://s3.vendor.example":         "https",
		"https://user:hunter2@s3.example":  "user name",
		"https://@s3.vendor.example":       "user name",
		"https://s3.vendor.example?x=y":    "query",
		"https://s3.vendor.example#x":      "query",
		"https://169.254.169.254":          "link-local",
		"http://169.254.169.254":           "https",
		"https://[fe80::1]":                "link-local",
		"https://[fe80::1%25eth0]":         "link-local",
		"https://[::ffff:169.254.169.254]": "link-local",
		"https://0.0.0.0":                  "unspecified",
		"https://[ff02::1]":                "multicast",
		"https://2852039166":               "four decimal numbers",
		"https://0xA9FEA9FE:443/":          "four decimal numbers",
		"https://169.254.0xa9fe":           "four decimal numbers",
		"https://169.254.43518.":           "four decimal numbers",
		"https://s3.vendor.example/a b":    "special characters", // what readers of a dotenv file disagree on
		"https://s3.vendor.example/it's":   "special characters",
		`https://s3.vendor.example/a"b`:    "special characters",
		`https://s3.vendor.example/a"'$\`:  "special characters",
		"https://s3.vendor.example/$HOME":  "special characters",
		"https://s3.vendor.example/`id`":   "special characters",
		"https://s3.vendor.example/é":      "special characters",
	} {
		err := verify.CheckEndpoint(bad)
		require.ErrorIs(t, err, provider.ErrUsage, bad)
		require.ErrorContains(t, err, says, bad)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}
