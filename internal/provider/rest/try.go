package rest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// errPassedOn says that a part of the answer is already with the consumer.
var errPassedOn = errors.New("already passed on")

// try sends r for the nth time, as the request that it returns, and gives the
// answer of a success to read.
func (c *Client) try(ctx context.Context, r Request, body []byte, n int, read func(*http.Response) error) (*http.Request, error) {
	if err := ctx.Err(); err != nil { // also before Auth, which may send requests of its own
		return nil, fmt.Errorf("%s: not sent: %w", r.op(), err)
	}
	req, err := c.build(ctx, r, body)
	if err != nil {
		return nil, err
	}
	resp, err := c.send(&attempt{req, n, cmp.Or(r.Timeout, time.Minute), r.changes(), max(c.conn.MaxWait, c.conn.MaxThrottle, r.RetryFor)})
	if err != nil {
		return req, lost(r, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return req, c.failure(r, resp, nil)
	}
	return req, read(resp)
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
