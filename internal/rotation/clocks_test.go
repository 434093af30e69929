package rotation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// TestAGraceNeverEndsEarly has the clock of this machine be wrong when a grace period
// begins, or when it should end, while the vendor's clock is right.
func TestAGraceNeverEndsEarly(t *testing.T) {
	for name, c := range map[string]struct {
		begin, wrong, end, wrongThen time.Duration // passed in truth, and how far this machine's clock is ahead of it
		state                        oplog.State
	}{
		"both clocks agree":                   {0, 0, 25 * time.Hour, 0, oplog.Done},
		"it jumps ahead before the end":       {0, 0, time.Hour, 1000 * time.Hour, oplog.Grace},
		"it is ahead, after the end":          {0, 0, 25 * time.Hour, 1000 * time.Hour, oplog.Done},
		"it was behind at the begin":          {0, -1000 * time.Hour, time.Hour, 0, oplog.Grace},
		"it was behind, and it has ended":     {0, -1000 * time.Hour, 25 * time.Hour, 0, oplog.Done},
		"it was ahead at the begin":           {0, 10 * time.Hour, 25 * time.Hour, 0, oplog.Grace},
		"a minute is not worth being noticed": {0, 0, 24*time.Hour + time.Minute, time.Minute, oplog.Done},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				wrong := c.wrong
				h.Ahead = func() time.Duration {
					if wrong.Abs() <= 2*time.Minute {
						return 0
					}
					return -wrong
				}
				q := h.Request()
				q.Grace = 24 * time.Hour
				h.Clock = c.begin + wrong
				r, err := h.Rotate(t.Context(), q)
				require.NoError(t, err)
				require.Equal(t, oplog.Grace, r.State)
				ahead := h.Ahead
				h.Restart()
				h.Ahead = ahead
				wrong = c.wrongThen
				h.Clock = c.end + wrong
				r, err = h.Rotate(t.Context(), q)
				require.NoError(t, err)
				assert.Equal(t, c.state, r.State)
				assert.Len(t, h.Remaining(), map[oplog.State]int{oplog.Grace: 2, oplog.Done: 1}[c.state])
			})
		})
	}
}

// The vendor's clock may be known only once the vendor has answered, right before the
// deletion.
func TestAGraceIsLookedAtAgainBeforeTheDeletion(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		q := h.Request()
		q.Grace = 24 * time.Hour
		_, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		h.Restart()
		h.Clock = 1000 * time.Hour
		answered := 0
		h.Ahead = func() time.Duration {
			if answered++; answered == 1 {
				return 0
			}
			return -1000 * time.Hour
		}
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, oplog.Grace, r.State)
		assert.Len(t, h.Remaining(), 2)
		assert.Zero(t, h.Count("delete"))
	})
}

// Whoever resumes rotations, and does nothing because their time has not come, learns that
// it is a time of a clock that was wrong.
func TestResumeTellsOfTimesThatHaveNotCome(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.Clock = 365 * 24 * time.Hour
		for to, id := range map[string]string{"box:a": h.Old.ID, "box:b": h.V.Add(provider.Credential{Name: "other", Status: "active"}).ID} {
			q := h.Request()
			q.ID, q.Grace, q.Force, q.To = id, 24*time.Hour, true, []string{to}
			_, err := h.Rotate(t.Context(), q)
			require.NoError(t, err)
		}
		for clock, want := range map[time.Duration]int{365*24*time.Hour - time.Minute: 0, 0: 1} {
			h.Restart()
			h.Clock, h.Said = clock, nil
			got, err := h.ResumeAll(t.Context(), rotation.ResumeOptions{})
			require.NoError(t, err)
			require.Len(t, got, 2)
			told := 0
			for _, said := range h.Said {
				if strings.Contains(said, "the journal has entries from ") {
					told++
				}
			}
			assert.Equal(t, want, told, "%v", h.Said)
			assert.Zero(t, h.Count("delete"))
		}
	})
}
