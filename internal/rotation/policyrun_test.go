package rotation

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// entry is a rotation of the credential with this ID.
func (h *house) entry(name, id string, age time.Duration) Rotation {
	h.boxes["box:"+name] = &box{name: "box:" + name, v: h.v, faults: map[string][]error{}}
	if c := h.v.find(id); c != nil {
		h.boxes["box:"+name].key, h.boxes["box:"+name].secret = c.Key, c.secret
	}
	return Rotation{Name: name, Subject: Subject{Provider: "acme", Kind: "key", ID: id}, MaxAge: age, Options: Options{To: []string{"box:" + name}}}
}

func TestF21DueAtMaxAgeLessGrace(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		r := h.entry("web", h.old.ID, 90*day)
		r.Grace = 7 * day
		p := Policy{Rotations: []Rotation{r}}
		for _, c := range []struct {
			at      time.Duration
			changed bool
			state   State
			live    int
		}{
			{0, false, "", 1},
			{82 * day, false, "", 1},
			{83 * day, true, Grace, 2},
			{84 * day, false, Grace, 2},
			{90 * day, true, Done, 1},
			{91 * day, false, "", 1},
			{165 * day, false, "", 1},
			{166 * day, true, Grace, 2},
		} {
			h.clock = c.at
			got, err := h.RunPolicy(t.Context(), p, PolicyOptions{})
			require.NoError(t, err)
			require.Len(t, got, 1)
			assert.Equal(t, c.changed, got[0].Changed, "day %d: %s", c.at/day, got[0].Reason)
			assert.Equal(t, c.state, got[0].State, "day %d", c.at/day)
			assert.Len(t, h.living(), c.live, "day %d", c.at/day)
			assert.NotEmpty(t, got[0].Reason)
		}
		assert.Equal(t, 2, h.count("create"), "the first ID leads to the living one")
	})
}

func TestUnknownAgeIsCountedFromTheFirstSight(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.old.Created = time.Time{}
		p := Policy{Rotations: []Rotation{h.entry("web", h.old.ID, 30*day)}}
		h.clock = 1000 * day
		got, err := h.RunPolicy(t.Context(), p, PolicyOptions{DryRun: true})
		require.NoError(t, err)
		assert.False(t, got[0].Due)
		h.clock = 2000 * day
		got, err = h.RunPolicy(t.Context(), p, PolicyOptions{})
		require.NoError(t, err)
		assert.False(t, got[0].Due, "a dry run writes nothing down")
		h.restart()
		h.clock = 2031 * day
		got, err = h.RunPolicy(t.Context(), p, PolicyOptions{})
		require.NoError(t, err)
		assert.True(t, got[0].Changed)
	})
}

func TestInPlaceTheAgeBeginsAnew(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asGenerator)
		r := h.entry("web", h.old.ID, 30*day)
		r.InPlace = true
		h.clock = 40 * day
		for _, want := range []bool{true, false} {
			got, err := h.RunPolicy(t.Context(), Policy{Rotations: []Rotation{r}}, PolicyOptions{})
			require.NoError(t, err)
			assert.Equal(t, want, got[0].Changed)
		}
	})
}

func TestF16Limits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		var p Policy
		for i := range 6 {
			p.Rotations = append(p.Rotations, h.entry(strconv.Itoa(i), h.v.add(provider.Credential{Name: "n" + strconv.Itoa(i)}).ID, 30*day))
		}
		h.clock = 40 * day
		got, err := h.RunPolicy(t.Context(), p, PolicyOptions{})
		require.ErrorIs(t, err, provider.ErrRefused)
		require.Len(t, got, 6)
		assert.NotNil(t, got[0].Plan, "the plan is there")
		assert.Empty(t, h.v.calls)
		_, err = h.RunPolicy(t.Context(), p, PolicyOptions{Force: true})
		require.NoError(t, err)
		assert.Equal(t, 6, h.count("create"))
		p.Rotations[0].MaxAge = 23 * time.Hour
		_, err = h.RunPolicy(t.Context(), p, PolicyOptions{})
		require.ErrorIs(t, err, provider.ErrRefused)
		assert.Equal(t, 6, h.count("create"))
	})
}

func TestDryRunSendsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		p := Policy{Rotations: []Rotation{h.entry("web", h.old.ID, 30*day)}}
		h.clock = 40 * day
		got, err := h.RunPolicy(t.Context(), p, PolicyOptions{DryRun: true})
		require.NoError(t, err)
		assert.True(t, got[0].Due)
		assert.False(t, got[0].Changed)
		assert.NotEmpty(t, got[0].Plan.Steps)
		for _, c := range got[0].Plan.Checks {
			assert.True(t, c.OK, c.What)
		}
		h.boxes["box:web"].faults["check"] = []error{provider.WithClass(provider.ErrRefused, errors.New("read-only"))}
		got, err = h.RunPolicy(t.Context(), p, PolicyOptions{DryRun: true})
		require.ErrorIs(t, err, provider.ErrRefused)
		assert.True(t, slices.ContainsFunc(got[0].Plan.Checks, func(c Check) bool { return !c.OK && c.Why == "read-only" }))
		assert.Empty(t, h.v.calls)
		list, err := h.List(true)
		require.NoError(t, err)
		assert.Empty(t, list)
	})
}

