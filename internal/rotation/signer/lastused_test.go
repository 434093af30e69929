package signer

import (
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
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
		"others use it often":        {at(-90, 10, 400), 5 * time.Millisecond, false, true},
		"others use it now and then": {at(-900, -900, 300), 2 * time.Second, false, false},
		"ours, written once a minute, which just was over": {at(-59_900, 149, 149), 5 * time.Millisecond, false, false},
		"it was used for the first time":                   {at(149, 578), 5 * time.Millisecond, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			self, known := inStep(c.used, asked, c.slowest)
			assert.Equal(t, c.self, self)
			assert.Equal(t, c.known, known)
		})
	}
}

// The ways in which a server writes down when a key was used, at the n-th look.
var (
	withUs      = func(_ int, now time.Time) time.Time { return now.Add(-3 * time.Hour) }
	onceAMinute = func(int, time.Time) time.Time { return time.Now().Add(-20 * time.Second).Truncate(time.Minute) }
	busy        = func(n int, now time.Time) time.Time { return now.Add(-time.Duration(n*n) * 70 * time.Millisecond) }
	longAgo     = func(int, time.Time) time.Time { return time.Unix(1000, 0) }
	neverUsed   = func(int, time.Time) time.Time { return time.Time{} }
)

// listed is what a vendor lists whose keys were used so. It counts the looks.
func listed(looks *int, keys map[string]func(n int, now time.Time) time.Time) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		*looks++
		time.Sleep(5 * time.Millisecond)
		for id, used := range keys {
			if !yield(provider.Credential{ID: id, LastUsed: used(*looks, time.Now())}, nil) {
				return
			}
		}
	}
}

func TestF13LastUsedMovesWithUs(t *testing.T) {
	type keys = map[string]func(n int, now time.Time) time.Time
	for name, c := range map[string]struct {
		keys    keys
		self    string
		unknown []string
		looks   int
	}{
		"ours":                          {keys{"a": withUs, "b": longAgo}, "a", nil, 3},
		"ours, in another case":         {keys{"A": withUs, "b": longAgo}, "a", nil, 3},
		"never used":                    {keys{"a": neverUsed, "b": neverUsed}, "", []string{"a", "b"}, 1},
		"written once a minute":         {keys{"a": onceAMinute, "b": longAgo}, "", []string{"a", "b"}, 3},
		"others use it":                 {keys{"a": busy, "b": busy}, "", nil, 3},
		"others use one":                {keys{"a": busy, "b": longAgo}, "", []string{"b"}, 3},
		"not listed":                    {keys{"a": busy}, "", []string{"b"}, 3},
		"ours is another one":           {keys{"a": longAgo, "own": withUs}, "", nil, 3},
		"two others could be ours":      {keys{"a": longAgo, "own": withUs, "twin": withUs}, "", []string{"a", "b"}, 3},
		"ours, and another one as well": {keys{"b": withUs, "twin": withUs}, "b", nil, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				looks := 0
				self, unknown, err := movesWithUs(t.Context(), listed(&looks, c.keys), []string{"a", "b"})
				require.NoError(t, err)
				assert.Equal(t, c.self, self)
				assert.Equal(t, c.unknown, unknown)
				assert.Equal(t, c.looks, looks)
			})
		})
	}
}

func TestUntold(t *testing.T) {
	assert.Equal(t, "whether a is the key that credctl itself signs with cannot be told", Untold(IsSigner, "a"))
	assert.Equal(t, "whether one of a, b is the key that credctl itself signs with cannot be told", Untold(IsSigner, "a", "b"))
	assert.Contains(t, Untold(IsSigner, "a", "b", "c", "d", "e", "f", "g"), "one of a, b, c, d, e and 2 others is")
}
