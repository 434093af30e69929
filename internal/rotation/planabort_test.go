package rotation_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// By force, an abort does what can be done of it, and its plan says that alone: what a lost
// request created is deleted where it can be found, and the operation ends where it cannot.
func TestPlanOfAnAbortByForce(t *testing.T) {
	for name, c := range map[string]struct {
		fails bool
		steps string
		left  []string
	}{
		"it is found":        {false, "delete id-3, which was created by a request whose answer was lost", []string{"id-1"}},
		"it cannot be found": {true, "", []string{"id-1", "id-3"}},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				h.dies("issue.answered", h.Request())
				if c.fails {
					h.V.Faults["list"] = slices.Repeat([]rotationtest.Fault{{Err: rotationtest.ErrDown}}, 100)
				}
				calls := len(h.V.Calls)
				p, err := h.PlanAbort(t.Context(), h.Old.ID, true)
				require.NoError(t, err)
				assert.Equal(t, c.steps, strings.Join(p.Steps, "; "))
				assert.Len(t, h.V.Calls, calls)
				_, err = h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{Force: true})
				require.NoError(t, err)
				assert.Equal(t, c.left, h.Remaining())
			})
		})
	}
}
