package redelivery_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/redelivery"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// stopped is a house where a delivery of the secret to box:a was killed at a point; box:b has
// the secret from before.
func stopped(t *testing.T, at string, change func(*rotationtest.Box)) (h *rotationtest.House, id string, q redelivery.Request) {
	t.Helper()
	h, r := rotated(t, func(q *rotation.Request) { q.To = []string{"box:b"} })
	b := h.Boxes["box:a"]
	b.Key, b.Secret = "", ""
	if change != nil {
		change(b)
	}
	q = request(h, r.NewID, "box:a")
	die := func(name string) {
		if name == at {
			panic(name)
		}
	}
	h.Probe, b.Half = die, func() { die("half") }
	require.Panics(t, func() { _, _ = deliver(t.Context(), h, q) })
	b.Half = nil
	h.Restart()
	return h, r.NewID, q
}

// A delivery that was killed may have arrived although the journal does not say so: an abort
// looks at the destination, as its dry run does, and the next rotation would not renew it there.
func TestAnAbortOfADeliveryLooksAtItsDestinations(t *testing.T) {
	for name, test := range map[string]struct {
		at     string
		box    func(*rotationtest.Box) // before
		change func(*rotationtest.Box) // after
		holds  string
	}{
		"it arrived, and was noted": {at: "delivered.noted", holds: "already has"},
		"it arrived":                {at: "deliver.written", holds: "may already have"},
		"half of it":                {at: "half", box: func(b *rotationtest.Box) { b.InPlace = true }, holds: "may "},
		"it cannot be read": {at: "deliver.written", change: func(b *rotationtest.Box) {
			b.Faults["readback"] = []error{rotationtest.ErrDown, rotationtest.ErrDown}
		}, holds: "may already have"},
		"it never can be": {at: "deliver.written", box: func(b *rotationtest.Box) { b.Sealed = true }, holds: "may already have"},
		"not yet":         {at: "deliver.writing"},
		"not begun":       {at: "intent.noted"},
		"changed since": {at: "delivered.noted", change: func(b *rotationtest.Box) {
			b.Key, b.Secret = "theirs", "theirs"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h, id, _ := stopped(t, test.at, test.box)
				if test.change != nil {
					test.change(h.Boxes["box:a"])
				}
				before := h.Boxes["box:a"].Secret
				if test.holds != "" {
					plan, perr := h.PlanAbort(t.Context(), id, false)
					_, err := h.Abort(t.Context(), id, rotation.AbortOptions{})
					for _, err := range []error{perr, err} {
						require.ErrorIs(t, err, provider.ErrRefused)
						require.ErrorContains(t, err, "box:a "+test.holds)
						assert.Contains(t, provider.HintOf(err), "to complete the delivery: credctl rotation resume ")
					}
					require.Len(t, plan.Checks, 1)
					assert.False(t, plan.Checks[0].OK)
					h.Restart()
				}
				plan, err := h.PlanAbort(t.Context(), id, test.holds != "")
				require.NoError(t, err)
				assert.Equal(t, []string{"end the delivery"}, plan.Steps)
				assert.Contains(t, plan.Checks[0].What, test.holds, "what is overridden is shown")
				r, err := h.Abort(t.Context(), id, rotation.AbortOptions{Force: test.holds != ""})
				require.NoError(t, err)
				assert.Equal(t, oplog.Aborted, r.State)
				assert.Equal(t, test.holds != "", len(r.Notes) == 1, "%q", r.Notes)
				assert.Equal(t, before, h.Boxes["box:a"].Secret)
				assert.Equal(t, []string{id}, h.Remaining())
				assert.Zero(t, unfinished(t, h))
			})
		})
	}
}

// What had the secret before the delivery keeps nobody from aborting it.
func TestWhatHadTheSecretBeforeIsNotOfTheDelivery(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, id, _ := stopped(t, "verified.noted", nil)
		op, err := h.Journal.Find(id)
		require.NoError(t, err)
		s, err := oplog.Fold(op)
		require.NoError(t, err)
		require.Contains(t, s.Delivered, "box:b")
		_, err = h.Abort(t.Context(), id, rotation.AbortOptions{})
		require.NoError(t, err)
	})
}

// A delivery, or a creation, that is resumed delivers again to what was named and has lost the secret.
func TestAResumeLooksAtWhatIsNamed(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r := rotated(t, nil)
		for _, b := range h.Boxes {
			b.Key, b.Secret = "", ""
		}
		q := request(h, r.NewID, "box:a", "box:b")
		q.Secret = provider.NewSecret(h.V.Find(r.NewID).Secret)
		h.Boxes["box:b"].Faults["write"] = []error{errors.New("full")}
		got, err := deliver(t.Context(), h, q)
		require.ErrorIs(t, err, provider.ErrPartial)
		h.Boxes["box:a"].Secret = "lost"
		h.Restart()
		o := rotation.ResumeOptions{}
		o.To = q.To
		_, err = h.Resume(t.Context(), got.Operation, o)
		require.NoError(t, err)
		for _, b := range h.Boxes {
			assert.Equal(t, r.NewID, h.Owner(b.Secret), b.Name)
		}
	})
}
