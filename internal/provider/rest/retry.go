package rest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// attempts is how often one request is tried, the first time included.
const attempts = 4

// do sends r until it is answered for good, and gives a success to read. What
// read has passed on is not asked for again.
func (c *Client) do(ctx context.Context, r Request, read func(*http.Response) error) error {
	body, err := r.encode()
	if err != nil {
		return err
	}
	patience := time.Now().Add(r.Patience)
	renewed := false
	for try := 1; ; try++ {
		err := c.once(ctx, r, body, try, read)
		if err == nil {
			return nil
		}
		e, answered := errors.AsType[*provider.Error](err)
		if answered && e.Status == http.StatusUnauthorized && !renewed && c.Renew != nil && c.Renew() {
			renewed = true // a 401 was not carried out, whatever the method
			continue
		}
		wait, ok := c.notYet(r, e, patience)
		if ok {
			try-- // it is not a failure
		} else if wait, ok = c.again(ctx, r, try, err); !ok {
			return err
		}
		if err := c.sleep(ctx, wait); err != nil {
			return interrupted(r, err)
		}
	}
}

// notYet reports whether e asks for patience that r still has.
func (c *Client) notYet(r Request, e *provider.Error, until time.Time) (time.Duration, bool) {
	if e == nil || c.NotYet == nil {
		return 0, false
	}
	wait, ok := c.NotYet(e)
	return wait, ok && time.Now().Add(wait).Before(until)
}

// again reports whether a request that failed with err may be sent once more,
// and when. One that is not idempotent is sent again only when the vendor did
// not act on it: one rotation must not become two.
func (c *Client) again(ctx context.Context, r Request, try int, err error) (time.Duration, bool) {
	if try >= attempts || ctx.Err() != nil || errors.Is(err, errPassedOn) {
		return 0, false
	}
	e, answered := errors.AsType[*provider.Error](err)
	if !answered {
		return backoff(try), errors.Is(err, errNoAnswer) && (r.idempotent() || errors.Is(err, errNeverSent))
	}
	switch e.Status {
	case http.StatusTooManyRequests:
		wait, known := c.retryAfter(e)
		if !known {
			wait = backoff(try)
		}
		return wait, wait <= c.conn.MaxWait // a longer one is reported at once
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		wait, known := c.retryAfter(e)
		if !known {
			wait = backoff(try)
		}
		return wait, r.idempotent() && wait <= c.conn.MaxWait
	}
	return 0, false
}

// backoff returns a wait up to a bound that doubles with each try: full jitter,
// so that many clients that were refused together do not come back together.
func backoff(try int) time.Duration {
	return rand.N(500 * time.Millisecond << min(try-1, 6)) //nolint:gosec // G404: chance, not secrecy
}

// retryAfter is how long the vendor asks to wait: Retry-After in seconds or as
// a date, or what the dialect knows.
func (c *Client) retryAfter(e *provider.Error) (time.Duration, bool) {
	if s, err := strconv.Atoi(e.RetryAfter); err == nil && s >= 0 {
		return time.Duration(s) * time.Second, true
	}
	if at, err := http.ParseTime(e.RetryAfter); err == nil {
		return max(0, time.Until(at)), true
	}
	if c.Window != nil && e.Status == http.StatusTooManyRequests {
		return c.Window(e)
	}
	return 0, false
}

// interrupted describes a request that was given up while it waited to be sent again.
func interrupted(r Request, err error) error {
	return fmt.Errorf("%s: given up while waiting to ask again: %w", r.op(), err)
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
