package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest/reach"
)

// A Request is one call of a vendor's API.
type Request struct {
	Method string
	Path   string // below the base URL, its segments escaped
	Query  url.Values
	Body   any // sent as JSON; nil sends none

	// Header is sent besides what every request has, or in its place.
	Header http.Header

	// Answered is given the header of the last answer, no matter what it says. It may be nil.
	Answered func(http.Header)

	// ReadOnly says that it changes nothing, whatever its method: a login. A dry
	// run shows it anyway: that sends what only reads.
	ReadOnly bool

	// ReturnsSecret says that the answer may hold a secret that cannot be retrieved again.
	ReturnsSecret bool

	// Timeout bounds one try, to the end of its answer; zero means a minute.
	Timeout time.Duration

	// RetryFor bounds how long an answer of [Dialect.NotYet] is waited out.
	RetryFor time.Duration
}

// op names r in errors and logs: without the query, which may hold a secret.
func (r Request) op() string { return r.Method + " " + r.Path }

// reads reports whether r only reads, by its method.
func (r Request) reads() bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// changes reports whether r may change something at the vendor.
func (r Request) changes() bool { return !r.ReadOnly && !r.reads() }

// idempotent reports whether sending r twice does what sending it once does.
func (r Request) idempotent() bool {
	return r.reads() || r.Method == http.MethodPut || r.Method == http.MethodDelete
}

// marshal returns the body of r, or nil; without options its secrets are redacted.
func (r Request) marshal(how ...json.Options) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	b, err := json.Marshal(r.Body, append(how, json.Deterministic(true))...)
	if err != nil {
		return nil, fmt.Errorf("%s: the request cannot be written as JSON: %w", r.op(), err)
	}
	return b, nil
}

// build makes the HTTP request for one try of r.
func (c *Client) build(ctx context.Context, r Request, body []byte) (*http.Request, error) {
	if !reach.SafePath(r.Path) {
		return nil, provider.Usage("%s: a part of the address is empty, or leads elsewhere", r.op())
	}
	u := c.base.JoinPath(r.Path)
	u.RawQuery = r.Query.Encode()
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, u.String(), reader)
	if err != nil {
		return nil, provider.Usage("%s: the address is not a valid one", r.op())
	}
	req.GetBody = nil // the transport must not send a body a second time by itself
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "credctl")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	maps.Copy(req.Header, r.Header)
	if c.Auth != nil {
		if err := c.Auth(ctx, req); err != nil {
			return nil, err
		}
	}
	return req, reach.Sendable(req.Header)
}

// dryRun shows a request that does not only read, in place of sending it. What
// Auth would have to send first, such as a login, is shown before it.
func (c *Client) dryRun(ctx context.Context, r Request) error {
	body, err := r.marshal()
	if err != nil {
		return err
	}
	if _, err := c.build(ctx, r, nil); err != nil && !errors.Is(err, provider.ErrDryRun) {
		return err
	}
	u := c.base.JoinPath(r.Path)
	u.RawQuery = r.Query.Encode()
	c.conn.DryRun(r.Method, u.String(), body)
	return fmt.Errorf("%s: %w", r.op(), provider.ErrDryRun)
}
