package verify

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// Endpoint returns where an S3 credential is used as a URL. Vendors name a host, or
// a host and a port: https, but http on loopback. A URL stays as it is.
func Endpoint(server string) string {
	if server == "" || strings.Contains(server, "://") {
		return server
	}
	authority, _, _ := strings.Cut(server, "/")
	host, _, err := net.SplitHostPort(authority)
	if err != nil {
		host = strings.Trim(authority, "[]")
	}
	if provider.IsLoopback(host) {
		return "http://" + server
	}
	return "https://" + strings.TrimSuffix(server, ":443")
}

// AllowedEndpoint returns the [Endpoint] of server, or "" if the vendor names a place to
// which requests must not be sent.
func AllowedEndpoint(server string) string {
	endpoint := Endpoint(server)
	if CheckEndpoint(endpoint) != nil {
		return ""
	}
	return endpoint
}

// CheckEndpoint returns an error of class [provider.ErrUsage] if requests must not be sent to
// the URL of an S3 endpoint: it needs https unless it is on loopback, and has no user
// information, query or link-local address. It consists of characters that the readers of
// all formats understand alike. The error does not quote the URL.
func CheckEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	switch {
	case err != nil, u.Hostname() == "", u.Scheme != "https" && u.Scheme != "http":
		return provider.Usage("invalid S3 endpoint: it must be a URL, such as https://s3.example.com")
	case strings.Trim(endpoint, urlCharacters) != "":
		return provider.Usage("invalid S3 endpoint: it must not contain spaces, quotes, backslashes or other special characters; write them as %%XX")
	case u.User != nil:
		return provider.Usage("invalid S3 endpoint: it must not contain a user name or password")
	case u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return provider.Usage("invalid S3 endpoint: it must not contain a query or a fragment")
	case u.Scheme == "http" && !provider.IsLoopback(u.Hostname()):
		return provider.Usage("invalid S3 endpoint: http is allowed on loopback only, use https")
	case isNumber(u.Hostname()):
		return provider.Usage("invalid S3 endpoint: write an IP address as four decimal numbers")
	case !public(u.Hostname()):
		return provider.Usage("invalid S3 endpoint: a link-local, multicast or unspecified address is not allowed")
	}
	return nil
}

// urlCharacters are those of a URL without a query that no format has to quote against a
// variable, a comment or the end of a value; and @, ? and #, which have errors of their own.
const urlCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/[]%+=,&;@?#"

// isNumber reports whether host is an IPv4 address in a form that only some programs
// read as one, such as 0xA9FEA9FE.
func isNumber(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	_, err := strconv.ParseUint(last, 0, 64)
	return err == nil || strings.Trim(last, "0123456789") == ""
}

// public reports whether host is no address that only a machine's own network has
// for itself, such as that of a cloud's metadata service.
func public(host string) bool {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return true
	}
	ip = ip.Unmap()
	return !ip.IsLinkLocalUnicast() && !ip.IsMulticast() && !ip.IsUnspecified()
}
