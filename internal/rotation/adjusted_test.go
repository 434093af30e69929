package rotation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A resume with another setting verifies and delivers again. An abort after one that did not
// come so far restores the destinations, which have the new secret from before.
func TestAnAbortAfterAChangedSetting(t *testing.T) {
	for name, known := range map[string]bool{"the old secret is known": true, "it is not": false} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				h.V.All[0].Name = "other"
				if !known {
					for _, b := range h.Boxes {
						b.Secret, b.Key = "of-somebody-else", "another"
					}
				}
				q := h.Request()
				q.Grace = 24 * time.Hour
				r, err := h.Rotate(t.Context(), q)
				require.NoError(t, err)
				h.Restart()
				h.V.Find(r.NewID).Endpoint = "https://new.example"
				h.V.VerifyAs = func(provider.Credential) error { return rotationtest.ErrDown }
				_, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{
					Adjustable: map[string]string{"endpoint": "https://new.example"}, Options: rotation.Options{VerifyTimeout: 1},
				})
				require.Error(t, err)
				h.Restart()
				h.V.VerifyAs = nil
				last, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
				if !known {
					require.ErrorIs(t, err, provider.ErrRefused)
					assert.Contains(t, h.Remaining(), r.NewID, "destinations may use it")
					return
				}
				require.NoError(t, err)
				assert.Equal(t, oplog.Aborted, last.State)
				assert.Equal(t, []string{h.Old.ID}, h.Remaining())
				for box, b := range h.Boxes {
					assert.Equal(t, h.Old.Secret, b.Secret, box)
				}
			})
		})
	}
}

// An abort that failed to restore such a destination takes it for one that may have the new
// secret when it is tried again: nobody knows the secret that it was given first.
func TestAnAbortAfterAnotherSuppliedSecretIsTriedAgain(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r := inGrace(t, func(*rotationtest.Box) {})
		op, err := h.Journal.Find(r.Operation)
		require.NoError(t, err)
		begun, err := oplog.Fold(op)
		require.NoError(t, err)
		supplied, err := oplog.Event{New: &begun.New}.Entry(oplog.StepSecret, h.V.Now())
		require.NoError(t, err)
		supplied.NewID = r.NewID
		supplied.Secrets = map[string]provider.Secret{journal.NewSecret: provider.NewSecret("supplied-later")}
		require.NoError(t, op.Append(supplied))
		h.Restart()
		h.Boxes["box:b"].Faults["write"] = []error{rotationtest.ErrDown}
		_, err = h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
		require.Error(t, err)
		assert.Contains(t, h.Remaining(), r.NewID)
		h.Restart()
		_, err = h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
		require.NoError(t, err)
		for box, b := range h.Boxes {
			assert.Equal(t, h.Old.Secret, b.Secret, box)
		}
	})
}
