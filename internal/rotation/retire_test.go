package rotation_test

import (
	"context"
	"errors"
	"strings"
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

func TestF14ARevokeThatFailedIsTriedAgain(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.V.Faults["delete"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}, {Err: rotationtest.ErrDown, Committed: true}}
		for range 2 {
			r, err := h.Rotate(t.Context(), h.Request())
			require.ErrorIs(t, err, provider.ErrPartial)
			assert.NotEqual(t, oplog.Done, r.State)
			list, err := h.List(false)
			require.NoError(t, err)
			require.Len(t, list, 1)
			assert.Contains(t, list[0].Error, "could not delete")
			h.Restart()
		}
		r, err := h.Resume(t.Context(), h.Old.ID, rotation.ResumeOptions{})
		require.NoError(t, err, "404 is done")
		assert.Equal(t, oplog.Done, r.State)
		assert.Equal(t, 1, h.Count("create"))
	})
}

func TestADeletionWhoseFirstAnswerWasLostIsTheRotationsOwn(t *testing.T) {
	repeated := rotationtest.Fault{Committed: true, Err: provider.WithClass(provider.ErrGone, provider.WithClass(provider.ErrNotFound, errors.New("404")))}
	t.Run("rotate", func(t *testing.T) {
		rotationtest.Bubble(t, func(t *testing.T) {
			h := newHouse(t, rotationtest.AsReplacer)
			h.V.Faults["delete"] = []rotationtest.Fault{repeated}
			r, err := h.Rotate(t.Context(), h.Request())
			require.NoError(t, err)
			h.over(r)
		})
	})
	t.Run("rotate, though the vendor still lists it", func(t *testing.T) {
		rotationtest.Bubble(t, func(t *testing.T) {
			h := newHouse(t, rotationtest.AsReplacer)
			h.V.Faults["delete"] = []rotationtest.Fault{{Err: repeated.Err}}
			_, err := h.Rotate(t.Context(), h.Request())
			require.ErrorIs(t, err, provider.ErrPartial)
			assert.Contains(t, err.Error(), "still lists it")
			r, err := h.Rotate(t.Context(), h.Request())
			require.NoError(t, err)
			h.over(r)
		})
	})
	t.Run("abort", func(t *testing.T) {
		rotationtest.Bubble(t, func(t *testing.T) {
			h := newHouse(t, rotationtest.AsReplacer)
			h.Boxes["box:b"].Faults["write"] = []error{rotationtest.ErrDown}
			r, err := h.Rotate(t.Context(), h.Request())
			require.Error(t, err)
			h.V.Faults["delete"] = []rotationtest.Fault{repeated}
			_, err = h.Abort(t.Context(), r.Operation, rotation.AbortOptions{})
			require.NoError(t, err)
			assert.Equal(t, []string{h.Old.ID}, h.Remaining())
			assert.NotContains(t, strings.Join(h.Said, "\n"), "nothing to revoke")
		})
	})
}

func TestF14ARevokeThatWasSaidAndNotDoneIsTriedAgain(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.V.Faults["delete"] = []rotationtest.Fault{{Idle: true}}
		_, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrPartial)
		assert.Contains(t, err.Error(), "still works")
		h.Restart()
		r, err := h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		h.over(r)
		assert.Equal(t, 2, h.Count("delete"))
	})
}

func TestTheOldSecretIsTriedOnce(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.Old.StillWorks = true
		r, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrPartial)
		assert.Contains(t, err.Error(), "still works")
		assert.Equal(t, oplog.Retired, r.State)
		h.Old.StillWorks = false
		h.Restart()
		r, err = h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		assert.Equal(t, oplog.Done, r.State)
		assert.Equal(t, 1, h.Count("delete"))
	})
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		for _, b := range h.Boxes {
			b.Key, b.Secret = "", ""
		}
		r, err := h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		assert.Contains(t, strings.Join(r.Notes, "\n"), "could not check")
	})
}

