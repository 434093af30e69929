package rest

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// asked is how long the vendor asks to wait: Retry-After in seconds or as a
// date, or what the dialect knows.
func (c *Client) asked(e *provider.Error) (time.Duration, bool) {
	if wait, ok := retryAfter(e.RetryAfter, e.Date, time.Now()); ok {
		return wait, true
	}
	if c.Window != nil && e.Status == http.StatusTooManyRequests {
		return c.Window(e)
	}
	return 0, false
}

// window is how long a refusal lasts, for the pacer; zero is unknown.
func (c *Client) window(resp *http.Response) time.Duration {
	wait, _ := c.asked(&provider.Error{Status: resp.StatusCode, RetryAfter: resp.Header.Get("Retry-After"), Date: resp.Header.Get("Date")})
	return wait
}

// retryAfter reads the header of that name. A date is taken by the clock of the
// vendor, which may not be ours. It is never negative.
func retryAfter(value, date string, now time.Time) (time.Duration, bool) {
	value = strings.TrimSpace(value)
	if s, err := strconv.ParseFloat(value, 64); err == nil {
		if s >= 0 { // and not NaN
			return time.Duration(min(s, math.MaxInt32) * float64(time.Second)), true
		}
		return 0, false
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if theirs, err := http.ParseTime(date); err == nil {
		now = theirs
	}
	return max(0, at.Sub(now)), true
}
