package policy

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/policy/policyfile"
	"github.com/credctl/credctl/internal/rotation/redelivery"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// drifted is a house whose credential was rotated by a policy to two boxes, of which the
// first was overwritten then.
func drifted(t *testing.T, onDrift string, grace time.Duration) (*house, Policy) {
	t.Helper()
	h := newHouse(t, rotationtest.AsReplacer)
	r := h.entry("web", h.Old.ID, 30*duration.Day)
	r.To, r.OnDrift, r.Grace = []string{"box:a", "box:b"}, onDrift, grace
	p := Policy{Rotations: []Entry{r}}
	h.Clock = 40 * duration.Day
	got, err := Run(t.Context(), h.Engine, p, Options{})
	require.NoError(t, err)
	require.True(t, got[0].Changed)
	h.Boxes["box:a"].Secret = "another"
	return h, p
}

func drifts(r Result) (all []bool) {
	for _, d := range r.Destinations {
		all = append(all, d.Drift != nil && *d.Drift)
	}
	return all
}

func TestDriftIsReported(t *testing.T) {
	for name, test := range map[string]struct {
		grace   time.Duration
		onDrift string
		dry     bool
	}{
		"by default":           {},
		"as the entry says":    {onDrift: "report"},
		"in the grace period":  {grace: duration.Day},
		"in a dry run":         {dry: true},
		"and not mended there": {dry: true, onDrift: policyfile.Redeliver},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h, p := drifted(t, test.onDrift, test.grace)
				if test.dry {
					test.grace = 0
				}
				for range 2 {
					got, err := Run(t.Context(), h.Engine, p, Options{DryRun: test.dry})
					require.ErrorIs(t, err, provider.ErrPartial)
					require.Len(t, got, 1)
					assert.Equal(t, "no longer as delivered: box:a", got[0].Error)
					assert.Equal(t, "to deliver the secret again: credctl deliver acme "+got[0].ID+" --to box:a", provider.HintOf(got[0].Err))
					assert.Equal(t, []bool{true, false}, drifts(got[0]))
					assert.False(t, got[0].Changed)
					assert.Equal(t, "another", h.Boxes["box:a"].Secret)
				}
			})
		})
	}
}

func TestDriftIsRepaired(t *testing.T) {
	for name, grace := range map[string]time.Duration{"after the rotation": 0, "in the grace period": duration.Day} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h, p := drifted(t, policyfile.Redeliver, grace)
				got, err := Run(t.Context(), h.Engine, p, Options{})
				require.NoError(t, err)
				assert.True(t, got[0].Changed)
				assert.Equal(t, oplog.ReasonRedelivered, got[0].Reason)
				assert.Equal(t, "delivered again to box:a", got[0].Message)
				assert.Equal(t, h.Boxes["box:b"].Secret, h.Boxes["box:a"].Secret)
				got, err = Run(t.Context(), h.Engine, p, Options{})
				require.NoError(t, err)
				assert.False(t, got[0].Changed)
				h.Clock += 31 * duration.Day
				got, err = Run(t.Context(), h.Engine, p, Options{})
				require.NoError(t, err)
				assert.True(t, got[0].Changed, "the secret is as old as it was")
			})
		})
	}
}

// No destination holds the secret any more.
func TestDriftThatCannotBeRepaired(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, p := drifted(t, policyfile.Redeliver, 0)
		h.Boxes["box:b"].Secret = ""
		got, err := Run(t.Context(), h.Engine, p, Options{})
		require.ErrorIs(t, err, provider.ErrPartial)
		assert.Equal(t, "no longer as delivered: box:a, box:b", got[0].Error)
		assert.Equal(t, "credctl cannot read the secret anywhere; to replace it: credctl acme rotate "+got[0].ID+" --to box:a --to box:b", provider.HintOf(got[0].Err))
	})
}

