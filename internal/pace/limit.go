package pace

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// A Limit is what a vendor documents of its rate limit.
type Limit struct {
	// Window is how long the vendor counts requests together. Where no header tells when
	// a window ends, it begins at each multiple of that by the vendor's clock:
	// time.Minute is the minute of the wall clock. Zero: the vendor documents none.
	Window time.Duration

	// Requests is how many it takes in a window, unless answers tell another number.
	Requests int

	// RefusesKey reports whether a refusal is of the key alone that signed the request,
	// which the vendor counts, too. If it is not nil, an answer tells when the window of
	// all requests ends, and what remains for its key: that has the limit of all unless
	// it has one of its own.
	RefusesKey func(refusal http.Header) bool

	Signs bool // that key signs the requests of the run, and is not only tried
}

// counter returns whose requests the headers of answers count.
func (l Limit) counter() counter {
	switch {
	case l.RefusesKey == nil:
		return ofAll
	case l.Signs:
		return ofSigner
	}
	return ofAnother
}

// refusesKey reports whether an answer refuses the key alone that signed the request.
func (l Limit) refusesKey(resp *http.Response) bool {
	return l.RefusesKey != nil && resp.StatusCode == http.StatusTooManyRequests && l.RefusesKey(resp.Header)
}

// Pacers are those of a run, which all its clients share. The zero value has none yet.
type Pacers struct {
	mu   sync.Mutex
	have map[string]*Pacer
}

// A Gate lets the requests of one client start.
type Gate struct {
	limit    Limit
	all, key *Pacer // key is nil where the vendor does not count a key alone
}

// Gate returns the gate of a client whose requests the vendor counts together with
// those of all others that have the same counted and limit. Where p is nil, there are
// none. What is waited for is reported.
func (p *Pacers) Gate(counted string, limit Limit, report func(what string)) Gate {
	g := Gate{limit: limit, all: p.of(counted, limit, report)}
	if limit.RefusesKey != nil {
		g.key = New(Limit{}, report)
	}
	return g
}

func (p *Pacers) of(counted string, limit Limit, report func(what string)) *Pacer {
	if p == nil {
		return New(limit, report)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.have == nil {
		p.have = map[string]*Pacer{}
	}
	if p.have[counted] == nil {
		p.have[counted] = New(limit, report)
	}
	return p.have[counted]
}

// Send calls send when a request of this method may start. It fails with a
// [ThrottledError] where the vendor has said that it takes none for longer than most.
func (g Gate) Send(ctx context.Context, method string, most time.Duration, send func() (*http.Response, error)) (*http.Response, error) {
	if g.key == nil {
		return g.all.send(ctx, method, most, ofAll, send, func(*http.Response) bool { return true })
	}
	return g.key.send(ctx, method, most, ofAll, func() (*http.Response, error) {
		return g.all.send(ctx, method, most, g.limit.counter(), send, func(resp *http.Response) bool { return !g.limit.refusesKey(resp) })
	}, g.limit.refusesKey)
}

// send calls send when a request may start, and notes the answer if it concerns p.
func (p *Pacer) send(ctx context.Context, method string, most time.Duration, by counter, send func() (*http.Response, error), concerns func(*http.Response) bool) (*http.Response, error) {
	started, err := p.wait(ctx, method, most, by)
	if err != nil {
		return nil, err
	}
	resp, err := send()
	answer := resp
	if resp != nil && !concerns(resp) {
		answer = nil
	}
	p.observe(method, started, answer)
	return resp, err
}
