package rest

import (
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