// A destination that cannot be read, or was never written, is no drift.
func TestWhatIsNoDrift(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, p := drifted(t, "", 0)
		h.Boxes["box:a"].Secret = h.Boxes["box:b"].Secret
		h.Boxes["box:a"].Faults["readback"] = []error{provider.WithClass(provider.ErrUnavailable, errors.New("box:a: no answer"))}
		h.entry("c", h.Old.ID, duration.Day)
		p.Rotations[0].To = append(p.Rotations[0].To, "box:c")
		got, err := Run(t.Context(), h.Engine, p, Options{})
		require.NoError(t, err)
		assert.Equal(t, []string{"could not check box:a: no answer"}, got[0].Notes)
		assert.Equal(t, oplog.ReasonNotDue, got[0].Reason)
	})
}

// A destination that the policy names no more is not looked at.
func TestOnlyDestinationsOfThePolicyAreWatched(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, p := drifted(t, "", 0)
		p.Rotations[0].To = []string{"box:b"}
		_, err := Run(t.Context(), h.Engine, p, Options{})
		require.NoError(t, err)
	})
}

// The next run does what a delivery by hand could not.
func TestADeliveryThatFailedIsContinued(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, p := drifted(t, "report", 0)
		h.Boxes["box:a"].Faults["write"] = []error{errors.New("full")}
		index, err := h.Journal.Index()
		require.NoError(t, err)
		current, err := index.Current(p.Rotations[0].Ref())
		require.NoError(t, err)
		_, err = rotation.Deliverer(h.Engine).Deliver(t.Context(), redelivery.Request{
			Subject: rotation.Subject{Provider: "acme", Kind: "key", ID: current.ID}, Options: rotation.Options{To: []string{"box:a"}}, Service: h.Service,
		})
		require.ErrorIs(t, err, provider.ErrPartial)
		got, err := Run(t.Context(), h.Engine, p, Options{})
		require.NoError(t, err)
		assert.Equal(t, oplog.ReasonRedelivered, got[0].Reason)
		assert.Equal(t, h.Boxes["box:b"].Secret, h.Boxes["box:a"].Secret)
		assert.Equal(t, 1, h.Count("create"), "it is not rotated for that")
	})
}

// A creator creates credentials that replace none.
type creator struct {
	provider.Service

	h *house
}

func (c creator) Create(context.Context, provider.Input) (provider.Credential, error) {
	made := c.h.V.Add(provider.Credential{Name: "new", Status: "active"})
	one := made.Credential
	one.Secret = provider.NewSecret(made.Secret)
	return one, nil
}

// A creation that has not delivered its secret is no reason to rotate what it created.
func TestAnUnfinishedCreationIsNotRotated(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.Boxes["box:a"].Faults["write"] = []error{errors.New("full")}
		made, err := h.Create(t.Context(), creation.Request{
			Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: creator{h.Service, h}, Name: "new", Options: rotation.Options{To: []string{"box:a"}},
		})
		require.ErrorIs(t, err, provider.ErrPartial)
		got, err := Run(t.Context(), h.Engine, Policy{Rotations: []Entry{h.entry("new", made.ID, 30*duration.Day)}}, Options{})
		require.NoError(t, err)
		assert.Equal(t, oplog.ReasonNotDue, got[0].Reason)
		assert.Zero(t, h.Count("create"))
	})
}

// A destination that the entry does not name any more would be cut off. The entry must say so.
func TestAPolicyCutsNobodyOff(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, p := drifted(t, "", 0)
		h.Clock += 40 * duration.Day
		p.Rotations[0].To = []string{"box:a"}
		p.Rotations[0].Grace, p.Rotations[0].Hook = 26*time.Hour, rotation.Hook{Args: []string{"true", "all of them"}, Stdin: true}
		for _, force := range []bool{false, true} {
			got, err := Run(t.Context(), h.Engine, p, Options{Force: force})
			require.ErrorIs(t, err, provider.ErrRefused)
			require.EqualError(t, got[0].Err, "the secret of "+got[0].ID+" was delivered to box:b, which does not get the new secret")
			assert.Equal(t, "add the destination to entry web; if no program reads the secret there, delete it there, or rotate it without it once: credctl acme rotate "+got[0].ID+" --to box:a --grace 1d2h --hook "+quote.Word("true 'all of them'")+" --hook-stdin --force", provider.HintOf(got[0].Err))
			assert.Equal(t, got[0].ID, h.Owner(h.Boxes["box:b"].Secret))
		}
	})
}
