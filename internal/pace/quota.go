package pace

import "time"

// A quota is how many requests the vendor says are left, and until when. A
// request is held back only when none is: a run that fits is never slowed down.
type quota struct {
	left     int
	ends     time.Time // when there are more; zero: the vendor has not said
	inFlight int       // requests whose answers will tell less
	peak     int       // the most there were
}

// longest bounds how long a request is held back for a count; beyond it the
// vendor decides.
const longest = time.Minute

// delay is how long the next request must wait. While others are under way, the
// next answer tells more.
func (q *quota) delay(now time.Time) time.Duration {
	wait := q.ends.Sub(now)
	if q.left-q.inFlight > 0 || wait <= 0 || wait > longest {
		return 0
	}
	return wait
}

func (q *quota) start() {
	q.inFlight++
	q.peak = max(q.peak, q.inFlight)
}

// tell notes what an answer says. One that was overtaken says that more is left,
// one of the next window that more is left than can have overtaken it.
func (q *quota) tell(now time.Time, left int, ends time.Time) {
	if !now.Before(q.ends) || left > q.left+q.peak {
		q.left, q.ends = left, ends
		return
	}
	q.left = min(q.left, left)
	if left == 0 && ends.Before(q.ends) { // of another count, which ends sooner
		q.ends = ends
	}
}
