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

// A Pacer says when a request may start. All workers of a run share it. Until it
// knows of a limit it holds nobody back.
type Pacer struct {
	turn   chan struct{} // held by the request that is next; the others queue up for it
	news   chan struct{} // an answer may have changed how long it has to wait
	counts bool          // the headers of one answer are of one count
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

// New returns a Pacer for a vendor that counts requests in each window of its
// clock, or documents none. What is waited for is reported.
func New(window time.Duration, report func(what string)) *Pacer {
	return &Pacer{counts: true, turn: make(chan struct{}, 1), news: make(chan struct{}, 1), window: window, report: report, closed: map[string]time.Time{}}
}

// IgnoreCounts returns p, which on demand waits only after a request was refused: for
// a vendor whose headers tell what remains of one count, and when another one ends.
func (p *Pacer) IgnoreCounts(ignore bool) *Pacer {
	p.counts = !ignore
	return p
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

// Wait returns when a request of this method may start. The answer to it is to be
// observed. It fails with a [ThrottledError] where the vendor has said that it
// takes none for longer than most. Of those that wait, one alone reports it, and
// with "" that the wait is over.
func (p *Pacer) Wait(ctx context.Context, method string, most time.Duration) error {
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.turn }()
	said := false
	defer func() {
		if said {
			p.report("")
		}
	}()
	for {
		delay, closed := p.admit(method, most)
		switch {
		case closed > most:
			return &ThrottledError{closed}
		case delay <= 0:
			return nil
		case min(delay, closed) >= time.Second && !said:
			said = true
			p.report(fmt.Sprintf("rate limited: waiting %s", Seconds(closed)))
		}
		select {
		case <-time.After(delay):
		case <-p.news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// admit lets a request start, or says how long it has to wait, and for how long the
// vendor takes none. While others are under way that is not settled by a count.
func (p *Pacer) admit(method string, most time.Duration) (delay, closed time.Duration) {
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
		p.quota.start()
		if now.Sub(p.next) > late {
			p.next = now
		}
		if len(p.closed) > 0 {
			p.next = p.next.Add(apart)
		}
	}
	return delay, closed
}

// Observe notes the answer to a request that was let start; nil is none.
func (p *Pacer) Observe(method string, resp *http.Response) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.quota.inFlight--
	if resp != nil {
		if left, ends, ok := remaining(p.window, now, resp.Header); ok && p.counts {
			p.quota.tell(now, left, ends)
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
