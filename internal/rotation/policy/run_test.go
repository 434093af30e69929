package policy

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
	"github.com/credctl/credctl/internal/rotation/step"
)

// A house is one of package rotationtest, with entries of policies.
type house struct{ *rotationtest.House }

func newHouse(t *testing.T, service func(rotationtest.Base) provider.Service) *house {
	t.Helper()
	return &house{rotationtest.New(t, service)}
}

// entry is a rotation of the credential with this ID.
func (h *house) entry(name, id string, age time.Duration) Entry {
	h.Boxes["box:"+name] = &rotationtest.Box{Name: "box:" + name, Faults: map[string][]error{}}
	if c := h.V.Find(id); c != nil {
		h.Boxes["box:"+name].Key, h.Boxes["box:"+name].Secret = c.Key, c.Secret
	}
	return Entry{Name: name, Subject: rotation.Subject{Provider: "acme", Kind: "key", ID: id}, MaxAge: age, Options: rotation.Options{To: []string{"box:" + name}}}
}

func TestF21DueAtMaxAgeLessGrace(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		r := h.entry("web", h.Old.ID, 90*duration.Day)
		r.Grace = 7 * duration.Day
		p := Policy{Rotations: []Entry{r}}
		var first time.Time
		for _, c := range []struct {
			at      time.Duration
			changed bool
			state   rotation.State
			live    int
			due     time.Duration
		}{
			{0, false, "", 1, 83 * duration.Day},
			{82 * duration.Day, false, "", 1, 83 * duration.Day},
			{83 * duration.Day, true, oplog.Grace, 2, 83 * duration.Day},
			{84 * duration.Day, false, oplog.Grace, 2, 166 * duration.Day},
			{90 * duration.Day, true, oplog.Done, 1, 166 * duration.Day},
			{91 * duration.Day, false, "", 1, 166 * duration.Day},
			{165 * duration.Day, false, "", 1, 166 * duration.Day},
			{166 * duration.Day, true, oplog.Grace, 2, 166 * duration.Day},
		} {
			h.Clock = c.at
			got, err := Run(t.Context(), h.Engine, p, Options{})
			require.NoError(t, err)
			require.Len(t, got, 1)
			assert.Equal(t, c.changed, got[0].Changed, "day %d: %s", c.at/duration.Day, got[0].Reason)
			assert.Equal(t, c.state, got[0].State, "day %d", c.at/duration.Day)
			assert.Len(t, h.Remaining(), c.live, "day %d", c.at/duration.Day)
			assert.NotEmpty(t, got[0].Reason)
			if first.IsZero() {
				first = got[0].DueAt.Add(-c.due)
			}
			assert.WithinDuration(t, first.Add(c.due), got[0].DueAt, time.Hour, "day %d", c.at/duration.Day)
		}
		assert.Equal(t, 2, h.Count("create"), "the first ID leads to the living one")
	})
}

func TestUnknownAgeIsCountedFromTheFirstSight(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.Old.Created = time.Time{}
		p := Policy{Rotations: []Entry{h.entry("web", h.Old.ID, 30*duration.Day)}}
		h.Clock = 1000 * duration.Day
		got, err := Run(t.Context(), h.Engine, p, Options{DryRun: true})
		require.NoError(t, err)
		assert.False(t, got[0].Due)
		h.Clock = 2000 * duration.Day
		got, err = Run(t.Context(), h.Engine, p, Options{})
		require.NoError(t, err)
		assert.False(t, got[0].Due, "a dry run writes nothing down")
		h.Restart()
		h.Clock = 2031 * duration.Day
		got, err = Run(t.Context(), h.Engine, p, Options{})
		require.NoError(t, err)
		assert.True(t, got[0].Changed)
	})
}

func TestInPlaceTheAgeBeginsAnew(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsGenerator)
		r := h.entry("web", h.Old.ID, 30*duration.Day)
		r.InPlace = true
		h.Clock = 40 * duration.Day
		for _, want := range []bool{true, false} {
			got, err := Run(t.Context(), h.Engine, Policy{Rotations: []Entry{r}}, Options{})
			require.NoError(t, err)
			assert.Equal(t, want, got[0].Changed)
		}
	})
}

