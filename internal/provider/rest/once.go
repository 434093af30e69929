package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// errPassedOn says that a part of the answer is already with the consumer.
var errPassedOn = errors.New("already passed on")

// once sends r once, as the request that it returns, and gives the answer of a
// success to read.
func (c *Client) once(ctx context.Context, r Request, body []byte, try int, read func(*http.Response) error) (*http.Request, error) {
	if err := ctx.Err(); err != nil { // also before Auth, which may send requests of its own
		return nil, fmt.Errorf("%s: not sent: %w", r.op(), err)
	}
	req, err := c.build(ctx, r, body)
	if err != nil {
		return nil, err
	}
	resp, err := c.send(&attempt{req, try, r.timeout(), r.changes(), max(c.conn.MaxWait, c.conn.MaxThrottle, r.RetryFor)})
	if err != nil {
		return req, lost(r, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return req, c.failure(r, resp, nil)
	}
	return req, read(resp)
}
