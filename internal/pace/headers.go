package pace

import (
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Asked is how long a vendor asks to wait before another try: its Retry-After or,
// for a 429 without one, the rest of its window, and a little more, so that not
// all clients are back in the first moment of the next.
func Asked(window time.Duration, status int, after, date string) (time.Duration, bool) {
	now := time.Now()
	if wait, ok := retryAfter(after, date, now); ok {
		return wait, true
	}
	if window > 0 && status == http.StatusTooManyRequests {
		return untilNext(window, date, now) + rand.N(2*time.Second), true //nolint:gosec // G404: chance, not secrecy
	}
	return 0, false
}

// retryAfter reads the header of that name. A date is taken by the clock of the
// vendor, which may not be ours. It is never negative.
func retryAfter(value, date string, now time.Time) (time.Duration, bool) {
	value = strings.TrimSpace(value)
	if s, err := strconv.ParseFloat(value, 64); err == nil {
		if s >= 0 { // and not NaN
			return seconds(s), true
		}
		return 0, false
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return max(0, at.Sub(clock(date, now))), true
}

// remaining reads X-RateLimit-Remaining, and when more requests are allowed:
// X-RateLimit-Reset, as seconds or as a time, or else the end of the window.
func remaining(window time.Duration, now time.Time, h http.Header) (left int, ends time.Time, ok bool) {
	left, err := strconv.Atoi(strings.TrimSpace(h.Get("X-Ratelimit-Remaining")))
	if err != nil || left < 0 {
		return 0, ends, false
	}
	reset := strings.TrimSpace(h.Get("X-Ratelimit-Reset"))
	if reset == "" {
		return left, now.Add(untilNext(window, h.Get("Date"), now)), window > 0
	}
	if s, err := strconv.ParseFloat(reset, 64); err == nil {
		return left, now.Add(seconds(s)), s >= 0 // and not NaN
	}
	ends, err = time.Parse(time.RFC3339, reset)
	return left, ends, err == nil
}

// untilNext is how long the window lasts that an answer was given in.
func untilNext(window time.Duration, date string, now time.Time) time.Duration {
	now = clock(date, now)
	return now.Truncate(window).Add(window).Sub(now)
}

// clock is the time by the vendor's clock, in whole seconds, if it was told.
func clock(date string, now time.Time) time.Time {
	if theirs, err := http.ParseTime(date); err == nil {
		return theirs
	}
	return now
}

func seconds(s float64) time.Duration {
	return time.Duration(min(s, math.MaxInt32) * float64(time.Second))
}
