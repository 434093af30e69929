package rest

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest/reach"
)

// NewTransport returns the connections that all adapters of a run share, as
// [reach.NewTransport] describes them.
func NewTransport() *http.Transport { return reach.NewTransport() }

// An attempt is one try of a request.
type attempt struct {
	*http.Request
	n           int           // from 1
	timeout     time.Duration // from the connection to the end of the answer
	changes     bool          // something; an interrupt does not end it
	maxThrottle time.Duration // how long it may be held back where the vendor says that it takes no more for now
}

// headerTimeout bounds the wait for the header of an answer, however long that is.
const headerTimeout = time.Minute

// limit returns what bounds a. An interrupt does not end a request that changes
// something: without its answer nobody would know what became of it, and a secret
// that was issued would be lost. The deadline of the caller counts anyway, but, like
// any limit, not while the program was stopped.
func (a *attempt) limit() (context.Context, *reach.Limit) {
	caller := a.Context()
	if d, ok := caller.Deadline(); ok {
		a.timeout = min(a.timeout, time.Until(d))
	}
	ctx, limit := reach.NewLimit(context.WithoutCancel(caller), min(a.timeout, headerTimeout))
	if !a.changes {
		limit.Follow(caller)
	}
	return ctx, limit
}

// A handler sends an attempt. Each layer is one that calls the next.
type handler func(*attempt) (*http.Response, error)

// transport is the last layer. It follows no redirect, because a header that
// authenticates would follow it to another host.
func transport(c *http.Client) handler {
	h := *c // a copy: the caller's client is not ours to change
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	h.Timeout = 0 // it would cut a long listing short; each try has a limit
	h.Jar = nil   // what authenticates is in the request alone
	return func(a *attempt) (*http.Response, error) {
		ctx, limit := a.limit()
		var trace reach.Trace
		start := time.Now()
		resp, err := h.Do(a.WithContext(trace.Context(ctx)))
		if err != nil {
			if ue, ok := errors.AsType[*url.Error](err); ok {
				err = ue.Err // its text quotes the URL, and that the query
			}
			err = limit.Err(err)
			limit.Stop()
			sent, err := trace.Sent(err)
			if !sent {
				err = provider.WithClass(errNeverSent, err)
			}
			return nil, err
		}
		if a.timeout > headerTimeout {
			limit.Extend(a.timeout - headerTimeout - time.Since(start))
		}
		resp.Request, resp.Body = a.Request, limit.Body(resp.Body)
		return resp, nil
	}
}
