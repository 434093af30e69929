package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What every address may ask for in a minute, as far as the headers say.
const stratumLimit = 10_000

// limit counts a request of a key, and refuses what is more than its limit: after
// authentication, and with the time as an ISO date.
func (v *stratum) limit(c *call, k *stratumKey) (answer, bool) {
	most := int(k.rateMax)
	if most == 0 && v.s.opts.VendorLimits {
		most = stratumPerMinute
	}
	if most == 0 {
		c.header = rateHeaders(stratumLimit, stratumLimit-1)
		return answer{}, false
	}
	used, ends := k.count.take(c.at, stratumWindow(k.rateWindow))
	reset := cmp.Or(c.header["X-Ratelimit-Reset"], "60")
	c.header = rateHeaders(most, max(0, most-used))
	c.header["X-Ratelimit-Reset"] = reset
	if used <= most {
		return answer{}, false
	}
	seconds := wholeSeconds(ends.Sub(c.at))
	a := stratumError(http.StatusTooManyRequests, "RATE_LIMITED", fmt.Sprintf("Rate limit exceeded. Try again in %d seconds.", seconds))
	a.header = map[string]string{"Retry-After": strconv.Itoa(seconds), "X-Ratelimit-Reset": isoTime(ends)}
	return a, true
}

// rateHeaders are those of an answer: what remains is the key's, and when more comes
// is the address's.
func rateHeaders(limit, remaining int) map[string]string {
	return map[string]string{"X-Ratelimit-Limit": strconv.Itoa(limit), "X-Ratelimit-Remaining": strconv.Itoa(remaining), "X-Ratelimit-Reset": "60"}
}

// stratumWindow reads a window such as "1 minute", which is what there is without one.
func stratumWindow(text string) time.Duration {
	n, unit, _ := strings.Cut(strings.ToLower(text), " ")
	count, err := strconv.Atoi(n)
	if err != nil {
		return time.Minute
	}
	units := map[string]time.Duration{"second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}
	return time.Duration(count) * units[strings.TrimSuffix(strings.TrimSpace(unit), "s")]
}
