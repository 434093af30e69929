package provider

import (
	"net"
	"net/url"
	"strings"
)

// Base returns the base URL for requests: s, or the vendor's own when s is
// empty. An origin without a path gets the vendor's prefix; one with a path is
// used as it is. Without TLS only the loopback interface is allowed, because
// every request carries a token.
func (p Provider) Base(s string) (string, error) {
	if s == "" {
		s = p.BaseURL
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" {
		return "", Usage("invalid base URL: it needs a scheme and a host, such as %s", p.BaseURL)
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", Usage("invalid base URL: it must not contain a user, a query or a fragment")
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && IsLoopback(u.Hostname()):
	default:
		return "", Usage("the base URL %s does not use TLS: use https; http is allowed on localhost only", u)
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	if u.Path == "" {
		u.Path = p.Prefix
	}
	return u.String(), nil
}

// IsLoopback reports whether host names this machine.
func IsLoopback(host string) bool {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
