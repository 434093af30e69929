package rotation_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// The ID of a rotation that was ended by force is that of the credential that exists; where
// none does, or that cannot be told, a note says so.
func TestARotationThatIsEndedByForceNamesWhatExists(t *testing.T) {
	for name, c := range map[string]struct {
		newGone, unread bool
		note            string
	}{
		"the old credential was deleted": {},
		"both were deleted":              {newGone: true, note: "the vendor has neither OLD nor NEW"},
		"nothing can be read":            {unread: true, note: "could not tell which of OLD and NEW exists: "},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				old := h.Old.ID
				if c.unread { // its deletion was sent
					h.dies("retire.sending", h.Request())
				} else {
					h.Boxes["box:b"].Faults["write"] = []error{rotationtest.ErrDown}
					_, err := h.Rotate(t.Context(), h.Request())
					require.Error(t, err)
					h.Old.Deleted = h.V.Now()
				}
				open, err := h.List(false)
				require.NoError(t, err)
				made := open[0].NewID
				if c.newGone {
					h.V.Find(made).Deleted = h.V.Now()
				}
				if c.unread {
					down := rotationtest.Fault{Err: rotationtest.ErrDown}
					h.V.Faults["get"] = []rotationtest.Fault{down, down, down, down, down, down}
				}
				r, err := h.Abort(t.Context(), open[0].Operation, rotation.AbortOptions{Force: true})
				require.NoError(t, err)
				assert.Equal(t, oplog.Aborted, r.State)
				assert.Equal(t, old, r.OldID)
				want := old
				if c.note == "" {
					want = made
				}
				assert.Equal(t, want, r.ID)
				all, err := h.List(true)
				require.NoError(t, err)
				assert.Equal(t, want, all[len(all)-1].ID)
				assert.Contains(t, strings.Join(r.Notes, "\n"), strings.NewReplacer("OLD", old, "NEW", made).Replace(c.note))
			})
		})
	}
}
