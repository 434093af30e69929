package policy

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A rotation in place was recorded by a clock that was a year ahead: the age is that of
// the vendor until then, not zero for a year.
func TestAnAgeOfTheJournalInTheFuture(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsRotator)
		entry := h.entry("web", h.Old.ID, 90*duration.Day)
		p := Policy{Rotations: []Entry{entry}}
		h.Clock = 365 * duration.Day
		got, err := Run(t.Context(), h.Engine, p, Options{Force: true})
		require.NoError(t, err)
		require.Equal(t, oplog.Done, got[0].State)
		for _, c := range h.V.All {
			c.Created = time.Now() // by the vendor's clock, which is right
		}
		var told []string
		h.Report = func(n rotation.Notice) { told = append(told, n.Text) }
		_, err = Run(t.Context(), h.Engine, p, Options{})
		require.NoError(t, err)
		assert.Empty(t, told, "its time has come")
		h.Clock = 80 * duration.Day
		_, err = Run(t.Context(), h.Engine, p, Options{})
		require.NoError(t, err)
		require.Len(t, told, 1)
		assert.Contains(t, told[0], "the journal has entries from ")
		got, err = Run(t.Context(), h.Engine, p, Options{DryRun: true})
		require.NoError(t, err)
		require.NotNil(t, got[0].Seconds)
		assert.InDelta(t, int64(80*duration.Day/time.Second), *got[0].Seconds, 60)
		h.Clock = 91 * duration.Day
		got, err = Run(t.Context(), h.Engine, p, Options{DryRun: true})
		require.NoError(t, err)
		assert.Equal(t, oplog.ReasonDue, got[0].Reason)
	})
}

// A secret that was issued by a clock that was ahead, and verified after it was set right,
// is not older than that.
func TestTheClockIsSetRightInTheMiddleOfARotation(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsGenerator)
		r := h.entry("web", h.Old.ID, 30*duration.Day)
		r.InPlace = true
		p := Policy{Rotations: []Entry{r}}
		h.Clock = 400 * duration.Day
		h.V.VerifyAs = func(provider.Credential) error {
			return provider.WithClass(provider.ErrVerify, errors.New("the clocks differ"))
		}
		_, err := Run(t.Context(), h.Engine, p, Options{})
		require.ErrorIs(t, err, provider.ErrVerify)
		h.Restart()
		h.Clock, h.V.VerifyAs = 40*duration.Day, nil
		for _, want := range []oplog.Reason{oplog.ReasonResumed, oplog.ReasonNotDue} {
			got, err := Run(t.Context(), h.Engine, p, Options{})
			require.NoError(t, err)
			assert.Equal(t, want, got[0].Reason, got[0].Message)
		}
		assert.Equal(t, 1, h.Count("generate"))
	})
}

// A machine whose clock starts in 1970 takes every credential for one of the future.
func TestADateBeyondTenYearsIsRefused(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		p := Policy{Rotations: []Entry{h.entry("web", h.Old.ID, 90*duration.Day)}}
		h.Clock = -11 * 366 * duration.Day
		_, err := Run(t.Context(), h.Engine, p, Options{})
		require.ErrorIs(t, err, provider.ErrVerify)
		require.ErrorContains(t, err, "more than ten years from now")
		assert.Contains(t, provider.HintOf(err), "check the clock of this machine, which says 19")
		assert.Empty(t, h.V.Calls)
		h.Clock = -9 * 365 * duration.Day
		got, err := Run(t.Context(), h.Engine, p, Options{})
		require.NoError(t, err)
		assert.Equal(t, oplog.ReasonNotDue, got[0].Reason)
	})
}
