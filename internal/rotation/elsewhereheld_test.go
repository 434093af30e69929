package rotation_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A destination that could not be written, and still has the old secret, is not replaced by
// another: whoever reads it there would be cut off. One that never had it, is.
func TestADestinationThatHasTheOldSecretIsNotReplaced(t *testing.T) {
	for name, held := range map[string]bool{"it has the old secret": true, "it never had one": false} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				q := h.Request()
				q.To = []string{"box:a"}
				if held {
					r, err := h.Rotate(t.Context(), q)
					require.NoError(t, err)
					h.Restart()
					q.ID = r.NewID
				}
				h.Boxes["box:a"].Faults["write"] = []error{errors.New("full")}
				r, err := h.Rotate(t.Context(), q)
				require.Error(t, err)
				h.Restart()
				o := rotation.ResumeOptions{}
				o.To = []string{"box:b"}
				if !held {
					r, err = h.Resume(t.Context(), r.Operation, o)
					require.NoError(t, err)
					assert.Equal(t, oplog.Done, r.State)
					return
				}
				_, err = h.PlanResume(t.Context(), r.Operation, o)
				require.ErrorIs(t, err, provider.ErrRefused)
				_, err = h.Resume(t.Context(), r.Operation, o)
				require.ErrorIs(t, err, provider.ErrRefused)
				assert.Contains(t, err.Error(), "the secret of "+q.ID+" was delivered to box:a, which does not get the new secret")
				assert.Contains(t, provider.HintOf(err), "add --to box:a")
				assert.Contains(t, h.Remaining(), q.ID, "the old credential still works there")
				o.To = []string{"box:a", "box:b"}
				r, err = h.Resume(t.Context(), r.Operation, o)
				require.NoError(t, err)
				assert.Equal(t, oplog.Done, r.State)
				assert.Equal(t, h.Boxes["box:a"].Secret, h.Boxes["box:b"].Secret)
			})
		})
	}
}