// Nobody checks what is in a destination, so it need not be the old secret.
func TestOnlyWhatIsKnownIsSaidOfTheOldSecret(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		for _, b := range h.Boxes {
			b.Secret = "mistyped"
		}
		r, err := h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		story, err := h.Show(r.Operation)
		require.NoError(t, err)
		assert.Equal(t, "tried what a destination held before: it does not work", story.Steps[len(story.Steps)-1].About)
	})
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		other := h.V.Add(provider.Credential{Name: "other", Status: "active"})
		other.Foreign = true
		require.NoError(t, h.Journal.Issued(journal.Ref{Provider: "acme", Kind: "key", ID: other.ID}, provider.NewSecret(other.Secret), h.V.Now()))
		for _, b := range h.Boxes {
			b.Key, b.Secret = "", other.Secret
		}
		r, err := h.Rotate(t.Context(), h.Request())
		require.NoError(t, err, "that of another one still works, and shall")
		h.over(r)
		assert.Contains(t, strings.Join(r.Notes, "\n"), "could not check")
	})
}

func TestGrace(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		q := h.Request()
		q.Grace = 24 * time.Hour
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, oplog.Grace, r.State)
		assert.WithinDuration(t, time.Now().Add(24*time.Hour), r.Retires, time.Minute)
		assert.Len(t, h.Remaining(), 2)
		h.Restart()
		h.Clock = 23 * time.Hour
		r, err = h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, oplog.Grace, r.State)
		assert.False(t, r.Changed)
		h.Clock = 25 * time.Hour
		r, err = h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, oplog.Done, r.State)
		assert.True(t, r.Changed)
		assert.Equal(t, []string{r.NewID}, h.Remaining())
	})
}

func TestGraceGoesOnAfterADelivery(t *testing.T) {
	for _, to := range []string{"box:new", "box:a"} {
		t.Run(to, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				h.Boxes["box:new"] = &rotationtest.Box{Name: "box:new", Faults: map[string][]error{}}
				q := h.Request()
				q.Grace = 24 * time.Hour
				before, err := h.Rotate(t.Context(), q)
				require.NoError(t, err)
				h.Boxes["box:a"].Secret = "another"
				h.Clock = time.Hour
				h.Restart()
				r, err := h.Resume(t.Context(), before.Operation, rotation.ResumeOptions{Options: rotation.Options{To: []string{to}}})
				require.NoError(t, err)
				assert.Equal(t, oplog.Grace, r.State)
				assert.Equal(t, before.Retires, r.Retires, "it is not longer for that")
				list, err := h.List(false)
				require.NoError(t, err)
				assert.Equal(t, oplog.Grace, list[0].State)
				require.NotZero(t, list[0].Retires)
				assert.Equal(t, before.Retires, list[0].Retires)
			})
		})
	}
}

func TestGraceTheNewOneIsLookedAtBeforeTheOldOneGoes(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(h *house, id string)
		class     error
	}{
		"the new one does not work":  {func(h *house, id string) { h.V.Find(id).Secret = "another" }, provider.ErrVerify},
		"a destination was put back": {func(h *house, _ string) { h.Boxes["box:a"].Secret = h.Old.Secret }, provider.ErrPartial},
		"the vendor cannot say":      {func(h *house, _ string) { h.V.Faults["verify"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}} }, provider.ErrUnavailable},
		"the new one was rotated again": {func(h *house, id string) {
			q := h.Request()
			q.ID = id
			_, err := h.Rotate(context.Background(), q)
			require.NoError(h.T, err)
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				q := h.Request()
				q.Grace = 24 * time.Hour
				r, err := h.Rotate(t.Context(), q)
				require.NoError(t, err)
				c.meanwhile(h, r.NewID)
				h.Clock = 25 * time.Hour
				_, err = h.Rotate(t.Context(), q)
				if c.class == nil {
					require.NoError(t, err)
					assert.NotContains(t, h.Remaining(), h.Old.ID)
					return
				}
				require.ErrorIs(t, err, c.class)
				assert.Contains(t, h.Remaining(), h.Old.ID)
				_, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{ForceUnverified: true})
				require.NoError(t, err)
				assert.NotContains(t, h.Remaining(), h.Old.ID)
			})
		})
	}
}

// Nobody but the journal has the secret, so that nobody else can put it right.
func TestADestinationThatLostTheSecretIsGivenItAgain(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		q := h.Request()
		q.Grace = time.Hour
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		hold := h.Boxes["box:a"]
		hold.Key, hold.Secret = h.Old.Key, h.Old.Secret // a deployment has put the file back
		h.Clock = 2 * time.Hour
		h.Restart()
		_, err = h.Rotate(t.Context(), q)
		require.ErrorIs(t, err, provider.ErrPartial)
		assert.Contains(t, provider.HintOf(err), "--to 'box:a'")
		require.NoError(t, h.Invariant(false))
		assert.Zero(t, h.Count("delete"))
		writes := h.Boxes["box:b"].Writes
		h.Restart()
		r, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{Options: rotation.Options{To: []string{"box:a", "box:b"}}})
		require.NoError(t, err)
		h.over(r)
		assert.Equal(t, writes, h.Boxes["box:b"].Writes, "what holds it is left alone")
	})
}