func TestF16Limits(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		var p Policy
		for i := range 6 {
			p.Rotations = append(p.Rotations, h.entry(strconv.Itoa(i), h.V.Add(provider.Credential{Name: "n" + strconv.Itoa(i)}).ID, 30*duration.Day))
		}
		h.Clock = 40 * duration.Day
		got, err := Run(t.Context(), h.Engine, p, Options{})
		require.ErrorIs(t, err, provider.ErrRefused)
		require.Len(t, got, 6)
		assert.NotNil(t, got[0].Plan, "the plan is there")
		assert.Empty(t, h.V.Calls)
		_, err = Run(t.Context(), h.Engine, p, Options{Force: true})
		require.NoError(t, err)
		assert.Equal(t, 6, h.Count("create"))
		p.Rotations[0].MaxAge = 23 * time.Hour
		_, err = Run(t.Context(), h.Engine, p, Options{})
		require.ErrorIs(t, err, provider.ErrRefused)
		assert.Equal(t, 6, h.Count("create"))
	})
}

// TestCheckHoldsTheLimits: what every run refuses, the check of the file refuses too.
func TestCheckHoldsTheLimits(t *testing.T) {
	h := newHouse(t, rotationtest.AsReplacer)
	for _, name := range []string{"a", "b", "c"} {
		h.entry(name, name, 0)
	}
	p, err := Parse(h.Engine, "r.yaml", []byte("rotations:\n  - {name: a, provider: acme, id: a, max_age: 0d, to: ['box:a']}\n  - name: b\n    provider: acme\n    id: b\n    max_age: 1h\n    to: ['box:b']\n  - {name: c, provider: acme, id: c, max_age: 1d, to: ['box:c']}\n"))
	require.NoError(t, err)
	err = Check(p, Options{})
	require.ErrorIs(t, err, provider.ErrRefused)
	require.EqualError(t, err, "r.yaml:2:47: max_age of entry \"a\" is 0s (minimum: 1d)\nr.yaml:6:14: max_age of entry \"b\" is 1h (minimum: 1d)")
	require.NoError(t, Check(p, Options{Force: true}))
}

func TestDryRunSendsNothing(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		p := Policy{Rotations: []Entry{h.entry("web", h.Old.ID, 30*duration.Day)}}
		h.Clock = 40 * duration.Day
		got, err := Run(t.Context(), h.Engine, p, Options{DryRun: true})
		require.NoError(t, err)
		assert.True(t, got[0].Due)
		assert.False(t, got[0].Changed)
		assert.NotEmpty(t, got[0].Plan.Steps)
		for _, c := range got[0].Plan.Checks {
			assert.True(t, c.OK, c.What)
		}
		h.Boxes["box:web"].Faults["check"] = []error{provider.WithClass(provider.ErrRefused, errors.New("read-only"))}
		got, err = Run(t.Context(), h.Engine, p, Options{DryRun: true})
		require.ErrorIs(t, err, provider.ErrRefused)
		assert.True(t, slices.ContainsFunc(got[0].Plan.Checks, func(c step.Check) bool { return !c.OK && c.Why == "read-only" }))
		assert.Empty(t, h.V.Calls)
		list, err := h.List(true)
		require.NoError(t, err)
		assert.Empty(t, list)
	})
}

func TestF8OneOfSeveralFails(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		second := h.V.Add(provider.Credential{Name: "second"})
		p := Policy{Rotations: []Entry{h.entry("web", h.Old.ID, 30*duration.Day), h.entry("gone", "nobody", 30*duration.Day), h.entry("second", second.ID, 30*duration.Day)}}
		h.Clock = 40 * duration.Day
		got, err := Run(t.Context(), h.Engine, p, Options{})
		require.ErrorIs(t, err, provider.ErrPartial)
		require.NotErrorIs(t, err, provider.ErrNotFound)
		assert.True(t, got[0].Changed)
		assert.NotEmpty(t, got[1].Error)
		assert.True(t, got[2].Changed)
		got, err = Run(t.Context(), h.Engine, Policy{Rotations: p.Rotations[1:2]}, Options{})
		require.ErrorIs(t, err, provider.ErrNotFound)
		assert.Len(t, got, 1)
	})
}

