// Package duration reads and writes durations as people give them: with days, weeks and years.
package duration

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// The days that people mean: neither leap years nor summer time make a key older.
const (
	Day  = 24 * time.Hour
	week = 7 * Day
	year = 365 * Day
)

// Err says how a duration is written.
var Err = errors.New("a duration is a whole number with y, w, d, h, m or s, such as 30d or 12h")

// Parse reads what time.ParseDuration reads, and whole numbers of days
// (d), weeks (w) and years of 365 days (y) before it: 30d, 1y6w, 7d12h.
func Parse(s string) (time.Duration, error) {
	var total time.Duration
	rest := s
	for rest != "" {
		i := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if i <= 0 {
			break
		}
		unit, days := time.Duration(0), true
		switch rest[i] {
		case 'y':
			unit = year
		case 'w':
			unit = week
		case 'd':
			unit = Day
		default:
			days = false
		}
		if !days {
			break
		}
		n, err := strconv.ParseInt(rest[:i], 10, 64)
		if err != nil || n > int64(math.MaxInt64/unit) || time.Duration(n)*unit > math.MaxInt64-total {
			return 0, Err
		}
		total += time.Duration(n) * unit
		rest = rest[i+1:]
	}
	if rest == "" {
		if s == "" {
			return 0, Err
		}
		return total, nil
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 || d > math.MaxInt64-total {
		return 0, Err
	}
	return total + d, nil
}

// Format writes d for a person: with days, and without what is zero.
func Format(d time.Duration) string {
	d = d.Round(time.Second)
	if d <= 0 {
		return "0s"
	}
	var b strings.Builder
	for _, u := range []struct {
		name string
		of   time.Duration
	}{{"d", Day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}} {
		if n := d / u.of; n > 0 {
			b.WriteString(strconv.FormatInt(int64(n), 10) + u.name)
			d -= n * u.of
		}
	}
	return b.String()
}
