package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What every address may ask for in a minute, as far as the headers say.
const stratumLimit = 10_000

// stratumCount is how often a key was used in its window.
type stratumCount struct {
	since time.Time
	used  int
}

// limit counts a request of a key, and refuses what is more than its limit: after
// authentication, and with the time as an ISO date.
func (v *stratum) limit(c *call, k *stratumKey) (answer, bool) {
	most := int(k.rateMax)
	if most == 0 {
		c.header = rateHeaders(stratumLimit, stratumLimit-1)
		return answer{}, false
	}
	window := stratumWindow(k.rateWindow)
	if c.at.Sub(k.count.since) >= window {
		k.count = stratumCount{since: c.at}
	}
	k.count.used++
	c.header = rateHeaders(most, max(0, most-k.count.used))
	if k.count.used <= most {
		return answer{}, false
	}
	left := k.count.since.Add(window).Sub(c.at)
	seconds := int((left + time.Second - 1) / time.Second)
	a := stratumError(http.StatusTooManyRequests, "RATE_LIMITED", fmt.Sprintf("Rate limit exceeded. Try again in %d seconds.", seconds))
	a.header = map[string]string{"Retry-After": strconv.Itoa(seconds), "X-Ratelimit-Reset": isoTime(c.at.Add(left))}
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
