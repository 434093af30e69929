package provider

import (
	"net"
	"strings"
)

// Endpoint returns where an S3 credential is used as a URL. Vendors name a host, or
// a host and a port: with TLS, unless it is on this machine. A URL stays as it is.
func Endpoint(server string) string {
	if server == "" || strings.Contains(server, "://") {
		return server
	}
	authority, _, _ := strings.Cut(server, "/")
	host, _, err := net.SplitHostPort(authority)
	if err != nil {
		host = strings.Trim(authority, "[]")
	}
	if IsLoopback(host) {
		return "http://" + server
	}
	return "https://" + strings.TrimSuffix(server, ":443")
}
