package rotation

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// Two policies that are due at once, of which the second waited for the first.
func TestF6WhatAnotherPolicyDidInPlaceIsNotDoneAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asGenerator)
		r := h.entry("web", h.old.ID, 30*day)
		r.InPlace = true
		h.clock = 40 * day
		index, err := h.Journal.Index()
		require.NoError(t, err)
		seen, err := h.Journal.Seen()
		require.NoError(t, err)
		late := h.expand(t.Context(), r, index, seen, false)
		require.True(t, late[0].due)
		_, err = h.RunPolicy(t.Context(), Policy{Rotations: []Rotation{r}}, PolicyOptions{})
		require.NoError(t, err)
		got := h.carryOut(t.Context(), late, index, PolicyOptions{})
		require.NoError(t, got[0].Err)
		assert.False(t, got[0].Changed, got[0].Reason)
		assert.Equal(t, 1, h.count("generate"))
	})
}

func TestEachPolicyHasALockOfItsOwn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		one, other := Policy{File: t.TempDir()}, Policy{File: t.TempDir()}
		path, ok := one.path()
		require.True(t, ok)
		release, err := h.Journal.Lock(t.Context(), "the policy "+path, 0)
		require.NoError(t, err)
		defer release()
		_, err = h.RunPolicy(t.Context(), one, PolicyOptions{})
		require.ErrorIs(t, err, provider.ErrLocked)
		_, err = h.RunPolicy(t.Context(), other, PolicyOptions{})
		require.NoError(t, err)
	})
}

// What another run is about to delete is no concern of this one.
func TestASweepLeavesWhatIsLocked(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		q := h.request()
		q.Grace = day
		_, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		h.clock = 2 * day
		release, err := h.Journal.Lock(t.Context(), q.Ref().String(), 0)
		require.NoError(t, err)
		defer release()
		got, err := h.RunPolicy(t.Context(), Policy{}, PolicyOptions{})
		require.NoError(t, err)
		assert.Empty(t, got)
	})
}
