package rotation_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/redelivery"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// rotatedTo is a house whose credential was rotated to both boxes, and a request to rotate
// it again, to the first one.
func rotatedTo(t *testing.T, as func(rotationtest.Base) provider.Service) (*rotationtest.House, rotation.Request) {
	t.Helper()
	h := rotationtest.New(t, as)
	r, err := h.Rotate(t.Context(), h.Request())
	require.NoError(t, err)
	q := h.Request()
	q.ID, q.To = r.NewID, []string{"box:a"}
	return h, q
}

// checkedAll returns what each destination in the journal has.
func checkedAll(t *testing.T, h *rotationtest.House) (all map[string]oplog.DeliveryState) {
	t.Helper()
	index, err := h.Journal.Index()
	require.NoError(t, err)
	c := drift.Checker{Journal: h.Journal, Index: index, Destination: h.Destination}
	ops, err := c.All()
	require.NoError(t, err)
	all = map[string]oplog.DeliveryState{}
	for _, op := range ops {
		s, err := c.Check(t.Context(), op)
		require.NoError(t, err)
		for _, d := range s.Destinations {
			require.NotContains(t, all, d.To)
			all[d.To] = d
		}
	}
	return all
}

// A destination that an earlier rotation delivered to, and that this one leaves out, would
// keep a secret that stops working.
func TestADestinationIsNotCutOff(t *testing.T) {
	for name, as := range map[string]func(rotationtest.Base) provider.Service{"replaced": rotationtest.AsReplacer, "in place": rotationtest.AsRotator} {
		for _, to := range [][]string{{"box:a"}, nil} {
			t.Run(name, func(t *testing.T) {
				rotationtest.Bubble(t, func(t *testing.T) {
					h, q := rotatedTo(t, as)
					have, add := "box:b", "--to box:b"
					if q.To = to; to == nil {
						have, add = "box:a and box:b", "--to box:a --to box:b"
						q.Show = func(context.Context, rotation.Result) error { return nil }
					}
					before := len(h.V.All)
					_, err := h.Plan(t.Context(), q)
					require.ErrorIs(t, err, provider.ErrRefused)
					_, err = h.Rotate(t.Context(), q)
					require.ErrorIs(t, err, provider.ErrRefused)
					require.EqualError(t, err, "the secret of "+q.ID+" was delivered to "+have+", which does not get the new secret")
					assert.Equal(t, "to deliver it there, too: add "+add+"; if no program reads it there: delete it there, or pass --force", provider.HintOf(err))
					assert.Len(t, h.V.All, before, "nothing was requested")
					q.To, q.Show = []string{"box:a", "box:b"}, nil
					_, err = h.Rotate(t.Context(), q)
					require.NoError(t, err)
				})
			})
		}
	}
}

// What it holds by now decides, and that it cannot be told is no permission.
func TestWhatADestinationHoldsDecides(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(*rotationtest.House, *rotationtest.Box)
		refused string
	}{
		"it was deleted there":  {func(_ *rotationtest.House, b *rotationtest.Box) { b.Key, b.Secret = "", "" }, ""},
		"another was set there": {func(_ *rotationtest.House, b *rotationtest.Box) { b.Key, b.Secret = "key", "another" }, ""},
		"it cannot be read": {func(_ *rotationtest.House, b *rotationtest.Box) {
			b.Faults["readback"] = []error{provider.WithClass(provider.ErrUnavailable, errors.New("box:b: no answer"))}
		}, " (cannot tell whether the old secret is still there: box:b: no answer)"},
		"it never can be": {func(_ *rotationtest.House, b *rotationtest.Box) { b.Hidden = true }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h, q := rotatedTo(t, rotationtest.AsReplacer)
				test.change(h, h.Boxes["box:b"])
				_, err := h.Rotate(t.Context(), q)
				if test.refused == "" && !h.Boxes["box:b"].Hidden {
					require.NoError(t, err)
					assert.NotContains(t, checkedAll(t, h), "box:b")
					return
				}
				require.ErrorIs(t, err, provider.ErrRefused)
				require.ErrorContains(t, err, "which does not get the new secret"+test.refused)
			})
		})
	}
}

// By force it is rotated. What was left out stays known until it holds something else, also
// after the next rotation and delivery.
func TestADestinationThatIsLeftOutIsRemembered(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, q := rotatedTo(t, rotationtest.AsReplacer)
		q.Force = true
		said := "the secret of " + q.ID + " was delivered to box:b, which does not get the new secret"
		plan, err := h.Plan(t.Context(), q)
		require.NoError(t, err)
		assert.Contains(t, plan.Remarks, said)
		h.Boxes["box:a"].Hidden = true // nothing but box:b has the old secret
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		h.Boxes["box:a"].Hidden = false
		assert.Equal(t, []string{said}, r.Notes, "that the old secret stopped working was checked")
		left := func() {
			t.Helper()
			all := checkedAll(t, h)
			require.Len(t, all, 2)
			assert.Equal(t, new(false), all["box:a"].Drift)
			assert.Equal(t, new(true), all["box:b"].Drift)
			assert.True(t, all["box:b"].LeftOut)
		}
		left()
		q.ID, q.Force = r.NewID, false
		r, err = h.Rotate(t.Context(), q) // box:b has nothing to lose any more
		require.NoError(t, err)
		left()
		deliver := func(to string) error {
			_, err := rotation.Deliverer(h.Engine).Deliver(t.Context(), redelivery.Request{Subject: q.Subject, Options: rotation.Options{To: []string{to}}, Service: h.Service})
			return err
		}
		q.ID = r.NewID
		require.NoError(t, deliver("box:a"))
		left()
		require.NoError(t, deliver("box:b"))
		all := checkedAll(t, h)
		assert.Equal(t, new(false), all["box:b"].Drift)
		assert.False(t, all["box:b"].LeftOut)
	})
}

