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

func signed(t *testing.T, service func(rotationtest.Base) provider.Service) *house {
	h := newHouse(t, service)
	require.NoError(t, h.Journal.Issued(h.Request().Ref(), provider.NewSecret(h.Old.Secret), time.Now()))
	h.Token = func(context.Context, rotation.Subject) (provider.Secret, error) {
		return provider.NewSecret(h.Old.Secret), nil
	}
	return h
}

func TestF13Self(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := signed(t, rotationtest.AsBoth)
		_, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrRefused)
		assert.Empty(t, h.V.Calls)
		q := h.Request()
		q.Self = true
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, oplog.Replace, r.Strategy, "the vendor's own route would kill it first")
		assert.Equal(t, []string{"create", "as " + r.NewID, "as " + r.NewID, "delete " + h.Old.ID}, h.V.Calls)
	})
	rotationtest.Bubble(t, func(t *testing.T) { // the new credential may do less
		h := signed(t, rotationtest.AsBoth)
		q := h.Request()
		q.Self = true
		open := h.Open
		h.Open = func(ctx context.Context, s rotation.Subject, token provider.Secret) (provider.Service, provider.Input, error) {
			if !token.IsZero() {
				h.V.Faults["list"] = []rotationtest.Fault{{Err: rotationtest.ErrNoRight}}
			}
			return open(ctx, s, token)
		}
		_, err := h.Rotate(t.Context(), q)
		require.ErrorIs(t, err, provider.ErrVerify)
		assert.Equal(t, []string{h.Old.ID}, h.Remaining(), "it is taken back")
		assert.Zero(t, h.Boxes["box:a"].Writes)
	})
	for _, service := range []func(rotationtest.Base) provider.Service{rotationtest.AsReplacer, rotationtest.AsBoth} {
		rotationtest.Bubble(t, func(t *testing.T) { // it cannot be told
			h := signed(t, service)
			h.V.Unstamped = true
			h.Token = func(context.Context, rotation.Subject) (provider.Secret, error) {
				return provider.NewSecret("unknown"), nil
			}
			_, err := h.Rotate(t.Context(), h.Request())
			require.ErrorIs(t, err, provider.ErrRefused)
			assert.Contains(t, provider.HintOf(err), "--not-self "+h.Old.ID)
			_, err = h.Plan(t.Context(), h.Request())
			require.ErrorIs(t, err, provider.ErrRefused, "a plan refuses what a run refuses")
			assert.Empty(t, h.V.Calls)
			q := h.Request()
			q.NotSelf = true
			_, err = h.Rotate(t.Context(), q)
			require.NoError(t, err)
		})
	}
	rotationtest.Bubble(t, func(t *testing.T) { // the statement that it is another one is wrong
		h := signed(t, rotationtest.AsBoth)
		q := h.Request()
		q.NotSelf = true
		_, err := h.Rotate(t.Context(), q)
		require.ErrorIs(t, err, provider.ErrRefused)
		assert.Empty(t, h.V.Calls)
	})
}
