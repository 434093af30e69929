package rest

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A pacer keeps the requests of a run within what the vendor allows. It starts
// without a limit. A 429 halves the rate and holds everybody back for as long
// as Retry-After says; every success lets it grow again.
type pacer struct {
	mu   sync.Mutex
	gap  time.Duration // the least time between two requests; zero: no limit is known
	free time.Time     // when the next request may start
}

func newPacer() *pacer { return &pacer{} }

func (p *pacer) wrap(next handler) handler {
	return func(a *attempt) (*http.Response, error) {
		if err := p.wait(a.Context()); err != nil {
			return nil, &neverSentError{err}
		}
		resp, err := next(a)
		if err == nil {
			p.learn(resp)
		}
		return resp, err
	}
}

func (p *pacer) wait(ctx context.Context) error {
	p.mu.Lock()
	now := time.Now()
	start := p.free
	if start.Before(now) {
		start = now
	}
	p.free = start.Add(p.gap)
	p.mu.Unlock()
	return sleep(ctx, start.Sub(now))
}

// The rates between which the pacer moves once a vendor has refused a request.
const (
	slowest = 2 * time.Second
	first   = 20 * time.Millisecond
)

func (p *pacer) learn(resp *http.Response) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if resp.StatusCode == http.StatusTooManyRequests {
		p.gap = min(max(p.gap*2, first), slowest)
		if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
			p.gap = max(p.gap, 0)
		}
		return
	}
	if p.gap > 0 && resp.StatusCode < 300 {
		p.gap -= p.gap / 50
		if p.gap < time.Millisecond {
			p.gap = 0
		}
	}
}

// A neverSentError ended a request before it was sent.
type neverSentError struct{ err error }

func (e *neverSentError) Error() string   { return e.err.Error() }
func (e *neverSentError) Unwrap() []error { return []error{e.err, errNeverSent} }