func TestF15NothingIsRetiredWithoutVerification(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.V.Wait = 1000 * time.Hour
		r, err := h.Rotate(t.Context(), h.Request())
		require.Error(t, err)
		h.Restart()
		_, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{})
		require.ErrorIs(t, err, provider.ErrUnavailable)
		assert.Zero(t, h.Count("delete"))
		r, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{ForceUnverified: true})
		require.NoError(t, err)
		assert.Equal(t, oplog.Done, r.State)
		assert.Equal(t, h.V.Find(r.NewID).Secret, h.Boxes["box:a"].Secret)
	})
}

func TestF15ByForceADestinationIsGivenUp(t *testing.T) {
	for name, broken := range map[string][]string{"one of two": {"box:b"}, "all": {"box:a", "box:b"}} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				for _, to := range broken {
					h.Boxes[to].Faults["write"] = []error{rotationtest.ErrDown, rotationtest.ErrDown, rotationtest.ErrDown}
				}
				r, err := h.Rotate(t.Context(), h.Request())
				require.ErrorIs(t, err, provider.ErrPartial)
				h.Restart()
				_, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{})
				require.ErrorIs(t, err, provider.ErrPartial)
				assert.Contains(t, h.Remaining(), h.Old.ID)
				r, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{ForceUnverified: true})
				if len(broken) == 2 {
					require.ErrorIs(t, err, provider.ErrPartial)
					assert.Len(t, h.Remaining(), 2, "its secret would be nowhere")
					return
				}
				require.NoError(t, err)
				assert.Equal(t, []string{r.NewID}, h.Remaining())
				assert.Contains(t, strings.Join(r.Notes, "\n"), "not delivered everywhere")
				assert.Equal(t, []rotation.DeliveryState{{To: "box:a", State: oplog.Delivered, Proof: "value", ProvedAt: r.Destinations[0].ProvedAt}, {To: "box:b", State: oplog.Failed}}, r.Destinations)
			})
		})
	}
}

func TestAbort(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.Boxes["box:b"].Faults["write"] = []error{rotationtest.ErrDown}
		r, err := h.Rotate(t.Context(), h.Request())
		require.Error(t, err)
		r, err = h.Abort(t.Context(), r.NewID, rotation.AbortOptions{})
		require.NoError(t, err)
		assert.Equal(t, oplog.Aborted, r.State)
		assert.Equal(t, []string{h.Old.ID}, h.Remaining())
		assert.Equal(t, h.Old.Secret, h.Boxes["box:a"].Secret, "it is put back")
		require.NoError(t, h.Invariant(false))
		_, err = h.Abort(t.Context(), r.Operation, rotation.AbortOptions{})
		require.ErrorIs(t, err, provider.ErrRefused)
		r, err = h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		assert.Equal(t, oplog.Done, r.State)
	})
	rotationtest.Bubble(t, func(t *testing.T) { // what was not known cannot be put back
		h := newHouse(t, rotationtest.AsReplacer)
		for _, b := range h.Boxes {
			b.Key, b.Secret = "", ""
		}
		h.Boxes["box:b"].Faults["write"] = []error{rotationtest.ErrDown}
		r, err := h.Rotate(t.Context(), h.Request())
		require.Error(t, err)
		_, err = h.Abort(t.Context(), r.Operation, rotation.AbortOptions{})
		require.ErrorIs(t, err, provider.ErrRefused)
		assert.Len(t, h.Remaining(), 2)
	})
	rotationtest.Bubble(t, func(t *testing.T) { // in place there is nothing to go back to
		h := newHouse(t, rotationtest.AsRotator)
		h.Boxes["box:b"].Faults["write"] = []error{rotationtest.ErrDown}
		r, err := h.Rotate(t.Context(), h.Request())
		require.Error(t, err)
		_, err = h.Abort(t.Context(), r.Operation, rotation.AbortOptions{})
		require.ErrorIs(t, err, provider.ErrRefused)
	})
}