// A new secret in place would cut it off as well.
func TestANewSecretCutsNobodyOff(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, q := rotatedTo(t, rotationtest.AsGenerator)
		_, err := h.Create(t.Context(), creation.Request{Subject: q.Subject, Service: h.Service, Options: rotation.Options{To: []string{"box:a"}}})
		require.ErrorIs(t, err, provider.ErrRefused)
		require.EqualError(t, err, "the secret of "+q.ID+" was delivered to box:b, which does not get the new secret")
		assert.Equal(t, "to deliver it there, too: add --to box:b; if no program reads it there: delete it there", provider.HintOf(err))
		assert.Equal(t, q.ID, h.Owner(h.Boxes["box:b"].Secret))
	})
}

// What a destination holds of another credential in force is not overwritten.
func TestADestinationOfAnotherIsNotTaken(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := rotationtest.New(t, rotationtest.AsReplacer)
		q := h.Request()
		q.To = []string{"box:a"}
		first, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		h.Boxes["box:b"].Key, h.Boxes["box:b"].Secret = "", ""
		create := func(to string) (rotation.Result, error) {
			return h.Create(t.Context(), creation.Request{
				Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: creator{rotationtest.Base{Vendor: h.V}}, Name: "z", Options: rotation.Options{To: []string{to}},
			})
		}
		other, err := create("box:b")
		require.NoError(t, err)
		refused := func(err error, to, id string) {
			t.Helper()
			require.ErrorIs(t, err, provider.ErrRefused)
			require.ErrorContains(t, err, to+" holds the secret of "+id+", which is in use")
			assert.Equal(t, "pass another destination with --to; to move the destination to this credential: `credctl acme rotate "+id+" --force --grace 1h --to DESTINATION`, then run the same command again; if no program reads it: delete it there", provider.HintOf(err))
			assert.Equal(t, first.NewID, h.Owner(h.Boxes["box:a"].Secret))
			assert.Equal(t, other.NewID, h.Owner(h.Boxes["box:b"].Secret))
		}
		before := len(h.V.All)
		_, err = create("box:a")
		refused(err, "box:a", first.NewID)
		q.ID = other.NewID
		q.To = []string{"box:a", "box:b"}
		for _, q.Force = range []bool{false, true} {
			_, err = h.Rotate(t.Context(), q)
			refused(err, "box:a", first.NewID)
		}
		_, err = rotation.Deliverer(h.Engine).Deliver(t.Context(), redelivery.Request{Subject: q.Subject, Options: rotation.Options{To: []string{"box:a"}}, Service: h.Service})
		refused(err, "box:a", first.NewID)
		assert.Len(t, h.V.All, before)

		h.Boxes["box:a"].Key, h.Boxes["box:a"].Secret = "", "" // it is of the other one then
		next, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		index, err := h.Journal.Index()
		require.NoError(t, err)
		c := drift.Checker{Journal: h.Journal, Index: index, Destination: h.Destination}
		op, err := c.Of(first.NewID)
		require.NoError(t, err)
		s, err := c.Check(t.Context(), op)
		require.NoError(t, err)
		assert.Nil(t, s.Destinations[0].Drift)
		assert.Equal(t, next.NewID, s.Destinations[0].HeldFor)

		h.V.Find(next.NewID).Deleted = h.V.Now() // then nobody needs it
		_, err = create("box:a")
		require.NoError(t, err)
	})
}

// That another account does not have a credential does not say that it does not exist.
func TestADestinationOfAnotherAccountIsNotTaken(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, other := rotationtest.New(t, rotationtest.AsReplacer), rotationtest.New(t, rotationtest.AsReplacer)
		q := h.Request()
		q.To, q.Settings, q.Bound = []string{"box:a"}, map[string]string{"org": "acme"}, true
		first, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		h.V.Find(first.NewID).ID = "id-of-acme"
		_, err = h.Create(t.Context(), creation.Request{
			Subject: rotation.Subject{Provider: "acme", Kind: "key", Settings: map[string]string{"org": "globex"}, Bound: true}, Name: "z",
			Service: creator{rotationtest.Base{Vendor: other.V}}, Options: rotation.Options{To: []string{"box:a"}},
		})
		require.ErrorIs(t, err, provider.ErrRefused)
		require.EqualError(t, err, "box:a holds the secret of "+first.NewID+", which is in use")
	})
}
