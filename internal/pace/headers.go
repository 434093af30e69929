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

// A Count is what an answer tells of a rate limit.
type Count struct {
	Limit int       // requests in a window; zero: it does not tell
	Left  int       // of them; negative: it does not tell
	Ends  time.Time // of the window
}

// read reads X-RateLimit-Remaining, and when more requests are allowed:
// X-RateLimit-Reset, as seconds or as a time, or else the end of the window.
func read(window time.Duration, now time.Time, h http.Header) (c Count, ok bool) {
	c.Left, ok = number(h, "X-Ratelimit-Remaining")
	if !ok {
		return Count{}, false
	}
	if c.Limit, ok = number(h, "X-Ratelimit-Limit"); !ok {
		c.Limit, _ = number(h, "X-Ratelimit-Permitted")
	}
	reset := strings.TrimSpace(h.Get("X-Ratelimit-Reset"))
	if reset == "" {
		c.Ends = now.Add(untilNext(window, h.Get("Date"), now))
		return c, window > 0
	}
	if s, err := strconv.ParseFloat(reset, 64); err == nil {
		c.Ends = now.Add(seconds(s))
		return c, s >= 0 // and not NaN
	}
	ends, err := time.Parse(time.RFC3339, reset)
	c.Ends = ends
	return c, err == nil
}

// number reads a header that is a whole number.
func number(h http.Header, name string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(h.Get(name)))
	return max(n, 0), err == nil && n >= 0
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
