package reach

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// tick is how often a [Limit] counts, and late how much later than that it may be
// called before the program counts as stopped.
const (
	tick = time.Second
	late = 500 * time.Millisecond
)

// A Limit ends the context of a request after a time. It does not count the time in
// which the program was stopped or the machine slept: what arrived meanwhile is there
// to be read, and may be the only copy of a secret.
type Limit struct {
	cancel context.CancelCauseFunc
	ctx    context.Context
	now    func() time.Time

	mu    sync.Mutex
	left  time.Duration
	step  time.Duration // until the timer
	since time.Time
	timer *time.Timer // nil: ended
}

// NewLimit returns a context that ends with ctx, or after d.
func NewLimit(ctx context.Context, d time.Duration) (context.Context, *Limit) {
	return newLimit(ctx, d, time.Now)
}

func newLimit(ctx context.Context, d time.Duration, now func() time.Time) (context.Context, *Limit) {
	ctx, cancel := context.WithCancelCause(ctx)
	l := &Limit{ctx: ctx, cancel: cancel, now: now, left: max(0, d)}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.start(l.left)
	return ctx, l
}

// start counts the next step. l.mu is held.
func (l *Limit) start(d time.Duration) {
	l.step, l.since = min(d, tick), l.now()
	l.timer = time.AfterFunc(l.step, l.count)
}

func (l *Limit) count() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer == nil {
		return
	}
	l.left -= l.step
	if l.now().Sub(l.since) > l.step+late { // it was stopped
		l.left = max(l.left, tick)
	}
	if l.left <= 0 {
		l.timer = nil
		l.cancel(context.DeadlineExceeded)
		return
	}
	l.start(l.left)
}

// Follow makes an interrupt of ctx end the context of l. The deadline of ctx does not.
func (l *Limit) Follow(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() {
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			l.Stop()
		}
	})
	context.AfterFunc(l.ctx, func() { stop() })
}

// Over returns why ctx, which is that of a run, has ended, or nil. The timer of its
// deadline may be late.
func Over(ctx context.Context) error {
	err := ctx.Err()
	if d, ok := ctx.Deadline(); ok && err == nil && time.Until(d) <= 0 {
		err = context.DeadlineExceeded
	}
	if err == nil {
		return nil
	}
	return ended{err}
}

// An ended error says in words that the run was to end.
type ended struct{ error }

func (e ended) Unwrap() error { return e.error }

func (e ended) Error() string {
	if errors.Is(e.error, context.DeadlineExceeded) {
		return "the run took longer than --timeout"
	}
	return "the run was interrupted"
}

// Extend adds d to what is left.
func (l *Limit) Extend(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left += d
}

// Stop ends the context.
func (l *Limit) Stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	l.cancel(context.Canceled)
}

// Err returns [context.DeadlineExceeded] in place of err if it was l that ended what
// failed with err.
func (l *Limit) Err(err error) error {
	if err != nil && !errors.Is(err, io.EOF) && errors.Is(context.Cause(l.ctx), context.DeadlineExceeded) {
		return context.DeadlineExceeded
	}
	return err
}

// Body returns the body of an answer, whose reads l bounds, and which stops l when it
// is closed.
func (l *Limit) Body(body io.ReadCloser) io.ReadCloser { return &limitedBody{body, l} }

type limitedBody struct {
	io.ReadCloser
	limit *Limit
}

func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	return n, b.limit.Err(err)
}

func (b *limitedBody) Close() error {
	err := b.ReadCloser.Close()
	b.limit.Stop()
	return err
}
