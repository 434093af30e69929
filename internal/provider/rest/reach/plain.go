package reach

import (
	"errors"
	"net"
	"net/http"
	"syscall"
)

// errElsewhere is the error for a connection without TLS to another machine.
var errElsewhere = errors.New("plain http to another machine")

// withoutTLS returns the connections of t for plain http. They use no proxy, and reach
// only loopback addresses, whatever the name of a host suggests.
func withoutTLS(t *http.Transport, dialer net.Dialer) http.RoundTripper {
	dialer.Control = func(_, address string, _ syscall.RawConn) error {
		if host, _, err := net.SplitHostPort(address); err != nil || !net.ParseIP(host).IsLoopback() {
			return errElsewhere
		}
		return nil
	}
	plain := t.Clone()
	plain.Proxy, plain.DialContext = nil, dialer.DialContext
	return plain
}
