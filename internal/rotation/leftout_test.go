package rotation_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A destination that an earlier rotation delivered to, and that this one leaves out, will
// hold a secret that no longer works: the plan and the run say so.
func TestADestinationThatIsLeftOutIsNamed(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := rotationtest.New(t, rotationtest.AsReplacer)
		q := h.Request()
		require.Len(t, q.To, 2)
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		q = h.Request()
		q.ID, q.To = r.NewID, []string{"box:a"}
		said := r.NewID + " was delivered to box:b, too, which will not get the new secret; if programs read it, add: --to box:b"
		plan, err := h.Plan(t.Context(), q)
		require.NoError(t, err)
		assert.Contains(t, strings.Join(plan.Remarks, "\n"), said)
		r, err = h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Contains(t, strings.Join(r.Notes, "\n"), said)
	})
}
