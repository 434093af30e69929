package signer

import (
	"context"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// A clocked server lists keys, and writes down when they are used in one of the ways
// of real servers.
type clocked struct {
	keys  map[string]time.Time // when each was last used, as far as the server shows it
	looks int
	slow  int                             // the look that takes long
	stamp func(s *clocked, now time.Time) // what a listing that is asked for now changes before it is answered
	after func(s *clocked, now time.Time) // and after that
}

func (s *clocked) list(yield func(provider.Credential, error) bool) {
	s.looks++
	now := time.Now().Add(-3 * time.Hour) // its clock is another one
	if s.stamp != nil {
		s.stamp(s, now)
	}
	if s.looks == s.slow {
		time.Sleep(700 * time.Millisecond)
	}
	time.Sleep(5 * time.Millisecond)
	for id, used := range s.keys {
		if !yield(provider.Credential{ID: id, LastUsed: used}, nil) {
			return
		}
	}
	if s.after != nil {
		s.after(s, now)
	}
}

func longAgo() time.Time { return time.Now().Add(-9 * time.Hour) }

// uses returns what writes down the use of keys.
func uses(ids ...string) func(*clocked, time.Time) {
	return func(s *clocked, now time.Time) {
		for _, id := range ids {
			s.keys[id] = now.Add(11 * time.Millisecond)
		}
	}
}

// atLooks returns what does so at the looks from first to last alone.
func atLooks(first, last int, ids ...string) func(*clocked, time.Time) {
	return func(s *clocked, now time.Time) {
		if first <= s.looks && s.looks <= last {
			uses(ids...)(s, now)
		}
	}
}

func lateAtTheSecond(s *clocked, now time.Time) {
	if s.looks != 2 {
		uses("a")(s, now)
	}
}

func TestF13LastUse(t *testing.T) {
	for name, c := range map[string]struct {
		stamp, after func(*clocked, time.Time)
		never        bool // the server has never written down any use
		self         string
		unknown      []string
		looks        int
	}{
		"at once":                 {stamp: uses("a"), self: "a", looks: 4},
		"late":                    {after: uses("a"), self: "a", looks: 4},
		"at once, another":        {stamp: uses("own"), looks: 4},
		"late, another":           {after: uses("own"), looks: 4},
		"at times late":           {stamp: lateAtTheSecond, after: uses("a"), self: "a", looks: 4},
		"never":                   {never: true, unknown: []string{"a", "b"}, looks: 1},
		"not now":                 {unknown: []string{"a", "b"}, looks: 3},
		"once a minute, just now": {stamp: atLooks(2, 2, "a"), unknown: []string{"a", "b"}, looks: 4},
		"two keep step":           {stamp: uses("a", "own"), unknown: []string{"a", "b"}, looks: 4},
		"ours is late and another one is busy": {
			stamp: uses("own"), unknown: []string{"a"}, looks: 4, // a may be ours
			after: atLooks(1, 2, "a"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &clocked{stamp: c.stamp, after: c.after, keys: map[string]time.Time{"a": longAgo(), "b": longAgo(), "own": longAgo()}}
				if c.never {
					s.keys = map[string]time.Time{"a": {}, "b": {}, "own": {}}
				}
				self, unknown, err := new(observation).amongListed(t.Context(), nil, Earlier{}, s.list, []string{"a", "b"})
				require.NoError(t, err)
				assert.Equal(t, c.self, self)
				assert.ElementsMatch(t, c.unknown, unknown)
				assert.Equal(t, c.looks, s.looks)
			})
		})
	}
}

// A key that was never used before somebody uses it while we look does not keep step with us.
func TestF13AKeyThatIsUsedForTheFirstTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := atLooks(3, 4, "a")
		s := &clocked{keys: map[string]time.Time{"a": {}, "own": longAgo()}, stamp: func(s *clocked, now time.Time) {
			uses("own")(s, now)
			first(s, now)
		}}
		self, _, err := new(observation).amongListed(t.Context(), nil, Earlier{}, s.list, []string{"a", "own"})
		require.NoError(t, err)
		assert.Equal(t, "own", self)
	})
}

// One look that takes long does not let keys that nobody uses keep step with ours.
func TestF13OneSlowLook(t *testing.T) {
	for slow := range 5 {
		for _, late := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				s := &clocked{slow: slow, keys: map[string]time.Time{"a": longAgo(), "b": longAgo(), "own": longAgo()}}
				if late {
					s.after = uses("own")
				} else {
					s.stamp = uses("own")
				}
				self, unknown, err := new(observation).amongListed(t.Context(), nil, Earlier{}, s.list, []string{"a", "own"})
				require.NoError(t, err)
				assert.Equal(t, "own", self, "look %d", slow)
				assert.Empty(t, unknown, "look %d", slow)
			})
		}
	}
}