func TestF8OneOfSeveralFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		second := h.v.add(provider.Credential{Name: "second"})
		p := Policy{Rotations: []Rotation{h.entry("web", h.old.ID, 30*day), h.entry("gone", "nobody", 30*day), h.entry("second", second.ID, 30*day)}}
		h.clock = 40 * day
		got, err := h.RunPolicy(t.Context(), p, PolicyOptions{})
		require.ErrorIs(t, err, provider.ErrPartial)
		require.NotErrorIs(t, err, provider.ErrNotFound)
		assert.True(t, got[0].Changed)
		assert.NotEmpty(t, got[1].Error)
		assert.True(t, got[2].Changed)
		got, err = h.RunPolicy(t.Context(), Policy{Rotations: p.Rotations[1:2]}, PolicyOptions{})
		require.ErrorIs(t, err, provider.ErrNotFound)
		assert.Len(t, got, 1)
	})
}

func TestF7APolicyRetriesWhatFailedEvenWhenNothingIsDue(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		p := Policy{Rotations: []Rotation{h.entry("web", h.old.ID, 30*day)}}
		h.clock = 40 * day
		h.boxes["box:web"].faults["write"] = []error{errDown}
		_, err := h.RunPolicy(t.Context(), p, PolicyOptions{})
		require.ErrorIs(t, err, provider.ErrPartial)
		got, err := h.RunPolicy(t.Context(), p, PolicyOptions{})
		require.NoError(t, err)
		assert.True(t, got[0].Changed)
		assert.False(t, got[0].Due)
		assert.Equal(t, 1, h.count("create"))
	})
}

func TestF22ASelectionThatIsNotWholeActsOnNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		r := h.entry("web", "", 30*day)
		r.Select = &Selection{Name: "w*"}
		h.clock = 40 * day
		h.v.faults["list"] = []fault{{err: errDown}}
		_, err := h.RunPolicy(t.Context(), Policy{Rotations: []Rotation{r}}, PolicyOptions{})
		require.ErrorIs(t, err, provider.ErrUnavailable)
		assert.Empty(t, h.v.calls)
		_, err = h.RunPolicy(t.Context(), Policy{Rotations: []Rotation{r}}, PolicyOptions{})
		require.ErrorIs(t, err, provider.ErrUsage, "two would overwrite one another")
		assert.Empty(t, h.v.calls)
	})
}

func TestSelection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		for _, name := range []string{"ci-a", "ci-b", "ci-off", "../ci-etc"} {
			c := h.v.add(provider.Credential{Name: name, Status: "active"})
			h.entry(name, c.ID, 0)
		}
		h.v.all[1].Status = "disabled"
		r := Rotation{Name: "ci", Subject: Subject{Provider: "acme", Kind: "key"}, MaxAge: 30 * day, Select: &Selection{Name: "ci-*", Status: "active"}, Options: Options{To: []string{"box:{name}"}, Grace: day}}
		h.clock = 40 * day
		got, err := h.RunPolicy(t.Context(), Policy{Rotations: []Rotation{r}}, PolicyOptions{})
		require.NoError(t, err)
		require.Len(t, got, 2)
		assert.Equal(t, 2, h.count("create"))
		got, err = h.RunPolicy(t.Context(), Policy{Rotations: []Rotation{r}}, PolicyOptions{})
		require.NoError(t, err)
		require.Len(t, got, 2, "the old and the new one are one")
		assert.Equal(t, Grace, got[0].State)
		h.clock += 2 * day
		_, err = h.RunPolicy(t.Context(), Policy{Rotations: []Rotation{r}}, PolicyOptions{})
		require.NoError(t, err)
		assert.Equal(t, 2, h.count("delete"))
		r.Select = &Selection{Name: "*ci-etc"}
		_, err = h.RunPolicy(t.Context(), Policy{Rotations: []Rotation{r}}, PolicyOptions{})
		require.ErrorIs(t, err, provider.ErrUsage, "a name is not a path")
	})
}

func TestAnyRunRetiresWhatIsPastItsTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		q := h.request()
		q.Grace = time.Hour
		_, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		h.clock = 2 * time.Hour
		got, err := h.RunPolicy(t.Context(), Policy{}, PolicyOptions{})
		require.NoError(t, err)
		require.Len(t, got, 1)
		assert.Equal(t, Done, got[0].State)
		results, err := h.ResumeAll(t.Context(), Resumption{})
		require.NoError(t, err)
		assert.Empty(t, results)
	})
}
