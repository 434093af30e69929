package rest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest/reach"
)

// attempts is how often one request may fail, the last time included. A refusal
// for the rate is no failure: the vendor did not look at the request.
const attempts = 4

// do sends r until it is answered for good, and gives a success to read. What
// read has passed on is not asked for again.
func (c *Client) do(ctx context.Context, r Request, read func(*http.Response) error) error {
	if c.conn.DryRun != nil && !r.reads() {
		return c.dryRun(ctx, r)
	}
	body, _, err := r.encode()
	if err != nil {
		return err
	}
	s := retries{c: c, r: r, retryUntil: time.Now().Add(r.RetryFor)}
	for n := 1; ; n++ {
		req, err := c.try(ctx, r, body, n, read)
		if err == nil {
			return nil
		}
		if s.gone(err) {
			return provider.WithClass(provider.ErrGone, err)
		}
		wait, again := s.next(req, err)
		if !again || ctx.Err() != nil {
			return s.advise(err)
		}
		if until, ok := ctx.Deadline(); ok && time.Until(until) < wait {
			return err // what the vendor said is worth more than that the time is up
		}
		tells := wait >= time.Second && !s.notYet // what that waits for the adapter tells
		if tells {
			c.conn.Report(fmt.Sprintf("%s: retrying in %s", r.op(), pace.Seconds(wait)))
		}
		if ended := pace.Sleep(ctx, wait); ended != nil {
			return fmt.Errorf("%w (interrupted while waiting to retry: %w)", err, ended)
		}
		if tells {
			c.conn.Report("")
		}
	}
}

// try sends r for the nth time, as the request that it returns, and gives the
// answer of a success to read.
func (c *Client) try(ctx context.Context, r Request, body []byte, n int, read func(*http.Response) error) (*http.Request, error) {
	if err := reach.Over(ctx); err != nil { // also before Auth, which may send requests of its own
		return nil, fmt.Errorf("%s: not sent: %w", r.op(), err)
	}
	req, err := c.build(ctx, r, body)
	if err != nil {
		return nil, err
	}
	resp, err := c.send(&attempt{req, n, cmp.Or(r.Timeout, time.Minute), r.changes(), max(c.conn.MaxWait, c.conn.MaxThrottle, r.RetryFor)})
	if err != nil {
		return req, lost(r, err, false)
	}
	defer resp.Body.Close()
	if r.Answered != nil {
		r.Answered(resp.Header)
	}
	if resp.StatusCode/100 != 2 {
		return req, c.failure(r, resp, nil)
	}
	return req, read(resp)
}

// retries is what became of one request so far.
type retries struct {
	c            *Client
	r            Request
	failed       int
	refusals     int
	refused      time.Time     // for the first time
	retryUntil   time.Time     // while the vendor says "not yet"
	tooLong      time.Duration // a wait that the vendor asks for, and --max-wait forbids
	renewed      bool
	notYet       bool // the vendor says that what is asked for takes time
	maybeApplied bool // it may have been carried out
}

// gone reports whether err says that a repeated deletion found nothing to delete,
// after the answer to an earlier try was lost.
func (s *retries) gone(err error) bool {
	return s.r.Method == http.MethodDelete && s.maybeApplied && errors.Is(err, provider.ErrAbsent)
}

// next reports whether a request that was sent as req and ended with err may be
// sent once more, and when. One that is not idempotent is sent again only when
// the vendor did not act on it: one rotation must not become two.
func (s *retries) next(req *http.Request, err error) (time.Duration, bool) {
	s.maybeApplied = s.maybeApplied || maybeApplied(err)
	if throttled, ok := errors.AsType[*pace.ThrottledError](err); ok {
		return throttled.Wait, s.withinMaxWait(throttled.Wait)
	}
	e, answered := errors.AsType[*provider.Error](err)
	switch {
	case errors.Is(err, errPassedOn):
		return 0, false
	case !answered:
		lost, noAnswer := errors.AsType[*lostError](err)
		return s.failure(noAnswer && !lost.permanent && (s.r.idempotent() || errors.Is(err, errNeverSent)))
	case e.Status == http.StatusUnauthorized && req != nil && !s.renewed && s.c.Renew != nil && s.c.Renew(req):
		s.renewed = true // a 401 was not carried out, whatever the method
		return 0, true
	}
	if s.c.NotYet != nil {
		if wait, ok := s.c.NotYet(e); ok && time.Now().Add(wait).Before(s.retryUntil) {
			s.notYet = true
			return wait, true
		}
	}
	switch e.Status {
	case http.StatusTooManyRequests:
		return s.refusal(e)
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		wait, again := s.failure(s.r.idempotent())
		if asked, ok := s.c.Asked(e); ok {
			wait = asked
		}
		return wait, again && s.withinMaxWait(wait)
	}
	return 0, false
}

// withinMaxWait reports whether --max-wait allows a wait; one that it does not
// allow fails at once.
func (s *retries) withinMaxWait(wait time.Duration) bool {
	if wait <= s.c.conn.MaxWait {
		return true
	}
	s.tooLong = wait
	return false
}

// advise says what to do about an err that is final.
func (s *retries) advise(err error) error {
	if s.tooLong == 0 || provider.HintOf(err) != "" {
		return err
	}
	return provider.Hint(err, "try again in %s, or pass --max-wait %[1]s", pace.Seconds(s.tooLong))
}

// failure counts one, and reports whether and when to try again.
func (s *retries) failure(repeatable bool) (time.Duration, bool) {
	s.failed++
	return min(pace.Backoff(s.failed), s.c.conn.MaxWait), repeatable && s.failed < attempts
}

// refusal waits out a 429, which may be sent again whatever the method: it was
// refused before anybody looked at it. All waits together are bounded.
func (s *retries) refusal(e *provider.Error) (time.Duration, bool) {
	if s.refusals == 0 {
		s.refused = time.Now()
	}
	s.refusals++
	wait, ok := s.c.Asked(e)
	switch {
	case !ok || wait <= 0: // to come back at once would not end
		wait = pace.Backoff(s.refusals)
	case !s.withinMaxWait(wait):
		return 0, false
	}
	return wait, time.Since(s.refused)+wait <= s.c.conn.MaxWait
}
