package rest

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// A pacer keeps the requests of a run within what the vendor allows: by the
// count that it tells in its headers, and by the rate at which it refuses. All
// workers share it. Until it knows of a limit it holds nobody back, and after a
// refusal it never lets a crowd go at once.
type pacer struct {
	turn chan struct{} // held by the request that is next; the others queue up for it
	news chan struct{} // an answer may have changed how long it has to wait

	mu     sync.Mutex
	rate   rate
	quota  quota
	window func(*http.Response) time.Duration // how long a refusal lasts; zero: the vendor does not say

	report func(what string)
}

func newPacer(window func(*http.Response) time.Duration, report func(what string)) *pacer {
	return &pacer{turn: make(chan struct{}, 1), news: make(chan struct{}, 1), window: window, report: report}
}

// A spentError is that the vendor has said that it takes no requests for longer
// than may be waited.
type spentError struct{ wait time.Duration }

func (e *spentError) Error() string {
	return fmt.Sprintf("the vendor takes no more requests for %s", seconds(e.wait))
}

func (p *pacer) wrap(next handler) handler {
	return func(a *attempt) (*http.Response, error) {
		started, err := p.wait(a)
		if err != nil {
			return nil, &neverSentError{err}
		}
		resp, err := next(a)
		p.learn(started, a.Method, resp)
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
		now, delay, spent := p.admit(a.Method, a.held)
		switch {
		case spent > a.held:
			return time.Time{}, &spentError{spent}
		case delay <= 0:
			return now, nil
		case delay >= time.Second && spent >= time.Second && !said:
			said = true
			p.report(fmt.Sprintf("the vendor takes no more requests for %s: waiting", seconds(spent)))
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

// admit lets the next request, of this method, start, or says how long it has to wait, and for how
// long the vendor takes none, which may be most at most. While others are under way
// that is not settled by a count.
func (p *pacer) admit(method string, most time.Duration) (now time.Time, delay, spent time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now = time.Now()
	quota := p.quota.delay(now)
	delay = max(p.rate.delay(now, method), quota)
	spent = p.rate.shut(now, method)
	if p.quota.flying == 0 {
		spent = max(spent, quota)
	}
	if delay <= 0 && spent <= most {
		p.rate.start(now)
		p.quota.start()
	}
	return now, delay, spent
}

// learn notes the answer to a request that started at the given time; nil is none.
func (p *pacer) learn(started time.Time, method string, resp *http.Response) {
	p.mu.Lock()
	now := time.Now()
	p.quota.done(now, resp)
	switch {
	case resp == nil:
	case resp.StatusCode == http.StatusTooManyRequests:
		p.rate.refuse(now, started, method, p.window(resp))
	default:
		p.rate.accept(started)
	}
	p.mu.Unlock()
	select {
	case p.news <- struct{}{}:
	default: // it is known that there are news
	}
}
