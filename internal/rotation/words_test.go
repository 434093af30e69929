package rotation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// After an abort, a destination that got the old secret back is restored. One that was changed
// meanwhile is not.
func TestStatesOfDestinationsAfterAnAbort(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		q := h.Request()
		q.Grace = time.Hour
		_, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		h.Restart()
		h.Boxes["box:b"].Secret = "theirs"
		r, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
		require.NoError(t, err)
		require.Len(t, r.Destinations, 2)
		assert.Equal(t, oplog.DeliveryState{To: "box:a", State: oplog.Restored}, r.Destinations[0])
		assert.Equal(t, oplog.Delivered, r.Destinations[1].State)
	})
}

// One that was restored by an abort that has not ended gets the new secret again, if the
// rotation is resumed.
func TestTheStateOfARestoredDestinationThatIsDeliveredAgain(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, _ := inGrace(t, func(*rotationtest.Box) {})
		require.NotEmpty(t, h.killed(1, "restored.noted"))
		story, err := h.Show(h.Old.ID)
		require.NoError(t, err)
		assert.Equal(t, oplog.Restored, story.Destinations[0].State)
		r, err := h.Resume(t.Context(), h.Old.ID, rotation.ResumeOptions{})
		require.NoError(t, err)
		assert.Equal(t, oplog.Delivered, r.Destinations[0].State)
	})
}

// Who rotates a credential again in its grace period is told what state that is, when it ends,
// and how to rotate again or to end it now. A run that resumes all says nothing.
func TestRotatingAgainInTheGracePeriodSaysHow(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		q := h.Request()
		q.Grace = time.Hour
		first, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		h.Restart()
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.False(t, r.Changed)
		assert.Equal(t, oplog.ReasonGrace, r.Reason)
		assert.Equal(t, []string{"Nothing was changed: rotation " + first.Operation + " is in its grace period. " + first.NewID + " is in use, and " + h.Old.ID + " will be deleted at " + first.Retires.Format(time.RFC3339) +
			". To rotate again now, run: credctl acme rotate " + first.NewID + " --grace 1h --to box:a --to box:b; to delete " + h.Old.ID + " now, run: credctl rotation resume " + first.Operation + " --grace 0"}, r.Notes)
		h.Restart()
		r, err = h.Resume(t.Context(), first.Operation, rotation.ResumeOptions{})
		require.NoError(t, err)
		assert.Empty(t, r.Notes)
	})
}