// A listing that was made before is the first look, also where the server writes the use
// late, and where other requests were sent since.
func TestF13AnEarlierListing(t *testing.T) {
	for name, c := range map[string]struct {
		late, between bool
		looks         int
	}{"at once": {looks: 4}, "late": {late: true, looks: 4}, "others since": {between: true, looks: 4}, "late, and others since": {late: true, between: true, looks: 5}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &clocked{keys: map[string]time.Time{"a": longAgo(), "b": {}, "own": longAgo()}}
				use := uses("own")
				if s.stamp = use; c.late {
					s.stamp, s.after = nil, use
				}
				began := time.Now()
				var kept []provider.Credential
				for c := range s.list {
					kept = append(kept, c)
				}
				time.Sleep(20 * time.Second)
				if c.between {
					uses("own")(s, time.Now().Add(-3*time.Hour))
					time.Sleep(20 * time.Second)
				}
				earlier := Earlier{All: func(yield func(provider.Credential, error) bool) {
					for _, c := range kept {
						if !yield(c, nil) {
							return
						}
					}
				}, Began: began, Took: 5 * time.Millisecond}
				var o observation
				self, unknown, err := o.amongListed(t.Context(), nil, earlier, s.list, []string{"a", "own"})
				require.NoError(t, err)
				assert.Equal(t, "own", self)
				assert.Empty(t, unknown)
				assert.Equal(t, "own", o.certain())
				assert.Equal(t, c.looks, s.looks)
				self, unknown, err = o.amongListed(t.Context(), nil, earlier, s.list, []string{"b"})
				require.NoError(t, err)
				assert.Empty(t, self)
				assert.Empty(t, unknown)
				assert.Equal(t, c.looks, s.looks, "it is not looked for again")
			})
		})
	}
}

// A key that somebody else uses now and then does not prove that ours is another one.
func TestF13ABusyKeyProvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ago, looks := []time.Duration{3, 20, 260, 150}, 0
		busy := func(yield func(provider.Credential, error) bool) {
			looks++
			_ = yield(provider.Credential{ID: "a", LastUsed: longAgo().Truncate(time.Hour)}, nil) &&
				yield(provider.Credential{ID: "busy", LastUsed: time.Now().Add(-ago[looks-1] * time.Millisecond)}, nil)
		}
		_, unknown, err := new(observation).amongListed(t.Context(), nil, Earlier{}, busy, []string{"a"})
		require.NoError(t, err)
		assert.Equal(t, []string{"a"}, unknown)
	})
}

// signatory is a service that knows which credentials may sign.
type signatory func(provider.Credential) bool

func (s signatory) MaySign(c provider.Credential) bool             { return s(c) }
func (signatory) SignerOf(context.Context, string) (string, error) { return "", nil }

// What cannot sign is not the signer, and the only one that can is.
func TestF13WhatCannotSign(t *testing.T) {
	all := func(ids ...string) iter.Seq2[provider.Credential, error] {
		return func(yield func(provider.Credential, error) bool) {
			for _, id := range ids {
				if !yield(provider.Credential{ID: id, Revoked: id[0] == 'r'}, nil) {
					return
				}
			}
		}
	}
	live := signatory(provider.Credential.Live)
	for name, c := range map[string]struct {
		listed, ids []string
		self        string
		unknown     []string
	}{
		"one is revoked":           {[]string{"a", "b", "r"}, []string{"r"}, "", []string{}},
		"one is not listed":        {[]string{"a", "b"}, []string{"x"}, "", []string{}},
		"there is no other":        {[]string{"A", "r"}, []string{"a", "r"}, "a", nil},
		"the other one":            {[]string{"a", "r"}, []string{"r"}, "", nil},
		"it may be one of several": {[]string{"a", "b", "r"}, []string{"a", "r"}, "", []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				self, unknown, err := new(observation).amongListed(t.Context(), live, Earlier{}, all(c.listed...), c.ids)
				require.NoError(t, err)
				assert.Equal(t, c.self, self)
				assert.ElementsMatch(t, c.unknown, unknown)
			})
		})
	}
}

func TestUntold(t *testing.T) {
	assert.Equal(t, "Cannot tell whether a is the key that credctl authenticates with", Untold(IsSigner, "a"))
	assert.Equal(t, "Cannot tell whether one of a, b is the key that credctl authenticates with", Untold(IsSigner, "a", "b"))
	assert.Equal(t, "Cannot tell whether one of a, b, c, d, e is the key that credctl authenticates with", Untold(IsSigner, "a", "b", "c", "d", "e"))
	assert.Contains(t, Untold(IsSigner, "a", "b", "c", "d", "e", "f", "g"), "one of a, b, c, d, e and 2 others is")
	assert.Contains(t, NotSelf("a", "b"), "--not-self a --not-self b")
}

// A server writes the time of use at any moment of its answer, or a little later. What is
// further off is another program's use.
func TestInStepToTheMillisecond(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	asked := []time.Time{at, at.Add(time.Second), at.Add(3 * time.Second), at.Add(7 * time.Second)}
	const took = 5 * time.Millisecond
	r := &usage{asked: asked, took: []time.Duration{took, took, took, took}}
	for off, want := range map[time.Duration]bool{
		0: true, took + late: true, took + late + 1: false, -took - late: true, -took - late - 1: false,
	} {
		assert.Equal(t, want, r.inStep([]time.Time{asked[1], asked[2].Add(off), asked[3]}), off)
		assert.Equal(t, want, r.inStep([]time.Time{at.Add(-time.Hour), asked[1], asked[2].Add(off), asked[3]}), off)
	}
	assert.False(t, r.inStep(asked[2:]), "too few looks have shown it")
}

// What was last used days ago does not sign our requests: it is not worth more looks.
func TestF13OldUseIsNotWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &clocked{keys: map[string]time.Time{"a": time.Now().Add(-lately - time.Hour), "b": time.Now().Add(-lately)}}
		_, unknown, err := new(observation).amongListed(t.Context(), nil, Earlier{}, s.list, []string{"a", "b"})
		require.NoError(t, err)
		assert.ElementsMatch(t, []string{"a", "b"}, unknown)
		assert.Equal(t, 1, s.looks)
	})
}
