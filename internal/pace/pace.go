// Package pace keeps the requests of a run within what a vendor allows: by the
// count that it tells in its headers, by the window that it documents, and by what
// it refuses.
package pace

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// A Pacer says when a request may start. All workers of a run share it. Until it
// knows of a limit it holds nobody back, and after a refusal it never lets a crowd
// go at once.
type Pacer struct {
	turn   chan struct{} // held by the request that is next; the others queue up for it
	news   chan struct{} // an answer may have changed how long it has to wait
	window time.Duration
	report func(what string)

	mu    sync.Mutex
	rate  rate
	quota quota
}

// New returns a Pacer for a vendor that counts requests in each window of its
// clock, or documents none. What is waited for is reported.
func New(window time.Duration, report func(what string)) *Pacer {
	return &Pacer{turn: make(chan struct{}, 1), news: make(chan struct{}, 1), window: window, report: report}
}

// A ThrottledError is that the vendor has said that it takes no requests for
// longer than may be waited.
type ThrottledError struct{ Wait time.Duration }

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("the vendor takes no more requests for %s", Seconds(e.Wait))
}

// Seconds is d as people are told it: a wait of that length is not too short.
func Seconds(d time.Duration) time.Duration {
	return (d + time.Second - time.Nanosecond).Truncate(time.Second)
}

// Wait returns when a request of this method may start, which it then has, and
// whose answer is to be observed. It fails with a [ThrottledError] where the vendor
// has said that it takes none for longer than most. Of those that wait, one alone
// reports it.
func (p *Pacer) Wait(ctx context.Context, method string, most time.Duration) (time.Time, error) {
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
	defer func() { <-p.turn }()
	said := false
	for {
		now, delay, closed := p.admit(method, most)
		switch {
		case closed > most:
			return time.Time{}, &ThrottledError{closed}
		case delay <= 0:
			return now, nil
		case delay >= time.Second && closed >= time.Second && !said:
			said = true
			p.report(fmt.Sprintf("the vendor takes no more requests for %s: waiting", Seconds(closed)))
		}
		select {
		case <-time.After(delay):
		case <-p.news:
		case <-ctx.Done():
			return time.Time{}, ctx.Err()
		}
	}
}

// admit lets a request start, or says how long it has to wait, and for how long the
// vendor takes none. While others are under way that is not settled by a count.
func (p *Pacer) admit(method string, most time.Duration) (now time.Time, delay, closed time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now = time.Now()
	quota := p.quota.delay(now)
	delay = max(p.rate.due.Sub(now), quota)
	closed = p.rate.closed(now, method)
	if p.quota.inFlight == 0 {
		closed = max(closed, quota)
	}
	if delay <= 0 && closed <= most {
		p.rate.start(now)
		p.quota.start()
	}
	return now, delay, closed
}

// Observe notes the answer to a request that started at the given time; nil is none.
func (p *Pacer) Observe(started time.Time, method string, resp *http.Response) {
	p.mu.Lock()
	now := time.Now()
	p.quota.inFlight--
	if resp != nil {
		if left, ends, ok := remaining(p.window, now, resp.Header); ok {
			p.quota.tell(now, left, ends)
		}
		if resp.StatusCode == http.StatusTooManyRequests {
			ask, _ := Asked(p.window, resp.StatusCode, resp.Header.Get("Retry-After"), resp.Header.Get("Date"))
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
