// Package reach is how requests reach a server: the transport, time limits that
// count only the time in which the program runs, and what it means that no answer came.
package reach

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/credctl/credctl/internal/visible"
)

// A Failure says why no answer came, or not all of it.
type Failure struct {
	Why       string // quotes nothing that the other side sent but the names of a certificate
	Permanent bool   // it happens again until somebody changes something, and nothing was sent
	Hint      string // what to change
}

// Explain says what err, of a request or of reading its answer, means.
func Explain(err error) Failure {
	if f, ok := certificate(err); ok {
		return f
	}
	if p, ok := errors.AsType[*ProxyError](err); ok {
		return p.failure()
	}
	var timeout net.Error
	oe, network := errors.AsType[*net.OpError](err)
	toProxy := network && oe.Op == "proxyconnect"
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		f := Failure{"unknown host " + clean(dns.Name), true, "check the host name of the URL, and the DNS servers of this machine"}
		if toProxy {
			f.Why, f.Hint = f.Why+" of the proxy", "check the proxy in HTTPS_PROXY, and the DNS servers of this machine"
		}
		return f
	}
	if re, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return Failure{"the server does not speak TLS (" + re.Msg + ")", true, "check the scheme and the port of the URL"}
	}
	if errors.Is(err, errElsewhere) {
		return Failure{"a token is sent over plain http only to this machine, and the URL leads to another", true, "use a URL with https"}
	}
	switch {
	case errors.Is(err, context.Canceled):
		return Failure{Why: "interrupted"}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return Failure{Why: "timed out"}
	case network && oe.Op == "remote error" && refusesTLS(oe.Err):
		return Failure{"the server refused the TLS connection (" + clean(oe.Err.Error()) + ")", true, "check which TLS versions and client certificates the server requires"}
	case network && oe.Op == "socks connect":
		return socks(oe)
	case toProxy:
		return Failure{Why: refused(oe, " the proxy"), Hint: "check the proxy in HTTPS_PROXY; if it is right, try again later"}
	case network && oe.Op == "dial":
		return Failure{Why: refused(oe, "")}
	}
	if no, ok := errors.AsType[syscall.Errno](err); ok {
		return Failure{Why: no.Error()}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return Failure{Why: "the connection was closed"}
	}
	if h, ok := errors.AsType[*handshakeError](err); ok {
		return Failure{"the TLS handshake failed (" + clean(h.Error()) + ")", true, "the server must support TLS 1.2 or later"}
	}
	return Failure{Why: "the connection broke, or the answer was not HTTP"}
}

// refused says which address could not be connected to, whose it is, and why.
func refused(e *net.OpError, whose string) string {
	for err := error(e); ; {
		inner, ok := errors.AsType[*net.OpError](errors.Unwrap(err))
		if !ok {
			break
		}
		e, err = inner, inner
	}
	if e.Addr != nil {
		whose += " " + e.Addr.String()
	}
	what := "could not connect"
	if whose != "" {
		what += " to" + whose
	}
	why := e.Err
	if no, ok := errors.AsType[syscall.Errno](why); ok {
		why = no
	}
	return what + ": " + clean(why.Error())
}

// certificate explains that a certificate was not accepted.
func certificate(err error) (Failure, bool) {
	ce, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if !ok {
		return Failure{}, false
	}
	f := Failure{clean(ce.Error()), true, "use a URL whose certificate is valid; for a private CA, set SSL_CERT_FILE to its certificate"}
	invalid, is := errors.AsType[x509.CertificateInvalidError](err)
	if is && invalid.Reason == x509.Expired {
		f.Hint = fmt.Sprintf("check the clock of this machine (%s); if it is right, the server needs a new certificate", time.Now().UTC().Format(time.RFC3339))
	}
	if _, is := errors.AsType[x509.HostnameError](err); is {
		f.Hint = "use the host name that the certificate is valid for"
	}
	return f, true
}

// refusesTLS reports whether an alert of the server means that it does not accept
// this client. It then has read no request.
func refusesTLS(alert error) bool {
	return slices.ContainsFunc([]string{
		"certificate", "handshake failure", "access denied", "protocol version", "insufficient security", "unrecognized name", "application protocol",
	}, func(s string) bool { return strings.Contains(alert.Error(), s) })
}

// socks explains what a SOCKS proxy said.
func socks(e *net.OpError) Failure {
	f := Failure{Why: "the SOCKS proxy did not connect: " + clean(e.Err.Error())}
	if strings.Contains(f.Why, "authentication") || strings.Contains(f.Why, "not allowed") {
		f.Permanent, f.Hint = true, proxyHint
	}
	return f
}

// clean bounds text that the other side may have written, and makes it one line.
func clean(s string) string {
	s = visible.OneLine(s)
	if runes := []rune(s); len(runes) > 300 {
		s = string(runes[:300]) + "…"
	}
	return s
}

// NeverPassedOn reports whether an answer is that of a proxy, a portal or a gateway
// before the server, which did not pass the request on.
func NeverPassedOn(status int) bool {
	switch status {
	case http.StatusProxyAuthRequired, http.StatusMisdirectedRequest, http.StatusNetworkAuthenticationRequired,
		521, 522, 523, 525, 526, 530: // a gateway of Cloudflare got no connection
		return true
	}
	return false
}
