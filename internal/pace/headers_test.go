package pace

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestRetryAfter(t *testing.T) {
	for _, x := range []struct {
		value, date string
		want        time.Duration
		ok          bool
	}{
		{"", "", 0, false},
		{"5", "", 5 * time.Second, true},
		{" 5 ", "", 5 * time.Second, true},
		{"0", "", 0, true},
		{"1.5", "", 1500 * time.Millisecond, true},
		{"-1", "", 0, false},
		{"NaN", "", 0, false},
		{"soon", "", 0, false},
		{"1e300", "", (1<<31 - 1) * time.Second, true},
		{"Sun, 22 Nov 2026 12:00:08 GMT", "", 8 * time.Second, true},
		{"Sun, 22 Nov 2026 12:00:08 GMT", "Sun, 22 Nov 2026 12:00:05 GMT", 3 * time.Second, true},
		{"Sun, 22 Nov 2026 11:59:00 GMT", "", 0, true},
	} {
		got, ok := retryAfter(x.value, x.date, noon)
		assert.Equal(t, x.ok, ok, x.value)
		assert.Equal(t, x.want, got, x.value)
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"1", "-1", "1e9", "Inf", "Sun, 22 Nov 2026 12:00:08 GMT", "Sunday, 22-Nov-26 12:00:08 GMT", "9999999999999999999"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		got, ok := retryAfter(value, date, noon)
		assert.GreaterOrEqual(t, got, time.Duration(0), "a wait never is in the past, nor overflows")
		assert.True(t, ok || got == 0)
	})
}

func TestRemaining(t *testing.T) {
	for _, x := range []struct {
		window            time.Duration
		left, reset, date string
		want              int
		ends              time.Duration
		ok                bool
	}{
		{0, "", "", "", 0, 0, false},
		{0, "5", "", "", 0, 0, false}, // until when?
		{time.Minute, "5", "", "", 5, time.Minute, true},
		{time.Minute, "5", "", "Sun, 22 Nov 2026 12:00:45 GMT", 5, 15 * time.Second, true},
		{0, "0", "7", "", 0, 7 * time.Second, true},
		{0, " 3", " 2.5 ", "", 3, 2500 * time.Millisecond, true},
		{0, "3", "2026-11-22T12:00:09.930Z", "", 3, 9930 * time.Millisecond, true},
		{0, "3", "-7", "", 0, 0, false},
		{0, "3", "NaN", "", 0, 0, false},
		{0, "3", "soon", "", 0, 0, false},
		{time.Minute, "many", "7", "", 0, 0, false},
		{time.Minute, "-1", "7", "", 0, 0, false},
	} {
		h := http.Header{}
		for name, value := range map[string]string{"X-RateLimit-Remaining": x.left, "X-RateLimit-Reset": x.reset, "Date": x.date} {
			if value != "" {
				h.Set(name, value)
			}
		}
		c, ok := read(x.window, noon, h)
		assert.Equal(t, x.ok, ok, "%+v", x)
		if ok {
			assert.Equal(t, x.want, c.Left, "%+v", x)
			assert.Equal(t, x.ends, c.Ends.Sub(noon), "%+v", x)
			assert.Zero(t, c.Limit)
		}
	}
}

// TestAsked: a refusal lasts until the next window, by the vendor's clock, unless it says otherwise.
func TestAsked(t *testing.T) {
	date := "Sun, 22 Nov 2026 12:00:45 GMT"
	for range 20 {
		wait, ok := Asked(time.Minute, 429, "", date)
		assert.True(t, ok)
		assert.GreaterOrEqual(t, wait, 15*time.Second)
		assert.Less(t, wait, 17*time.Second, "not all clients are back in the first moment")
	}
	wait, _ := Asked(time.Minute, 429, "3", date)
	assert.Equal(t, 3*time.Second, wait)
	_, ok := Asked(time.Minute, 503, "", date)
	assert.False(t, ok, "which is no matter of a window")
}
