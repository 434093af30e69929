package policy

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// Two policies that are due at once, of which the second waited for the first.
func TestF6WhatAnotherPolicyDidInPlaceIsNotDoneAgain(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsGenerator)
		r := h.entry("web", h.Old.ID, 30*duration.Day)
		r.InPlace = true
		h.Clock = 40 * duration.Day
		index, err := h.Journal.Index()
		require.NoError(t, err)
		seen, err := h.Journal.Seen()
		require.NoError(t, err)
		j := &job{engine: h.Engine, began: time.Now(), index: index, seen: seen, folded: folds{}}
		late := j.collect(t.Context(), Policy{Rotations: []Entry{r}})
		readAll(t.Context(), j, late)
		require.True(t, late[0].age.Due)
		_, err = Run(t.Context(), h.Engine, Policy{Rotations: []Entry{r}}, Options{})
		require.NoError(t, err)
		got := j.carryOut(t.Context(), late)
		require.NoError(t, got[0].Err)
		assert.False(t, got[0].Changed, got[0].Message)
		assert.Equal(t, 1, h.Count("generate"))
	})
}

func TestEachPolicyHasALockOfItsOwn(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		one, other := Policy{File: t.TempDir()}, Policy{File: t.TempDir()}
		path, ok := one.Path()
		require.True(t, ok)
		_, release, err := h.Journal.Lock(t.Context(), "the policy "+path, 0)
		require.NoError(t, err)
		defer release()
		_, err = Run(t.Context(), h.Engine, one, Options{})
		require.ErrorIs(t, err, provider.ErrLocked)
		_, err = Run(t.Context(), h.Engine, other, Options{})
		require.NoError(t, err)
	})
}

// What another run is about to delete is no concern of this one.
func TestASweepLeavesWhatIsLocked(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		q := h.Request()
		q.Grace = duration.Day
		_, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		h.Clock = 2 * duration.Day
		_, release, err := h.Journal.Lock(t.Context(), q.Ref().String(), 0)
		require.NoError(t, err)
		defer release()
		got, err := Run(t.Context(), h.Engine, Policy{}, Options{})
		require.NoError(t, err)
		assert.Empty(t, got)
	})
}

// A run that loses its locks is one to run again, also for what it had not begun.
func TestALostLockIsTemporary(t *testing.T) {
	for _, credentials := range []int{1, 3} {
		rotationtest.Bubble(t, func(t *testing.T) {
			h := newHouse(t, rotationtest.AsReplacer)
			p := Policy{File: t.TempDir()}
			for i := range credentials {
				p.Rotations = append(p.Rotations, h.entry(strconv.Itoa(i), h.V.Add(provider.Credential{Name: "n" + strconv.Itoa(i)}).ID, 30*duration.Day))
			}
			h.Clock = 40 * duration.Day
			ctx, lose := context.WithCancelCause(t.Context())
			h.V.VerifyAs = func(provider.Credential) error {
				lose(provider.WithClass(provider.ErrLocked, errors.New("the lock was lost")))
				return nil
			}
			got, err := Run(ctx, h.Engine, p, Options{})
			require.ErrorIs(t, err, provider.ErrLocked)
			require.NotErrorIs(t, err, context.Canceled)
			require.Len(t, got, credentials)
			for _, r := range got {
				require.ErrorIs(t, r.Err, provider.ErrLocked, r.Name)
				require.NotErrorIs(t, r.Err, context.Canceled, r.Name)
			}
			assert.Equal(t, 1, h.Count("create"))
		})
	}
}
