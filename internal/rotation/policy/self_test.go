package policy

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

func TestF13SelfGoesLast(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) { // in bulk it goes last
		h := newHouse(t, rotationtest.AsReplacer)
		require.NoError(t, h.Journal.Issued(h.Request().Ref(), provider.NewSecret(h.Old.Secret), time.Now()))
		h.Token = func(context.Context, rotation.Subject) (provider.Secret, error) {
			return provider.NewSecret(h.Old.Secret), nil
		}
		second := h.V.Add(provider.Credential{Name: "second"})
		p := Policy{Rotations: []Entry{h.entry("web", h.Old.ID, 30*duration.Day), h.entry("second", second.ID, 30*duration.Day)}}
		p.Rotations[0].Self = true
		h.Clock = 40 * duration.Day
		got, err := Run(t.Context(), h.Engine, p, Options{})
		require.NoError(t, err)
		assert.Equal(t, "web", got[0].Name)
		assert.Equal(t, "delete "+second.ID, h.V.Calls[1])
		assert.Equal(t, "delete "+h.Old.ID, h.V.Calls[len(h.V.Calls)-1])
	})
}

// So does what the policy says credctl may authenticate with.
func TestF13WhatIsMarkedAsSelfGoesLast(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		second := h.V.Add(provider.Credential{Name: "second"})
		p := Policy{Rotations: []Entry{h.entry("web", h.Old.ID, 30*duration.Day), h.entry("second", second.ID, 30*duration.Day)}}
		p.Rotations[0].Self = true
		h.Clock = 40 * duration.Day
		_, err := Run(t.Context(), h.Engine, p, Options{})
		require.NoError(t, err)
		assert.Less(t, slices.Index(h.V.Calls, "delete "+second.ID), slices.Index(h.V.Calls, "delete "+h.Old.ID))
	})
}

// A policy leaves out what credctl may authenticate with, and says how to state otherwise.
func TestWhatMayBeTheSignerIsLeftOut(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.V.Unstamped = true
		h.Token = func(context.Context, rotation.Subject) (provider.Secret, error) {
			return provider.NewSecret("of nobody that the journal knows"), nil
		}
		p := Policy{Rotations: []Entry{h.entry("web", h.Old.ID, 30*duration.Day)}}
		h.Clock = 40 * duration.Day
		for _, o := range []Options{{DryRun: true}, {}} {
			got, err := Run(t.Context(), h.Engine, p, o)
			require.ErrorIs(t, err, provider.ErrRefused)
			assert.Contains(t, provider.HintOf(got[0].Err), "set not_self: true in entry web")
			assert.Empty(t, h.V.Calls)
		}
		p.Rotations[0].NotSelf = true
		got, err := Run(t.Context(), h.Engine, p, Options{})
		require.NoError(t, err)
		assert.True(t, got[0].Changed)
	})
}

// Looking for the key that credctl authenticates with reads the unfinished rotations, and
// so it is done once for an account, not for each entry.
func TestTheSignerIsLookedForOnce(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		asked := 0
		h.Token = func(context.Context, rotation.Subject) (provider.Secret, error) {
			asked++
			return provider.NewSecret("another"), nil
		}
		var p Policy
		for i := range 5 {
			name := "key" + strconv.Itoa(i)
			p.Rotations = append(p.Rotations, h.entry(name, h.V.Add(provider.Credential{Name: name, Status: "active"}).ID, duration.Day))
		}
		_, err := Run(t.Context(), h.Engine, p, Options{})
		require.NoError(t, err)
		assert.Equal(t, 1, asked)
	})
}
