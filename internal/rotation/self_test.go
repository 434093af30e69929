package rotation

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestF13InStep: a key that does not move is not ours, on a slow machine either.
func TestF13InStep(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(ms ...int) []time.Time {
		times := make([]time.Time, len(ms))
		for i, m := range ms {
			times[i] = start.Add(time.Duration(m) * time.Millisecond)
		}
		return times
	}
	asked := at(0, 150, 580)
	for name, c := range map[string]struct {
		used        []time.Time
		slowest     time.Duration
		self, known bool
	}{
		"ours":                       {at(-5, 146, 577), 5 * time.Millisecond, true, true},
		"it never moves":             {at(-900, -900, -900), 5 * time.Millisecond, false, false},
		"nor at a slow vendor":       {at(-900, -900, -900), 2 * time.Second, false, false},
		"others use it now and then": {at(-900, -900, 300), 2 * time.Second, false, true},
		"others use it often":        {at(-90, 10, 400), 5 * time.Millisecond, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			self, known := inStep(c.used, asked, c.slowest)
			assert.Equal(t, c.self, self)
			assert.Equal(t, c.known, known)
		})
	}
}
