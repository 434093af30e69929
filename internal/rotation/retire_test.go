package rotation

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

func TestF14ARevokeThatFailedIsTriedAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.v.faults["delete"] = []fault{{err: errDown}, {err: errDown, committed: true}}
		for range 2 {
			r, err := h.Rotate(t.Context(), h.request())
			require.ErrorIs(t, err, provider.ErrPartial)
			assert.NotEqual(t, Done, r.State)
			list, err := h.List(false)
			require.NoError(t, err)
			require.Len(t, list, 1)
			assert.Contains(t, list[0].Error, "could not be deleted")
			h.restart()
		}
		r, err := h.Resume(t.Context(), h.old.ID, Resumption{})
		require.NoError(t, err, "404 is done")
		assert.Equal(t, Done, r.State)
		assert.Equal(t, 1, h.count("create"))
	})
}

func TestF14ARevokeThatWasSaidAndNotDoneIsTriedAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.v.faults["delete"] = []fault{{idle: true}}
		_, err := h.Rotate(t.Context(), h.request())
		require.ErrorIs(t, err, provider.ErrPartial)
		assert.Contains(t, err.Error(), "still works")
		h.restart()
		r, err := h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		h.over(r)
		assert.Equal(t, 2, h.count("delete"))
	})
}

func TestTheOldSecretIsTriedOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.old.undying = true
		r, err := h.Rotate(t.Context(), h.request())
		require.ErrorIs(t, err, provider.ErrPartial)
		assert.Contains(t, err.Error(), "still works")
		assert.Equal(t, Retired, r.State)
		h.old.undying = false
		h.restart()
		r, err = h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		assert.Equal(t, Done, r.State)
		assert.Equal(t, 1, h.count("delete"))
	})
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		for _, b := range h.boxes {
			b.key, b.secret = "", ""
		}
		r, err := h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		assert.Contains(t, strings.Join(r.Notes, "\n"), "was not tried")
	})
}

// Nobody checks what is in a destination, so it need not be the old secret.
func TestOnlyWhatIsKnownIsSaidOfTheOldSecret(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		for _, b := range h.boxes {
			b.secret = "mistyped"
		}
		r, err := h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		story, err := h.Show(r.Operation)
		require.NoError(t, err)
		assert.Equal(t, "what a destination held before was tried, and does not work", story.Steps[len(story.Steps)-1].About)
	})
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		other := h.v.add(provider.Credential{Name: "other", Status: "active"})
		other.foreign = true
		require.NoError(t, h.Journal.Issued(journal.Ref{Provider: "acme", Kind: "key", ID: other.ID}, provider.NewSecret(other.secret), h.v.now()))
		for _, b := range h.boxes {
			b.key, b.secret = "", other.secret
		}
		r, err := h.Rotate(t.Context(), h.request())
		require.NoError(t, err, "that of another one still works, and shall")
		h.over(r)
		assert.Contains(t, strings.Join(r.Notes, "\n"), "was not tried")
	})
}

func TestGrace(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		q := h.request()
		q.Grace = 24 * time.Hour
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, Grace, r.State)
		assert.WithinDuration(t, time.Now().Add(24*time.Hour), r.Retires, time.Minute)
		assert.Len(t, h.living(), 2)
		h.restart()
		h.clock = 23 * time.Hour
		r, err = h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, Grace, r.State)
		assert.False(t, r.Changed)
		h.clock = 25 * time.Hour
		r, err = h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, Done, r.State)
		assert.True(t, r.Changed)
		assert.Equal(t, []string{r.NewID}, h.living())
	})
}

func TestGraceGoesOnAfterADelivery(t *testing.T) {
	for _, to := range []string{"box:new", "box:a"} {
		t.Run(to, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, asReplacer)
				h.boxes["box:new"] = &box{name: "box:new", v: h.v, faults: map[string][]error{}}
				q := h.request()
				q.Grace = 24 * time.Hour
				before, err := h.Rotate(t.Context(), q)
				require.NoError(t, err)
				h.boxes["box:a"].secret = "another"
				h.clock = time.Hour
				h.restart()
				r, err := h.Resume(t.Context(), before.Operation, Resumption{Options: Options{To: []string{to}}})
				require.NoError(t, err)
				assert.Equal(t, Grace, r.State)
				assert.Equal(t, before.Retires, r.Retires, "it is not longer for that")
				list, err := h.List(false)
				require.NoError(t, err)
				assert.Equal(t, Grace, list[0].State)
				require.NotNil(t, list[0].Retires)
				assert.Equal(t, before.Retires, *list[0].Retires)
			})
		})
	}
}

func TestGraceTheNewOneIsLookedAtBeforeTheOldOneGoes(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(h *house, id string)
		class     error
	}{
		"the new one died":           {func(h *house, id string) { h.v.find(id).died = h.v.now() }, provider.ErrVerify},
		"a destination was put back": {func(h *house, _ string) { h.boxes["box:a"].secret = h.old.secret }, provider.ErrPartial},
		"the vendor cannot say":      {func(h *house, _ string) { h.v.faults["verify"] = []fault{{err: errDown}} }, nil},
		"the new one was rotated again": {func(h *house, id string) {
			q := h.request()
			q.ID = id
			_, err := h.Rotate(context.Background(), q)
			require.NoError(h.t, err)
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, asReplacer)
				q := h.request()
				q.Grace = 24 * time.Hour
				r, err := h.Rotate(t.Context(), q)
				require.NoError(t, err)
				c.meanwhile(h, r.NewID)
				h.clock = 25 * time.Hour
				_, err = h.Rotate(t.Context(), q)
				if c.class == nil {
					require.NoError(t, err)
					assert.NotContains(t, h.living(), h.old.ID)
					return
				}
				require.ErrorIs(t, err, c.class)
				assert.Contains(t, h.living(), h.old.ID)
				_, err = h.Resume(t.Context(), r.Operation, Resumption{ForceUnverified: true})
				require.NoError(t, err)
				assert.NotContains(t, h.living(), h.old.ID)
			})
		})
	}
}

