// Package pace keeps the requests of a run within what a vendor allows: by the
// count that it tells in its headers, by the window that it documents, and by the
// wait that it asks for when it refuses.
package pace

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// A Pacer says when a request may start. All that send requests which the vendor
// counts together share it. Until it knows of a limit it holds nobody back.
type Pacer struct {
	turn   chan struct{} // held by the request that is next; the others queue up for it
	news   chan struct{} // an answer may have changed how long it has to wait
	window time.Duration
	report func(what string)

	mu     sync.Mutex
	quota  quota
	closed map[string]time.Time // until when the vendor refuses requests of a method; it may limit only what issues
	next   time.Time            // when another request may start, after the first refusal
}

const (
	// apart is the time between two starts after the first refusal: 98 a second,
	// so that those who waited together do not arrive together.
	apart = 10200 * time.Microsecond

	// late is what starts that a timer held up may make up for.
	late = 3 * apart
)

// New returns a Pacer for a vendor that documents limit. What is waited for is reported.
func New(limit Limit, report func(what string)) *Pacer {
	return &Pacer{
		turn: make(chan struct{}, 1), news: make(chan struct{}, 1), window: limit.Window, report: report,
		quota: quota{window: limit.Window, limit: limit.Requests, mixed: limit.RefusesKey != nil}, closed: map[string]time.Time{},
	}
}

// A ThrottledError is that the vendor has said that it takes no requests for
// longer than may be waited.
type ThrottledError struct{ Wait time.Duration }

func (e *ThrottledError) Error() string {
	return "the vendor's rate limit allows no request for " + Seconds(e.Wait).String()
}

// Seconds is d as people are told it: a wait of that length is not too short.
func Seconds(d time.Duration) time.Duration {
	return (d + time.Second - time.Nanosecond).Truncate(time.Second)
}

// wait returns when a request of this method may start. It fails with a [ThrottledError]
// where the vendor has said that it takes none for longer than most. Of those that
// wait, one alone reports it, and with "" that the wait is over.
func (p *Pacer) wait(ctx context.Context, method string, most time.Duration, by counter) (start, error) {
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return start{}, ctx.Err()
	}
	defer func() { <-p.turn }()
	said := false
	defer func() {
		if said {
			p.report("")
		}
	}()
	for {
		delay, closed, started := p.admit(method, most, by)
		switch {
		case closed > most:
			return start{}, &ThrottledError{closed}
		case delay <= 0:
			return started, nil
		case min(delay, closed) >= time.Second && !said:
			said = true
			p.report(fmt.Sprintf("rate limited: waiting %s", Seconds(closed)))
		}
		select {
		case <-time.After(delay):
		case <-p.news:
		case <-ctx.Done():
			return start{}, ctx.Err()
		}
	}
}

// admit lets a request start, or says how long it has to wait, and for how long the
// vendor takes none. While others are under way that is not settled by a count.
func (p *Pacer) admit(method string, most time.Duration, by counter) (delay, closed time.Duration, started start) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	quota := p.quota.delay(now)
	closed = p.closed[method].Sub(now)
	delay = max(quota, p.next.Sub(now))
	if p.quota.inFlight == 0 {
		closed = max(closed, quota)
	}
	if delay <= 0 && closed <= most {
		started = p.quota.start(now, by)
		if now.Sub(p.next) > late {
			p.next = now
		}
		if len(p.closed) > 0 {
			p.next = p.next.Add(apart)
		}
	}
	return delay, closed, started
}

// observe notes the answer to a request that was let start; nil is that there is none,
// or none that concerns p.
func (p *Pacer) observe(method string, started start, resp *http.Response) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.quota.end(started)
	if resp != nil {
		if c, ok := read(p.window, now, resp.Header); ok {
			p.quota.tell(started, now, p.quota.learn(started, resp.StatusCode, c))
		}
		if resp.StatusCode == http.StatusTooManyRequests {
			ask, _ := Asked(p.window, resp.StatusCode, resp.Header.Get("Retry-After"), resp.Header.Get("Date"))
			p.closed[method] = now.Add(ask)
		}
	}
	select {
	case p.news <- struct{}{}:
	default: // it is known that there are news
	}
}
