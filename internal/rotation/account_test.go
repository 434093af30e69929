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

// At another account a deletion finds nothing. That does not end a rotation whose
// credentials is kept where they are.
func TestAnotherAccountEndsNothing(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.V.Faults["delete"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}}
		q := h.Request()
		q.Verify = "none"
		r, err := h.Rotate(t.Context(), q)
		require.ErrorIs(t, err, provider.ErrPartial)
		elsewhere, open := newHouse(t, rotationtest.AsReplacer), h.Open
		elsewhere.V.All = nil
		h.Open = func(context.Context, rotation.Subject, provider.Secret) (provider.Service, provider.Input, error) {
			return elsewhere.Service, provider.Input{}, nil
		}
		r, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{})
		require.ErrorIs(t, err, provider.ErrUsage)
		assert.NotEqual(t, oplog.Done, r.State)
		h.Open = open
		r, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{})
		require.NoError(t, err)
		assert.Equal(t, oplog.Done, r.State)
		assert.Equal(t, []string{r.NewID}, h.Remaining())
	})
}

// That the new credential was rotated in turn does not tell where this is.
func TestAnotherAccountEndsNothingThatWasRotatedSince(t *testing.T) {
	for name, grace := range map[string]time.Duration{"that is done": 0, "that is in its grace too": 48 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				first, second := h.twice(grace)
				h.Clock = 25 * time.Hour
				elsewhere, open := newHouse(t, rotationtest.AsReplacer), h.Open
				elsewhere.V.All = nil
				h.Open = func(context.Context, rotation.Subject, provider.Secret) (provider.Service, provider.Input, error) {
					return elsewhere.Service, provider.Input{}, nil
				}
				r, err := h.Resume(t.Context(), first.Operation, rotation.ResumeOptions{})
				require.ErrorIs(t, err, provider.ErrUsage)
				assert.NotEqual(t, oplog.Done, r.State)
				assert.Contains(t, h.Remaining(), h.Old.ID)
				h.Open = open
				h.Old.Deleted = h.V.Now() // by somebody else, where it lived
				r, err = h.Resume(t.Context(), first.Operation, rotation.ResumeOptions{})
				require.ErrorIs(t, err, provider.ErrPartial, "what came of it is here, and that it was deleted is said once")
				assert.Equal(t, oplog.Done, r.State)
				assert.Contains(t, h.Remaining(), second.NewID)
			})
		})
	}
}
