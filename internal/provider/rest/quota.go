package rest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A quota is how many requests the vendor says are left, and until when. A
// request is held back only when none is: a run that fits is never slowed down.
type quota struct {
	known  bool
	left   int
	ends   time.Time // when there are more
	flying int       // requests whose answers will tell less
	crowd  int       // the most there were
}

// longest bounds how long a request is held back for a count; beyond it the
// vendor decides.
const longest = time.Minute

// delay is how long the next request must wait. While others are under way, the
// next answer tells more.
func (q *quota) delay(now time.Time) time.Duration {
	wait := q.ends.Sub(now)
	if !q.known || q.left-q.flying > 0 || wait <= 0 || wait > longest {
		return 0
	}
	return wait
}

func (q *quota) start() {
	q.flying++
	q.crowd = max(q.crowd, q.flying)
}

// done notes the answer to a request; nil is none.
func (q *quota) done(now time.Time, resp *http.Response) {
	q.flying--
	if resp == nil {
		return
	}
	left, ends, ok := remaining(now, resp.Header)
	if !ok {
		return
	}
	// An answer that was overtaken tells more than is left, one of the next
	// window more than can have been overtaken.
	same := q.known && now.Before(q.ends) && left <= q.left+q.crowd
	if same {
		if q.left = min(q.left, left); left == 0 && ends.Before(q.ends) { // of another count, which ends sooner
			q.ends = ends
		}
		return
	}
	q.known, q.left, q.ends = true, left, ends
}

// remaining reads what the vendors say: X-RateLimit-Remaining with
// X-RateLimit-Reset (Stratum: seconds, or a time), or with
// X-RateLimit-Permitted alone (Katapult: per minute of the wall clock).
func remaining(now time.Time, h http.Header) (left int, ends time.Time, ok bool) {
	left, err := strconv.Atoi(strings.TrimSpace(h.Get("X-Ratelimit-Remaining")))
	if err != nil || left < 0 {
		return 0, ends, false
	}
	reset := strings.TrimSpace(h.Get("X-Ratelimit-Reset"))
	if reset == "" {
		return left, now.Add(untilMinute(now, h)), h.Get("X-Ratelimit-Permitted") != ""
	}
	if s, err := strconv.ParseFloat(reset, 64); err == nil {
		switch {
		case s > 1e9: // a point in time
			return left, time.Unix(int64(min(s, 1e11)), 0), true
		case s >= 0:
			return left, now.Add(time.Duration(s * float64(time.Second))), true
		}
		return 0, ends, false
	}
	ends, err = time.Parse(time.RFC3339, reset)
	return left, ends, err == nil
}

// untilMinute is how long the minute lasts that an answer was given in, by the
// vendor's clock, which tells whole seconds.
func untilMinute(now time.Time, h http.Header) time.Duration {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return now.Truncate(time.Minute).Add(time.Minute).Sub(now)
}
