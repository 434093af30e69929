package provider_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/provider"
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
		assert.Equal(t, want, provider.Endpoint(given), given)
	}
}
