package rotation_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// Of a key pair that the vendor keeps, the public key is what a destination gets.
func TestAPublicKeyIsDelivered(t *testing.T) {
	for name, fails := range map[string]bool{"at once": false, "after a destination failed": true} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsPairs)
				if fails {
					h.Boxes["box:b"].Faults["write"] = []error{rotationtest.ErrDown}
				}
				r, err := h.Rotate(t.Context(), h.Request())
				if fails {
					require.ErrorIs(t, err, provider.ErrPartial)
					h.Restart()
					r, err = h.Rotate(t.Context(), h.Request())
				}
				require.NoError(t, err)
				assert.Equal(t, oplog.Done, r.State)
				assert.Equal(t, 1, h.Count("rotate"))
				for _, b := range h.Boxes {
					assert.Equal(t, h.Old.Key, b.Secret)
				}
			})
		})
	}
}
