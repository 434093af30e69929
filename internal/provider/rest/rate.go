package rest

import "time"

// A rate is how many requests a second a vendor seems to take, learnt from what
// it refuses. It is unlimited until the first refusal, which halves the rate
// seen until then; so does each one that follows at once. When the vendor takes
// requests again, what it took since it last did so says how many it takes: one
// that counts by the clock as one that refills a bucket. The rate then stays a
// little below that, and grows so slowly that a run of some seconds is not
// refused again, unless it is not known well yet.
type rate struct {
	limit float64   // requests a second; 0: none is known
	slope float64   // by which limit grows in a second
	grown time.Time // until when it has
	last  time.Time // when the last request was due, or started if that was much later
	due   time.Time // when the next one is

	cut     time.Time     // when limit was last lowered
	before  float64       // what it was
	closed  bool          // no request that started after that was taken yet
	refused int           // requests in a row, started after that, that were not
	denied  time.Time     // when the last of them started: until then it was closed
	ask     time.Duration // how long the vendor wants them to wait
	said    bool          // it is the vendor's word, not a guess
	method  string        // of the last of them

	since   time.Time     // the beginning of the measurement: the vendor took requests again
	doubt   time.Duration // by how much it may have done so earlier
	slack   time.Duration // how long nobody had a request to send since then
	started int           // requests since then
	taken   int           // those that were answered
}

const (
	few     = 5                      // requests that were taken say nothing
	idle    = time.Second            // without a request: what was taken says nothing about the vendor
	shortly = 500 * time.Millisecond // a measurement that is shorter is a guess
	stale   = 10 * time.Second       // a longer one is history
	safe    = 0.98                   // of what was measured
	precise = 0.04                   // by how much a good measurement may be off
	steady  = 0.0005                 // by how much of itself the limit grows in a second after a good one
	curious = 0.03                   // and at most after another
	hasty   = 0.1                    // and after none
	hungry  = 0.02                   // and at least when that is stale
	slowest = 0.5                    // requests a second
	fastest = 10_000                 // as good as no limit
	soon    = 5 * time.Second        // to ask for something else than was refused
	unsaid  = time.Second            // how long a vendor refuses that does not say it
)

// delay is how long the next request, of this method, must wait.
func (r *rate) delay(now time.Time, method string) time.Duration {
	r.due = now
	if r.limit == 0 {
		return 0
	}
	gap := time.Duration(float64(time.Second) / r.limit)
	if r.refused > 0 { // is it open again? asked ever more slowly
		most := r.ask / 4
		if method != r.method { // it may be counted by itself
			most = min(most, soon)
		}
		gap = min(max(gap, 10*time.Millisecond)<<min(r.refused, 16), max(gap, most))
	} else {
		if now.Sub(r.cut) > stale {
			r.slope = max(r.slope, r.limit*hungry)
		}
		passed := now.Sub(r.grown).Seconds()
		r.limit = min(r.limit+r.slope*passed, fastest)
		r.slope += min(r.slope*passed/4, fastest)
	}
	r.grown = now
	r.due = r.last.Add(gap)
	return r.due.Sub(now)
}

// start notes that a request starts. One that a timer let go a little late does
// not hold up the next.
func (r *rate) start(now time.Time) {
	late, gap := now.Sub(r.due), r.due.Sub(r.last)
	quiet := late
	if r.limit == 0 {
		quiet = gap
	}
	if !r.closed && quiet > idle {
		r.measureFrom(now, 0)
	}
	if late <= gap {
		now = r.due
	} else if !r.closed {
		r.slack += late
	}
	r.started++
	r.last = now
}

// measureFrom starts a measurement.
func (r *rate) measureFrom(now time.Time, doubt time.Duration) {
	r.since, r.doubt, r.slack, r.started, r.taken = now, doubt, 0, 0, 0
}

// shut is for how long the vendor has said that it takes nothing of this method, if
// it has: it may limit only what issues, say, and what cleans up must not wait for that.
func (r *rate) shut(now time.Time, method string) time.Duration {
	if !r.closed || !r.said || method != r.method {
		return 0
	}
	return r.denied.Add(r.ask).Sub(now)
}

// accept notes that a request which started at the given time was taken.
func (r *rate) accept(started time.Time) {
	if !started.Before(r.cut) {
		r.refused = 0
		if r.closed {
			r.closed = false
			r.opened(started)
		}
	}
	r.taken++
}

// opened measures, now that the vendor takes requests again. When it began to is
// known only to lie between the last refusal and the start of what it took. What
// it took from one opening to the next is what it takes; before the first one
// others may have asked too. While the doubt is great, the limit is rather too
// high than too low: a refusal soon tells more, and costs less than a slow run.
func (r *rate) opened(started time.Time) {
	doubt := started.Sub(r.denied)
	if r.said && doubt > r.ask-time.Second { // it is in whole seconds, and nothing has contradicted it
		doubt = min(doubt, time.Second)
	}
	at := started.Add(-doubt / 2)
	span := at.Sub(r.since) - r.slack
	least := max(span-(doubt+r.doubt)/3, span/100)
	first := r.before == 0
	switch {
	case first || r.taken < few: // what refuse left stays, and grows soon
		r.slope = r.limit * hasty
	case span >= shortly:
		off := (doubt + r.doubt).Seconds() / span.Seconds()
		r.limit = max(safe*min(float64(r.taken)/least.Seconds(), r.before), slowest)
		r.slope = r.limit * (steady + min(max(off-precise, 0), curious))
	}
	if first || span >= stale || r.slack > span/8 || span >= shortly && doubt < r.doubt/2 {
		r.measureFrom(at, doubt)
	}
}

// refuse notes that a request which started at the given time was refused, and
// should come back after ask.
func (r *rate) refuse(now, started time.Time, method string, ask time.Duration) {
	if started.Before(r.cut) {
		return // of the same crowd as the one that lowered the limit
	}
	if r.said = ask > 0; !r.said {
		ask = unsaid
	}
	r.ask, r.denied, r.method = ask, started, method
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
