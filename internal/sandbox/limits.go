package sandbox

import (
	"net"
	"net/http"
	"strconv"
	"time"
)

// What the vendors document, for [Options.VendorLimits]: a token at Katapult in a minute
// of the clock; an address at Stratum, and there a key without a limit of its own, in
// the minute after the first request.
const (
	katapultPerMinute = 1000
	stratumPerMinute  = 100
)

// window counts requests in one period.
type window struct {
	since time.Time
	used  int
}

// take counts a request at a time. It returns how many the period has had, and when it ends.
func (w *window) take(at time.Time, period time.Duration) (used int, ends time.Time) {
	if at.Sub(w.since) >= period {
		*w = window{since: at}
	}
	w.used++
	return w.used, w.since.Add(period)
}

// takeAligned is take for periods that begin with those of the clock.
func (w *window) takeAligned(at time.Time, period time.Duration) (used int) {
	if since := at.Truncate(period); !since.Equal(w.since) {
		*w = window{since: since}
	}
	w.used++
	return w.used
}

// within counts a request of the token, and refuses it when the minute has had too many.
func (v *katapult) within(c *call) (answer, bool) {
	if !v.s.opts.VendorLimits {
		return answer{}, false
	}
	used := v.minute.takeAligned(c.at, time.Minute)
	c.header = map[string]string{"X-Ratelimit-Remaining": strconv.Itoa(max(0, katapultPerMinute-used))}
	if used <= katapultPerMinute {
		return answer{}, false
	}
	return v.refuse(http.StatusTooManyRequests, ""), true
}

// perAddress refuses what is more than the limit of an address, before authentication.
func (v *stratum) perAddress(handle func(*call) answer) func(*call) answer {
	if !v.s.opts.VendorLimits {
		return handle
	}
	return func(c *call) answer {
		address, _, _ := net.SplitHostPort(c.RemoteAddr) // of the server, which always has a port
		w := v.addresses[address]
		if w == nil {
			w = new(window)
			v.addresses[address] = w
		}
		used, ends := w.take(c.at, time.Minute)
		seconds := strconv.Itoa(wholeSeconds(ends.Sub(c.at)))
		c.header = rateHeaders(stratumPerMinute, max(0, stratumPerMinute-used))
		c.header["X-Ratelimit-Reset"] = seconds
		if used <= stratumPerMinute {
			return handle(c)
		}
		a := stratumError(http.StatusTooManyRequests, "VALIDATION_ERROR", "Rate limit exceeded, retry in "+seconds+" seconds")
		a.header = map[string]string{"Retry-After": seconds}
		return a
	}
}

// wholeSeconds rounds up.
func wholeSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
