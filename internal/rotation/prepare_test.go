package rotation_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// What a plan has just read is not read again; what was read before it may have
// changed is.
func TestARunBeginsWithWhatItsPlanRead(t *testing.T) {
	// The new credential is read to compare its permissions, and before the old credential is deleted.
	// The listing of the plan serves the run: what others have made since did not appear
	// while a request of the run was under way.
	rights := map[string]int{"get": 2}
	again := map[string]int{"get": 3}
	for name, c := range map[string]struct {
		meanwhile func(h *house, q *rotation.Request)
		reads     map[string]int
	}{
		"at once":     {func(*house, *rotation.Request) {}, rights},
		"a bit later": {func(*house, *rotation.Request) { time.Sleep(1900 * time.Millisecond) }, rights},
		"much later":  {func(*house, *rotation.Request) { time.Sleep(2100 * time.Millisecond) }, again},
		"with other options": {func(_ *house, q *rotation.Request) {
			q.Verify = "none"
		}, again},
		"with another subject": {func(_ *house, q *rotation.Request) {
			q.Params = map[string]string{"new-name": "other"}
		}, again},
		"after a minute": {func(*house, *rotation.Request) { time.Sleep(61 * time.Second) }, map[string]int{"get": 3, "list": 1}},
		"without a plan": {func(_ *house, q *rotation.Request) { q.Plan = nil }, again},
		"when another run has tried": {func(h *house, _ *rotation.Request) {
			h.V.Faults["create"] = []rotationtest.Fault{{Err: rotationtest.ErrLimit}}
			_, err := h.Rotate(h.T.Context(), h.Request())
			require.ErrorIs(h.T, err, provider.ErrConflict)
			clear(h.V.Reads)
		}, again},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				q := h.Request()
				p, err := h.Plan(t.Context(), q)
				require.NoError(t, err)
				assert.Equal(t, map[string]int{"get": 1, "list": 1}, h.V.Reads)
				clear(h.V.Reads)
				q.Plan = &p
				c.meanwhile(h, &q)
				r, err := h.Rotate(t.Context(), q)
				require.NoError(t, err)
				assert.Equal(t, oplog.Done, r.State)
				assert.Equal(t, c.reads, h.V.Reads)
			})
		})
	}
}

// What another run did in place after the plan was made is not done again.
func TestF6WhatWasRotatedSinceThePlanIsNotRotatedAgain(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsGenerator)
		q := h.Request()
		q.InPlace = true
		p, err := h.Plan(t.Context(), q)
		require.NoError(t, err)
		_, err = h.Rotate(t.Context(), q)
		require.NoError(t, err)
		q.Plan = &p
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.False(t, r.Changed)
		assert.Equal(t, oplog.ReasonRotated, r.Reason)
		assert.Equal(t, 1, h.Count("generate"))
	})
}

// A rotation that has ended delivers nothing to another destination, and says so.
func TestAnEndedRotationAndAnotherDestination(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		q := h.Request()
		q.To = []string{"box:a"}
		done, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.False(t, r.Changed)
		q.To = append(q.To, "box:b")
		r, err = h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, r.OldID+" was rotated 0s ago and replaced by "+done.NewID+"; its secret was not delivered to box:b", r.Message)
		assert.Equal(t, 1, h.Count("create"))
	})
}

// A plan that a check forbids is nothing to begin with.
func TestARunDoesNotBeginWithAPlanThatFailed(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.Boxes["box:a"].Faults["check"] = []error{rotationtest.ErrDown, rotationtest.ErrDown}
		q := h.Request()
		p, err := h.Plan(t.Context(), q)
		require.ErrorIs(t, err, provider.ErrUnavailable)
		q.Plan = &p
		_, err = h.Rotate(t.Context(), q)
		require.ErrorIs(t, err, provider.ErrUnavailable)
		assert.Empty(t, h.V.Calls)
	})
}

// Looking for the key that credctl authenticates with lists all there is, which is then
// known.
func TestTheSnapshotIsTheListingThatShowedTheSigner(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.Token = func(context.Context, rotation.Subject) (provider.Secret, error) {
			return provider.NewSecret("unknown"), nil
		}
		h.V.Unstamped = true
		h.V.Faults["create"] = []rotationtest.Fault{{Err: rotationtest.ErrLost}, {Err: rotationtest.ErrLost}}
		q := h.Request()
		q.NotSelf = true
		_, err := h.Rotate(t.Context(), q)
		require.ErrorIs(t, err, provider.ErrUnknown)
		index, err := h.Journal.Index()
		require.NoError(t, err)
		assert.ElementsMatch(t, []string{"id-1", "id-2"}, index.Live()[0].Entries[0].Snapshot)
		assert.Equal(t, 1+3, h.V.Reads["list"], "for the signer, after each lost answer, and before the second request")
	})
}
