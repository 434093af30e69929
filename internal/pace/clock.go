package pace

import (
	"net/http"
	"sync/atomic"
	"time"
)

// A Clock knows how far the vendor's clock is ahead of this machine's. It is safe for
// concurrent use.
type Clock struct{ ahead atomic.Pointer[time.Duration] }

// Observe takes the difference from the Date of an answer, which may be nil.
func (k *Clock) Observe(resp *http.Response) {
	if resp == nil {
		return
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		ahead := time.Until(date)
		k.ahead.Store(&ahead)
	}
}

// Ahead returns how far the vendor's clock is ahead of this machine's, as the Date of
// the last answer says, which has no fractions of a second: it may be up to a second
// further ahead. It reports whether an answer had a Date.
func (k *Clock) Ahead() (ahead time.Duration, known bool) {
	if d := k.ahead.Load(); d != nil {
		return *d, true
	}
	return 0, false
}

// agree is by how much two clocks may differ: enough for slow answers.
const agree = 2 * time.Minute

// Differs returns how far the vendor's clock is ahead, or zero where the clocks agree or
// only one is known.
func (k *Clock) Differs() time.Duration { return k.DiffersFrom(0) }

// DiffersFrom is Differs for another clock than this machine's, which is behind that by
// skew.
func (k *Clock) DiffersFrom(skew time.Duration) time.Duration {
	if ahead, known := k.Ahead(); known && (ahead+skew).Abs() > agree {
		return ahead + skew
	}
	return 0
}
