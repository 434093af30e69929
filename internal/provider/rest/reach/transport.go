package reach

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// NewTransport returns the connections that all adapters of a run share.
// HTTPS_PROXY and SSL_CERT_FILE are honoured. It has no time limit for an answer:
// see [Limit].
//
// It speaks HTTP/1.1 alone. Go's HTTP/2 client takes 1.5 to 1.9 times as long for
// one big listing; and where a server resets a stream it may send a request again
// by itself, which must never happen to one that issues a secret. What HTTP/2
// would save, a handshake for each worker, is paid once in a run.
func NewTransport() *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	t := &http.Transport{
		Proxy:                  proxy,
		OnProxyConnectResponse: connected,
		DialContext:            dialer.DialContext,
		Protocols:              &protocols,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    64, // bulk work must not make a handshake for each request
		IdleConnTimeout:        30 * time.Second,
		TLSHandshakeTimeout:    15 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		ReadBufferSize:         32 << 10, // of a listing as much as comes at once
	}
	t.RegisterProtocol("http", withoutTLS(t, *dialer))
	return t
}

// A ProxyError is that the proxy, and not the server, did not let a request through.
type ProxyError struct {
	Host   string // of the proxy
	Status int    // of its answer; zero: its URL is invalid
}

func (e *ProxyError) Error() string {
	if e.Status == 0 {
		return "the proxy URL is invalid"
	}
	return fmt.Sprintf("the proxy %s answered %d %s", clean(e.Host), e.Status, strings.ToLower(http.StatusText(e.Status)))
}

const proxyHint = "set HTTPS_PROXY to a proxy that allows this connection, with its user name and password, or name the host in NO_PROXY"

func (e *ProxyError) failure() Failure {
	if e.Status >= 500 || e.Status == http.StatusTooManyRequests {
		return Failure{Why: e.Error()}
	}
	return Failure{e.Error(), true, proxyHint}
}

func proxy(r *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(r)
	if err != nil {
		return nil, &ProxyError{} // the text of err may quote a password
	}
	return u, nil
}

// connected refuses the answer of a proxy that did not connect; net/http would make
// an error of the text of its status.
func connected(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return &ProxyError{proxy.Host, resp.StatusCode}
}

// A Trace notes how far a request came.
type Trace struct {
	asked, got atomic.Bool // for a connection
	handshake  atomic.Pointer[handshakeError]
}

// Context returns ctx for a request that t follows.
func (t *Trace) Context(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { t.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.got.Store(true) },
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err != nil {
				t.handshake.Store(&handshakeError{err})
			}
		},
	})
}

// Sent reports whether bytes of the request that ended with err may have reached the
// server, and returns err with what t knows of it.
func (t *Trace) Sent(err error) (bool, error) {
	if h := t.handshake.Load(); h != nil && !t.got.Load() {
		return false, h
	}
	oe, network := errors.AsType[*net.OpError](err)
	_, byProxy := errors.AsType[*ProxyError](err)
	never := t.asked.Load() && !t.got.Load() || network && (oe.Op == "dial" || oe.Op == "proxyconnect") || byProxy || Explain(err).Permanent
	return !never, err
}

// A handshakeError is that a TLS handshake failed.
type handshakeError struct{ error }

func (e *handshakeError) Unwrap() error { return e.error }