// Nobody but the journal has the secret, so that nobody else can put it right.
func TestADestinationThatLostTheSecretIsGivenItAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		q := h.request()
		q.Grace = time.Hour
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		hold := h.boxes["box:a"]
		hold.key, hold.secret = h.old.Key, h.old.secret // a deployment has put the file back
		h.clock = 2 * time.Hour
		h.restart()
		_, err = h.Rotate(t.Context(), q)
		require.ErrorIs(t, err, provider.ErrPartial)
		assert.Contains(t, provider.HintOf(err), "--to 'box:a'")
		require.NoError(t, h.invariant(false))
		assert.Zero(t, h.count("delete"))
		writes := h.boxes["box:b"].writes
		h.restart()
		r, err = h.Resume(t.Context(), r.Operation, Resumption{Options: Options{To: []string{"box:a", "box:b"}}})
		require.NoError(t, err)
		h.over(r)
		assert.Equal(t, writes, h.boxes["box:b"].writes, "what holds it is left alone")
	})
}

func TestF15NothingIsRetiredWithoutVerification(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.v.wait = 1000 * time.Hour
		r, err := h.Rotate(t.Context(), h.request())
		require.Error(t, err)
		h.restart()
		_, err = h.Resume(t.Context(), r.Operation, Resumption{})
		require.ErrorIs(t, err, provider.ErrUnavailable)
		assert.Zero(t, h.count("delete"))
		r, err = h.Resume(t.Context(), r.Operation, Resumption{ForceUnverified: true})
		require.NoError(t, err)
		assert.Equal(t, Done, r.State)
		assert.Equal(t, h.v.find(r.NewID).secret, h.boxes["box:a"].secret)
	})
}

func TestF15ByForceADestinationIsGivenUp(t *testing.T) {
	for name, broken := range map[string][]string{"one of two": {"box:b"}, "all": {"box:a", "box:b"}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, asReplacer)
				for _, to := range broken {
					h.boxes[to].faults["write"] = []error{errDown, errDown, errDown}
				}
				r, err := h.Rotate(t.Context(), h.request())
				require.ErrorIs(t, err, provider.ErrPartial)
				h.restart()
				_, err = h.Resume(t.Context(), r.Operation, Resumption{})
				require.ErrorIs(t, err, provider.ErrPartial)
				assert.Contains(t, h.living(), h.old.ID)
				r, err = h.Resume(t.Context(), r.Operation, Resumption{ForceUnverified: true})
				if len(broken) == 2 {
					require.ErrorIs(t, err, provider.ErrPartial)
					assert.Len(t, h.living(), 2, "its secret would be nowhere")
					return
				}
				require.NoError(t, err)
				assert.Equal(t, []string{r.NewID}, h.living())
				assert.Contains(t, strings.Join(r.Notes, "\n"), "not delivered everywhere")
				assert.Equal(t, []DeliveryState{{To: "box:a", State: Delivered}, {To: "box:b", State: failed}}, r.Destinations)
			})
		})
	}
}

func TestAbort(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.boxes["box:b"].faults["write"] = []error{errDown}
		r, err := h.Rotate(t.Context(), h.request())
		require.Error(t, err)
		r, err = h.Abort(t.Context(), r.NewID, Abortion{})
		require.NoError(t, err)
		assert.Equal(t, Aborted, r.State)
		assert.Equal(t, []string{h.old.ID}, h.living())
		assert.Equal(t, h.old.secret, h.boxes["box:a"].secret, "it is put back")
		require.NoError(t, h.invariant(false))
		_, err = h.Abort(t.Context(), r.Operation, Abortion{})
		require.ErrorIs(t, err, provider.ErrRefused)
		r, err = h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		assert.Equal(t, Done, r.State)
	})
	bubble(t, func(t *testing.T) { // what was not known cannot be put back
		h := newHouse(t, asReplacer)
		for _, b := range h.boxes {
			b.key, b.secret = "", ""
		}
		h.boxes["box:b"].faults["write"] = []error{errDown}
		r, err := h.Rotate(t.Context(), h.request())
		require.Error(t, err)
		_, err = h.Abort(t.Context(), r.Operation, Abortion{})
		require.ErrorIs(t, err, provider.ErrRefused)
		assert.Len(t, h.living(), 2)
	})
	bubble(t, func(t *testing.T) { // in place there is nothing to go back to
		h := newHouse(t, asRotator)
		h.boxes["box:b"].faults["write"] = []error{errDown}
		r, err := h.Rotate(t.Context(), h.request())
		require.Error(t, err)
		_, err = h.Abort(t.Context(), r.Operation, Abortion{})
		require.ErrorIs(t, err, provider.ErrRefused)
	})
}
