package rest

import (
	"net/http"
	"time"
)

// An attempt is one try of a request.
type attempt struct {
	*http.Request
	n int // from 1
}

// A handler sends an attempt. Each layer is one that calls the next.
type handler func(*attempt) (*http.Response, error)

// transport is the last layer. It follows no redirect, because a header that
// authenticates would follow it to another host.
func transport(c *http.Client) handler {
	h := *c // a copy: the caller's client is not ours to change
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	h.Timeout = 0 // it would cut a long listing short; each try has a deadline
	return func(a *attempt) (*http.Response, error) { return h.Do(a.Request) }
}

// NewTransport returns the connections that all adapters of a run share.
// HTTPS_PROXY and SSL_CERT_FILE are honoured.
func NewTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64 // bulk work must not shake hands again for each request
	t.ResponseHeaderTimeout = time.Minute
	t.MaxResponseHeaderBytes = 256 << 10
	return t
}
