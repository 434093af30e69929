package rest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// An attempt is one try of a request.
type attempt struct {
	*http.Request
	n           int           // from 1
	timeout     time.Duration // from the connection to the end of the answer
	changes     bool          // something; an interrupt does not end it
	maxThrottle time.Duration // how long it may be held back where the vendor says that it takes no more for now
}

// context is what bounds a. Who interrupts a request that changes something still
// gets the answer: without it nobody would know what became of it, and a secret
// that was issued would be lost. The deadline of the caller counts all the same.
func (a *attempt) context() (context.Context, context.CancelFunc) {
	ctx, until := a.Context(), time.Now().Add(a.timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(until) {
		until = d
	}
	if a.changes {
		ctx = context.WithoutCancel(ctx)
	}
	return context.WithDeadline(ctx, until)
}

// A handler sends an attempt. Each layer is one that calls the next.
type handler func(*attempt) (*http.Response, error)

// transport is the last layer. It follows no redirect, because a header that
// authenticates would follow it to another host.
func transport(c *http.Client) handler {
	h := *c // a copy: the caller's client is not ours to change
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	h.Timeout = 0 // it would cut a long listing short; each try has a deadline
	h.Jar = nil   // what authenticates is in the request alone
	return func(a *attempt) (*http.Response, error) {
		ctx, cancel := a.context()
		var asked, got atomic.Bool // for a connection
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			GetConn: func(string) { asked.Store(true) },
			GotConn: func(httptrace.GotConnInfo) { got.Store(true) },
		})
		resp, err := h.Do(a.WithContext(ctx))
		if err != nil {
			cancel()
			if ue, ok := errors.AsType[*url.Error](err); ok {
				err = ue.Err // its text quotes the URL, and that the query
			}
			oe, is := errors.AsType[*net.OpError](err)
			if is && connecting(oe) || asked.Load() && !got.Load() {
				err = provider.WithClass(errNeverSent, err)
			}
			return nil, err
		}
		resp.Request, resp.Body = a.Request, &timedBody{resp.Body, cancel}
		return resp, nil
	}
}

// A timedBody ends the deadline of its request when it is closed.
type timedBody struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (b *timedBody) Close() error {
	err := b.ReadCloser.Close()
	b.cancel()
	return err
}

// NewTransport returns the connections that all adapters of a run share.
// HTTPS_PROXY and SSL_CERT_FILE are honoured.
//
// It speaks HTTP/1.1 alone. Go's HTTP/2 client takes 1.5 to 1.9 times as long for
// one big listing; and where a server resets a stream it may send a request again
// by itself, which must never happen to one that issues a secret. What HTTP/2
// would save, a handshake for each worker, is paid once in a run.
func NewTransport() *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		Protocols:              &protocols,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    64, // bulk work must not shake hands again for each request
		IdleConnTimeout:        30 * time.Second,
		TLSHandshakeTimeout:    15 * time.Second,
		ResponseHeaderTimeout:  time.Minute,
		MaxResponseHeaderBytes: 256 << 10,
		ReadBufferSize:         32 << 10, // of a listing as much as comes at once
	}
}
