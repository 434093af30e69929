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

// Those that ended before a time are left out; those that have not ended never are.
func TestRotationsSinceATime(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := rotationtest.New(t, rotationtest.AsReplacer)
		rotate := func(id string, grace time.Duration) rotation.Result {
			q := h.Request()
			q.ID, q.Grace = id, grace
			r, err := h.Rotate(t.Context(), q)
			require.NoError(t, err)
			time.Sleep(time.Hour)
			return r
		}
		first := rotate(h.Old.ID, 0)
		second := rotate(first.NewID, 0)
		third := rotate(second.NewID, 24*time.Hour)
		for _, test := range []struct {
			ago  time.Duration
			want []string
		}{
			{4 * time.Hour, []string{first.Operation, second.Operation, third.Operation}},
			{150 * time.Minute, []string{second.Operation, third.Operation}},
			{time.Minute, []string{third.Operation}},
		} {
			list, err := oplog.Since(h.Journal, time.Now().Add(-test.ago))
			require.NoError(t, err)
			var got []string
			for _, s := range list {
				got = append(got, s.Operation)
			}
			assert.Equal(t, test.want, got, test.ago)
		}
	})
}
