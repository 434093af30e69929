package rest

import "time"

// A rate is how many requests a second a vendor seems to take, learnt from what
// it refuses. It is unlimited until the first refusal, which halves the rate
// seen until then; so does each one that follows at once. When the vendor takes
// requests again, what it took since it last did so says how many it takes: one
// that counts by the clock as one that refills a bucket. The rate then stays a
// little below that, and grows slowly at first and faster later.
type rate struct {
	limit float64   // requests a second; 0: none is known
	slope float64   // by which limit grows in a second
	grown time.Time // until when it has
	last  time.Time // when the last request started

	cut     time.Time     // when limit was last lowered
	before  float64       // what it was
	closed  bool          // no request that started after that was taken yet
	refused int           // requests in a row, started after that, that were not
	denied  time.Time     // when the last of them started: until then it was closed
	ask     time.Duration // how long the vendor wants them to wait

	since    time.Time     // the beginning of the measurement: the vendor took requests again
	doubt    time.Duration // by how much it may have done so earlier
	started  int           // requests since then
	taken    int           // those that were answered
	measured int           // how often limit was
}

const (
	idle    = time.Second            // without a request: what was taken says nothing about the vendor
	shortly = 500 * time.Millisecond // a measurement that is shorter is a guess
	stale   = 10 * time.Second       // a longer one is history
	safe    = 0.98                   // of what was measured
	slowest = 0.5                    // requests a second
	fastest = 10_000                 // as good as no limit
	asked   = time.Second            // how long a vendor refuses that does not say it
)

// delay is how long the next request must wait.
func (r *rate) delay(now time.Time) time.Duration {
	if r.limit == 0 {
		return 0
	}
	gap := time.Duration(float64(time.Second) / r.limit)
	if r.refused > 0 { // is it open again? asked ever more slowly
		gap = min(max(gap, 10*time.Millisecond)<<min(r.refused, 16), max(gap, r.ask/4))
	} else {
		passed := now.Sub(r.grown).Seconds()
		r.limit = min(r.limit+r.slope*passed, fastest)
		r.slope += min(r.slope*passed/4, fastest)
	}
	r.grown = now
	return r.last.Add(gap).Sub(now)
}

// start notes that a request starts.
func (r *rate) start(now time.Time) {
	if !r.closed && now.Sub(r.last) > idle {
		r.since, r.started, r.taken = now, 0, 0
	}
	r.started++
	r.last = now
}

// accept notes that a request which started at the given time was taken.
func (r *rate) accept(now, started time.Time) {
	if !started.Before(r.cut) {
		r.refused = 0
		if r.closed {
			r.closed = false
			r.opened(now)
		}
	}
	r.taken++
}

// opened measures, now that the vendor takes requests again. When it began to is
// known only to lie after the last refusal; a measurement that began with less
// doubt is better.
func (r *rate) opened(now time.Time) {
	span, doubt := r.denied.Sub(r.since), now.Sub(r.denied)
	first := r.before == 0
	measured := !first && span >= shortly
	if measured {
		r.limit = max(min(r.before, safe*float64(r.taken)/span.Seconds()), slowest)
		r.measured++ // the second time it is rather certain
		r.slope = r.limit / 200
		if r.measured > 1 {
			r.slope /= 4
		}
	}
	if first || span >= stale || measured && doubt < r.doubt/2 {
		r.since, r.started, r.taken, r.doubt = now, 0, 0, doubt
	}
}

// refuse notes that a request which started at the given time was refused, and
// should come back after ask.
func (r *rate) refuse(now, started time.Time, ask time.Duration) {
	if started.Before(r.cut) {
		return // of the same crowd as the one that lowered the limit
	}
	if ask <= 0 {
		ask = asked
	}
	r.ask, r.denied = ask, started
	r.refused++
	if r.closed {
		return
	}
	r.closed = true
	r.cut, r.grown, r.before = now, now, r.limit
	span := max(now.Sub(r.since), time.Millisecond).Seconds()
	if r.limit == 0 {
		r.limit = float64(r.started) / span / 2
	} else {
		r.limit = max(r.limit/2, min(r.limit, safe*float64(r.taken)/span))
	}
	r.limit = max(r.limit, slowest)
	r.slope = r.limit / 5
}
