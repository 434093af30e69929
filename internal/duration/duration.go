// Package duration reads and writes durations as people give them: with days, weeks and years.
package duration

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Day is what people mean: summer time makes no key older.
const Day = 24 * time.Hour

// Err says how a duration is written.
var Err = errors.New("a duration is a whole number with y, w, d, h, m or s, such as 30d or 12h")

// Parse reads what time.ParseDuration reads, and whole numbers of days
// (d), weeks (w) and years of 365 days (y) before it: 30d, 1y6w, 7d12h.
func Parse(s string) (time.Duration, error) {
	days := map[byte]uint64{'y': 365, 'w': 7, 'd': 1}
	var hours strings.Builder
	rest := s
	for {
		i := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if i <= 0 || days[rest[i]] == 0 {
			break
		}
		n, err := strconv.ParseUint(rest[:i], 10, 32)
		if err != nil {
			return 0, Err
		}
		fmt.Fprintf(&hours, "%dh", n*days[rest[i]]*24)
		rest = rest[i+1:]
	}
	d, err := time.ParseDuration(hours.String() + rest)
	if err != nil || d < 0 {
		return 0, Err
	}
	return d, nil
}

// Format writes d for a person: with days, and without what is zero.
func Format(d time.Duration) string {
	d = d.Round(time.Second)
	if d <= 0 {
		return "0s"
	}
	var text strings.Builder
	for _, u := range []struct {
		name string
		of   time.Duration
	}{{"d", Day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}} {
		if n := d / u.of; n > 0 {
			fmt.Fprintf(&text, "%d%s", int64(n), u.name)
			d -= n * u.of
		}
	}
	return text.String()
}

// Age writes how old something is: from a day on, in whole days.
func Age(d time.Duration) string {
	if d >= Day {
		d = d.Truncate(Day)
	}
	return Format(d)
}
