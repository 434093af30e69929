package rotation_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// stopping are ways in which the old secret stops working in the grace period, while the
// vendor still has the old credential.
func stopping() map[string]func(h *house) {
	return map[string]func(h *house){
		"it is expired":                      func(h *house) { h.Old.Expired = true },
		"somebody generated another secret":  func(h *house) { h.Old.Secret = "another-secret-of-the-old-credential" },
		"it is expired, and has another one": func(h *house) { h.Old.Expired, h.Old.Secret = true, "another-secret" },
	}
}

// An abort writes no secret that has stopped working over one that works.
func TestAnAbortRestoresNoSecretThatHasStoppedWorking(t *testing.T) {
	for name, stop := range stopping() {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h, r := inGrace(t, func(*rotationtest.Box) {})
				stop(h)
				_, err := h.PlanAbort(t.Context(), h.Old.ID, false)
				require.ErrorIs(t, err, provider.ErrRefused)
				_, err = h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
				require.ErrorIs(t, err, provider.ErrRefused)
				assert.Contains(t, provider.HintOf(err), "credctl rotation abort "+r.Operation+" --force")
				h.Restart()
				last, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{Force: true})
				require.NoError(t, err)
				assert.Equal(t, oplog.Aborted, last.State)
				assert.Contains(t, h.Remaining(), r.NewID)
				for box, b := range h.Boxes {
					assert.Equal(t, h.V.Find(r.NewID).Secret, b.Secret, box)
				}
			})
		})
	}
}

// It stops working while an abort is under way: the rotation can be ended.
func TestAnAbortEndsWhereTheOldCredentialExpiresMeanwhile(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r := inGrace(t, func(*rotationtest.Box) {})
		h.V.Faults["delete"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}}
		_, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
		require.ErrorIs(t, err, provider.ErrPartial)
		h.Old.Expired = true
		h.Restart()
		_, err = h.Resume(t.Context(), h.Old.ID, rotation.ResumeOptions{})
		require.ErrorIs(t, err, provider.ErrRefused)
		assert.Contains(t, h.Remaining(), r.NewID)
		h.Restart()
		var saved []provider.Credential
		h.Keep = func(c provider.Credential) (string, error) { saved = append(saved, c); return "/a/file", nil }
		last, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{Force: true})
		require.NoError(t, err)
		assert.Equal(t, oplog.Aborted, last.State)
		require.Len(t, saved, 1, "no destination has it any more")
		assert.Equal(t, r.NewID, saved[0].ID)
	})
}

// After all destinations have it again it is tried again, before the new credential is deleted.
func TestAnAbortTriesTheOldSecretBeforeTheDeletion(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r := inGrace(t, func(*rotationtest.Box) {})
		require.NotEmpty(t, h.killed(2, "restored.noted"))
		h.Old.Secret = "another-secret-of-the-old-credential"
		_, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
		require.ErrorIs(t, err, provider.ErrRefused)
		assert.Contains(t, h.Remaining(), r.NewID)
	})
}

// Where the service does not answer, nothing is written, and --force restores.
func TestAnAbortThatCannotTellWhetherTheOldSecretWorks(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r := inGrace(t, func(*rotationtest.Box) {})
		h.V.Faults["verify"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}}
		_, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
		require.ErrorIs(t, err, provider.ErrUnavailable)
		assert.Contains(t, provider.HintOf(err), "credctl rotation abort "+r.Operation+"; to restore the old secret without this check, add --force")
		assert.Equal(t, h.V.Find(r.NewID).Secret, h.Boxes["box:a"].Secret)
		h.Restart()
		h.V.Faults["verify"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}}
		last, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{Force: true})
		require.NoError(t, err)
		assert.Equal(t, oplog.Aborted, last.State)
		assert.Equal(t, h.Old.Secret, h.Boxes["box:a"].Secret)
		assert.Equal(t, []string{h.Old.ID}, h.Remaining())
	})
}

// An interruption is no answer about the old secret: nothing is ended, by force neither.
func TestAnAbortThatIsInterruptedWhileItTriesTheOldSecret(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r := inGrace(t, func(*rotationtest.Box) {})
		for _, force := range []bool{false, true} {
			ctx, interrupt := context.WithCancel(t.Context())
			h.V.VerifyAs = func(provider.Credential) error {
				interrupt()
				return provider.WithClass(provider.ErrPending, ctx.Err())
			}
			_, err := h.Abort(ctx, h.Old.ID, rotation.AbortOptions{Force: force})
			require.ErrorIs(t, err, context.Canceled)
			require.NotErrorIs(t, err, provider.ErrRefused)
			assert.Equal(t, h.V.Find(r.NewID).Secret, h.Boxes["box:a"].Secret)
			h.Restart()
		}
		h.V.VerifyAs = nil
		last, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
		require.NoError(t, err)
		assert.Equal(t, oplog.Aborted, last.State)
		assert.Equal(t, []string{h.Old.ID}, h.Remaining())
	})
}
