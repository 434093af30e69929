package provider

import (
	"errors"
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
	if err != nil || u.Host == "" {
		return "", errors.New("the base URL is not one: it needs a scheme and a host, such as " + p.BaseURL)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("the base URL must have no user, query or fragment")
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && IsLoopback(u.Hostname()):
	default:
		return "", errors.New("the base URL " + u.Redacted() + " has no TLS, and a token would be readable on the way: use https (plain http is for loopback only)")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	if u.Path == "" {
		u.Path = p.Prefix
	}
	return u.String(), nil
}

// IsLoopback reports whether host names this machine.
func IsLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
