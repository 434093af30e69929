package reach

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What failed to connect is told from a connection that broke, and a proxy from the server.
func TestWhichConnectionFailed(t *testing.T) {
	dial := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	for why, err := range map[string]error{
		"could not connect: " + syscall.ECONNREFUSED.Error():              dial,
		"could not connect to the proxy: " + syscall.ECONNREFUSED.Error(): &net.OpError{Op: "proxyconnect", Err: dial},
		syscall.ECONNRESET.Error():                                        &net.OpError{Op: "read", Err: syscall.ECONNRESET},
		syscall.EPIPE.Error():                                             &net.OpError{Op: "write", Err: syscall.EPIPE},
		"the connection broke, or the answer was not HTTP":                &net.OpError{Op: "read", Err: errors.New("strange")},
	} {
		assert.Equal(t, why, Explain(err).Why, "%v", err)
	}
}

// A proxy that cannot be reached is a matter of HTTPS_PROXY, not of the URL.
func TestWhatToDoAboutAProxy(t *testing.T) {
	at := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 3128}
	refused := Explain(&net.OpError{Op: "proxyconnect", Err: &net.OpError{Op: "dial", Addr: at, Err: syscall.ECONNREFUSED}})
	assert.Equal(t, "could not connect to the proxy 127.0.0.1:3128: connection refused", refused.Why)
	assert.False(t, refused.Permanent)
	assert.Contains(t, refused.Hint, "HTTPS_PROXY")
	unknown := Explain(&net.OpError{Op: "proxyconnect", Err: &net.OpError{Op: "dial", Err: &net.DNSError{Name: "proxy.example", IsNotFound: true}}})
	assert.Equal(t, "unknown host proxy.example of the proxy", unknown.Why)
	assert.Contains(t, unknown.Hint, "HTTPS_PROXY")
	assert.NotContains(t, unknown.Hint, "URL")
}

// The clock matters to a certificate that has expired, and to no other.
func TestWhatToDoAboutACertificate(t *testing.T) {
	for hint, err := range map[string]error{
		"check the clock of this machine":                 x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: x509.Expired},
		"use a URL whose certificate is valid":            x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: x509.NotAuthorizedToSign},
		"use the host name that the certificate is valid": x509.HostnameError{Certificate: &x509.Certificate{}, Host: "vendor.example"},
	} {
		f := Explain(&tls.CertificateVerificationError{Err: err})
		assert.Contains(t, f.Hint, hint)
		assert.True(t, f.Permanent)
	}
}