func TestF7APolicyRetriesWhatFailedEvenWhenNothingIsDue(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		p := Policy{Rotations: []Entry{h.entry("web", h.Old.ID, 30*duration.Day)}}
		h.Clock = 40 * duration.Day
		h.Boxes["box:web"].Faults["write"] = []error{rotationtest.ErrDown}
		_, err := Run(t.Context(), h.Engine, p, Options{})
		require.ErrorIs(t, err, provider.ErrPartial)
		got, err := Run(t.Context(), h.Engine, p, Options{})
		require.NoError(t, err)
		assert.True(t, got[0].Changed)
		assert.False(t, got[0].Due)
		assert.Equal(t, 1, h.Count("create"))
	})
}

func TestF22ASelectionThatIsNotWholeActsOnNothing(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		r := h.entry("web", "", 30*duration.Day)
		r.Select = &Selection{Name: "w*"}
		h.Clock = 40 * duration.Day
		h.V.Faults["list"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}}
		_, err := Run(t.Context(), h.Engine, Policy{Rotations: []Entry{r}}, Options{})
		require.ErrorIs(t, err, provider.ErrUnavailable)
		assert.Empty(t, h.V.Calls)
		_, err = Run(t.Context(), h.Engine, Policy{Rotations: []Entry{r}}, Options{})
		require.ErrorIs(t, err, provider.ErrUsage, "two would overwrite one another")
		assert.Empty(t, h.V.Calls)
	})
}

func TestSelection(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		for _, name := range []string{"ci-a", "ci-b", "ci-off", "../ci-etc"} {
			c := h.V.Add(provider.Credential{Name: name, Status: "active"})
			h.entry(name, c.ID, 0)
		}
		h.V.All[1].Status = "disabled"
		r := Entry{Name: "ci", Subject: rotation.Subject{Provider: "acme", Kind: "key"}, MaxAge: 30 * duration.Day, Select: &Selection{Name: "ci-*", Status: "active"}, Options: rotation.Options{To: []string{"box:{name}"}, Grace: duration.Day}}
		h.Clock = 40 * duration.Day
		got, err := Run(t.Context(), h.Engine, Policy{Rotations: []Entry{r}}, Options{})
		require.NoError(t, err)
		require.Len(t, got, 2)
		assert.Equal(t, 2, h.Count("create"))
		got, err = Run(t.Context(), h.Engine, Policy{Rotations: []Entry{r}}, Options{})
		require.NoError(t, err)
		require.Len(t, got, 2, "the old and the new one are one")
		assert.Equal(t, oplog.Grace, got[0].State)
		h.Clock += 2 * duration.Day
		_, err = Run(t.Context(), h.Engine, Policy{Rotations: []Entry{r}}, Options{})
		require.NoError(t, err)
		assert.Equal(t, 2, h.Count("delete"))
		r.Select = &Selection{Name: "*ci-etc"}
		_, err = Run(t.Context(), h.Engine, Policy{Rotations: []Entry{r}}, Options{})
		require.ErrorIs(t, err, provider.ErrUsage, "a name is not a path")
	})
}

func TestAnyRunRetiresWhatIsPastItsTime(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		later, q := h.Request(), h.Request()
		h.Boxes["box:b"].Key, h.Boxes["box:b"].Secret = "", ""
		later.ID, later.To, later.Grace = "id-2", []string{"box:b"}, 9*time.Hour
		q.To, q.Grace = []string{"box:a"}, time.Hour
		for _, q := range []rotation.Request{later, q} {
			_, err := h.Rotate(t.Context(), q)
			require.NoError(t, err)
		}
		h.Clock = 2 * time.Hour
		got, err := Run(t.Context(), h.Engine, Policy{}, Options{})
		require.NoError(t, err)
		require.Len(t, got, 1)
		assert.Equal(t, oplog.Done, got[0].State)
		assert.Equal(t, q.ID, got[0].OldID)
		got, err = Run(t.Context(), h.Engine, Policy{}, Options{})
		require.NoError(t, err)
		assert.Empty(t, got, "the other has hours left")
		h.Clock = 9 * time.Hour
		got, err = Run(t.Context(), h.Engine, Policy{}, Options{})
		require.NoError(t, err)
		require.Len(t, got, 1)
		assert.Equal(t, later.ID, got[0].OldID)
		results, err := h.ResumeAll(t.Context(), rotation.ResumeOptions{})
		require.NoError(t, err)
		assert.Empty(t, results)
	})
}
