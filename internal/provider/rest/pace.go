package rest

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// A pacer keeps the requests of a run within what the vendor allows: by the count
// that it tells in its headers, and by what it refuses. All workers share it.
// Until it knows of a limit it holds nobody back, and after a refusal it never
// lets a crowd go at once.
type pacer struct {
	turn chan struct{} // held by the request that is next; the others queue up for it
	news chan struct{} // an answer may have changed how long it has to wait

	mu    sync.Mutex
	rate  rate
	quota quota

	dialect Dialect
	report  func(what string)
}

func newPacer(d Dialect, report func(what string)) *pacer {
	return &pacer{turn: make(chan struct{}, 1), news: make(chan struct{}, 1), dialect: d, report: report}
}

// A throttledError is that the vendor has said that it takes no requests for
// longer than may be waited.
type throttledError struct{ wait time.Duration }

func (e *throttledError) Error() string {
	return fmt.Sprintf("the vendor takes no more requests for %s", seconds(e.wait))
}

func (p *pacer) wrap(next handler) handler {
	return func(a *attempt) (*http.Response, error) {
		started, err := p.wait(a)
		if err != nil {
			return nil, &neverSentError{err}
		}
		resp, err := next(a)
		p.observe(started, a.Method, resp)
		return resp, err
	}
}

// wait returns when a may start, which it then has. Of those that wait, one alone
// says so.
func (p *pacer) wait(a *attempt) (time.Time, error) {
	ctx := a.Context()
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
	defer func() { <-p.turn }()
	said := false
	for {
		now, delay, closed := p.admit(a)
		switch {
		case closed > a.maxThrottle:
			return time.Time{}, &throttledError{closed}
		case delay <= 0:
			return now, nil
		case delay >= time.Second && closed >= time.Second && !said:
			said = true
			p.report(fmt.Sprintf("the vendor takes no more requests for %s: waiting", seconds(closed)))
		}
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-p.news:
		case <-ctx.Done():
			timer.Stop()
			return time.Time{}, ctx.Err()
		}
		timer.Stop()
	}
}

// admit lets a start, or says how long it has to wait, and for how long the vendor
// takes no such request. While others are under way that is not settled by a count.
func (p *pacer) admit(a *attempt) (now time.Time, delay, closed time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now = time.Now()
	quota := p.quota.delay(now)
	delay = max(p.rate.due.Sub(now), quota)
	closed = p.rate.closed(now, a.Method)
	if p.quota.inFlight == 0 {
		closed = max(closed, quota)
	}
	if delay <= 0 && closed <= a.maxThrottle {
		p.rate.start(now)
		p.quota.start()
	}
	return now, delay, closed
}

// observe notes the answer to a request that started at the given time; nil is none.
func (p *pacer) observe(started time.Time, method string, resp *http.Response) {
	p.mu.Lock()
	now := time.Now()
	p.quota.inFlight--
	if resp != nil {
		if left, ends, ok := remaining(p.dialect.Window, now, resp.Header); ok {
			p.quota.tell(now, left, ends)
		}
		if resp.StatusCode == http.StatusTooManyRequests {
			ask, _ := p.dialect.Asked(&provider.Error{Status: resp.StatusCode, RetryAfter: resp.Header.Get("Retry-After"), Date: resp.Header.Get("Date")})
			p.rate.refuse(now, started, method, ask)
		} else {
			p.rate.accept(started)
		}
	}
	p.mu.Unlock()
	select {
	case p.news <- struct{}{}:
	default: // it is known that there are news
	}
}
