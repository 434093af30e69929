package pace

import "time"

// A rate spaces requests by what the vendor refuses. Until the first refusal it
// holds nobody back. While the vendor refuses, one request at a time tries whether
// it still does, at growing intervals. When it takes requests again, the others
// follow evenly, at the pace that it took from one such time to the next.
type rate struct {
	gap    time.Duration // between two starts; zero before the first refusal
	growth float64       // of the pace, in a second
	due    time.Time     // when the next request may start

	refused int       // requests in a row
	cut     time.Time // when the first of them was refused: what started earlier says nothing new
	denied  time.Time // when the last of them started
	until   time.Time // when the vendor will take requests of this method again, as it says
	method  string

	since time.Time // when the vendor began to take requests; zero: unknown, or there was a pause
	taken int       // requests since then
}

const (
	least    = 4 * time.Millisecond   // between two starts, until the pace is known
	fastest  = 100 * time.Microsecond // between two starts after a refusal
	slowest  = 2 * time.Second
	firstTry = 10 * time.Millisecond  // between two tries: doubled by each refusal in a row
	lastTry  = 100 * time.Millisecond // at most
	catchUp  = 3                      // starts that a late timer may make up for
	idle     = time.Second            // without a request: what was taken then says nothing of the vendor
	safe     = 0.97                   // of the measured pace
	growth   = 0.01                   // of the pace, in a second: the vendor may take more by now
	rough    = 0.03                   // of it at most in addition, where the measurement was rough
)

// start notes that a request starts. A few that a late timer held up are made up for.
func (r *rate) start(now time.Time) {
	if late := now.Sub(r.due); late > catchUp*r.gap || r.refused > 0 {
		if late > idle && now.Sub(r.until) > idle {
			r.since = time.Time{}
		}
		r.due = now
	}
	r.due = r.due.Add(r.spacing())
	r.gap -= time.Duration(r.growth * r.gap.Seconds() * float64(r.gap))
}

// spacing is how long the next request waits after the last.
func (r *rate) spacing() time.Duration {
	if r.refused == 0 {
		return r.gap
	}
	return max(r.gap, min(firstTry<<min(r.refused, 8), lastTry))
}

// closed is for how long the vendor has said that it takes nothing of this method:
// it may limit only what issues, and what cleans up must not wait for that.
func (r *rate) closed(now time.Time, method string) time.Duration {
	if r.refused == 0 || method != r.method {
		return 0
	}
	return r.until.Sub(now)
}

// accept notes that a request which started at the given time was taken. When the
// vendor began to take requests lies between it and the last refusal: the pace is
// rather too high than too low, because another refusal soon corrects it.
func (r *rate) accept(started time.Time) {
	r.taken++
	if r.refused == 0 || started.Before(r.cut) {
		return
	}
	if !r.since.IsZero() {
		doubt := started.Sub(r.denied)
		span := r.denied.Add(doubt / 3).Sub(r.since)
		r.gap = min(max(fastest, time.Duration(float64(span)/float64(r.taken)/safe)), slowest)
		r.growth = growth + rough*min(1, doubt.Seconds()/span.Seconds())
	}
	r.refused, r.since, r.taken = 0, started, 0
}

// refuse notes that a request which started at the given time was refused, and
// for how long, which is zero if the vendor does not say.
func (r *rate) refuse(now, started time.Time, method string, ask time.Duration) {
	if started.Before(r.cut) {
		return // with the one that was refused first
	}
	if r.refused == 0 {
		r.cut = now
	}
	if r.gap == 0 {
		r.gap, r.growth = least, growth+rough
	}
	r.refused++
	r.denied, r.method, r.until = started, method, started.Add(ask)
	r.due = now.Add(r.spacing())
}
