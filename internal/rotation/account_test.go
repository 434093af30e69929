package rotation

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// At another account a deletion finds nothing. That does not end a rotation whose
// credentials live on where they are.
func TestAnotherAccountEndsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.v.faults["delete"] = []fault{{err: errDown}}
		q := h.request()
		q.Verify = "none"
		r, err := h.Rotate(t.Context(), q)
		require.ErrorIs(t, err, provider.ErrPartial)
		elsewhere, open := newHouse(t, asReplacer), h.Open
		elsewhere.v.all = nil
		h.Open = func(context.Context, Subject, provider.Secret) (provider.Service, provider.Input, error) {
			return elsewhere.service, provider.Input{}, nil
		}
		r, err = h.Resume(t.Context(), r.Operation, Resumption{})
		require.ErrorIs(t, err, provider.ErrUsage)
		assert.NotEqual(t, Done, r.State)
		h.Open = open
		r, err = h.Resume(t.Context(), r.Operation, Resumption{})
		require.NoError(t, err)
		assert.Equal(t, Done, r.State)
		assert.Equal(t, []string{r.NewID}, h.living())
	})
}

// That the new one was rotated in turn does not tell where this is.
func TestAnotherAccountEndsNothingThatWasRotatedSince(t *testing.T) {
	for name, grace := range map[string]time.Duration{"that is done": 0, "that is in its grace too": 48 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, asReplacer)
				first, second := h.twice(grace)
				h.clock = 25 * time.Hour
				elsewhere, open := newHouse(t, asReplacer), h.Open
				elsewhere.v.all = nil
				h.Open = func(context.Context, Subject, provider.Secret) (provider.Service, provider.Input, error) {
					return elsewhere.service, provider.Input{}, nil
				}
				r, err := h.Resume(t.Context(), first.Operation, Resumption{})
				require.ErrorIs(t, err, provider.ErrUsage)
				assert.NotEqual(t, Done, r.State)
				assert.Contains(t, h.living(), h.old.ID)
				h.Open = open
				h.old.died = h.v.now() // by somebody else, where it lived
				r, err = h.Resume(t.Context(), first.Operation, Resumption{})
				require.NoError(t, err, "what came of it is here")
				assert.Equal(t, Done, r.State)
				assert.Contains(t, h.living(), second.NewID)
			})
		})
	}
}
