package provider

import (
	"net/url"
	"strings"
)

// Endpoint returns where an S3 credential is used as a URL. Vendors name a host, or
// a host and a port: with TLS, unless it is on this machine. A URL stays as it is.
func Endpoint(server string) string {
	if server == "" || strings.Contains(server, "://") {
		return server
	}
	if u, err := url.Parse("http://" + server); err == nil && IsLoopback(u.Hostname()) {
		return u.String()
	}
	return "https://" + strings.TrimSuffix(server, ":443")
}
