package policy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// ci adds active credentials with these names, and boxes for them.
func (h *house) ci(names ...string) (all []*rotationtest.Held) {
	for _, name := range names {
		c := h.V.Add(provider.Credential{Name: name, Status: "active"})
		h.entry(name, c.ID, 0)
		all = append(all, c)
	}
	return all
}

func TestAnEntryThatMatchesNothingFails(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		none, web := selecting("none", "db-*", "box:{name}"), h.entry("web", h.Old.ID, 30*duration.Day)
		h.Clock = 40 * duration.Day
		for _, empty := range []bool{false, true} {
			if empty { // the account exists, and has nothing
				h.V.All, web.Name = nil, "gone"
			}
			got, err := Run(t.Context(), h.Engine, Policy{Rotations: []Entry{none}}, Options{})
			require.ErrorIs(t, err, provider.ErrNotFound)
			require.Len(t, got, 1)
			assert.Equal(t, []any{"none", "acme", "", oplog.ReasonNoMatch, false, false}, []any{got[0].Name, got[0].Provider, got[0].ID, got[0].Reason, got[0].Due, got[0].Changed})
			assert.Contains(t, got[0].Error, `select: {name: "db-*"}`)
			_, err = Run(t.Context(), h.Engine, Policy{Rotations: []Entry{none}}, Options{DryRun: true})
			require.ErrorIs(t, err, provider.ErrNotFound)

			none := none
			none.Optional = true
			got, err = Run(t.Context(), h.Engine, Policy{Rotations: []Entry{none}}, Options{})
			require.NoError(t, err)
			assert.Equal(t, oplog.ReasonNoMatch, got[0].Reason)
			assert.Empty(t, got[0].Error)
		}
	})
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.Clock = 40 * duration.Day
		got, err := Run(t.Context(), h.Engine, Policy{Rotations: []Entry{selecting("none", "db-*", "box:{name}"), h.entry("web", h.Old.ID, 30*duration.Day)}}, Options{})
		require.ErrorIs(t, err, provider.ErrPartial)
		assert.True(t, got[1].Changed, "the others are rotated")
	})
}

func TestACredentialWithAnOddNameIsSkipped(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.ci("ci-a", "ci-b")
		odd := []*rotationtest.Held{}
		for _, name := range []string{"ci-../etc", "ci-\x1b[2J", "ci-a?mode=1"} {
			odd = append(odd, h.V.Add(provider.Credential{Name: name, Status: "active"}))
		}
		h.Clock = 40 * duration.Day
		for _, o := range []Options{{DryRun: true}, {}} {
			got, err := Run(t.Context(), h.Engine, Policy{Rotations: []Entry{selecting("ci", "ci-*", "box:{name}")}}, o)
			require.ErrorIs(t, err, provider.ErrPartial)
			require.Len(t, got, 5)
			for i, want := range []string{odd[2].ID, odd[1].ID, odd[0].ID} {
				assert.Equal(t, want, got[i].ID)
				assert.Equal(t, oplog.ReasonSkipped, got[i].Reason)
				assert.Contains(t, got[i].Error, "cannot be part of the destination box:{name}")
			}
			assert.Equal(t, []bool{!o.DryRun, !o.DryRun}, []bool{got[3].Changed, got[4].Changed})
		}
		assert.Equal(t, 2, h.Count("create"))
		_, err := Run(t.Context(), h.Engine, Policy{Rotations: []Entry{selecting("ci", "ci-*", "box:a")}}, Options{DryRun: true})
		assert.ErrorIs(t, err, provider.ErrUsage, "where no name is needed, none is odd")
	})
}

// A command gets each credential with its ID.
func TestOneCommandStoresTheSecretsOfSeveral(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.Destination = func(spec string, _ rotation.Subject, _ bool) (deliver.Destination, error) {
			return deliver.Parse(spec, deliver.Options{Shape: provider.KeyPair(), Env: []string{"PATH=/usr/bin:/bin"}})
		}
		two := h.ci("ci-a", "ci-b")
		var entries []string
		for i, c := range two {
			entries = append(entries, fmt.Sprintf("{name: n%d, provider: acme, kind: key, id: %s, max_age: 30d, to: ['exec:cat >/dev/null']}", i, c.ID))
		}
		h.Clock = 40 * duration.Day
		for _, text := range []string{
			strings.Join(entries, ", "),
			`{name: ci, provider: acme, kind: key, select: {name: "ci-*"}, max_age: 30d, to: ['exec:cat >/dev/null']}`,
		} {
			p, err := Parse(h.Engine, "r.yaml", []byte("rotations: ["+text+"]"))
			require.NoError(t, err)
			got, err := Run(t.Context(), h.Engine, p, Options{})
			require.NoError(t, err)
			assert.Len(t, got, 2)
			h.Clock += 40 * duration.Day
		}
		assert.Equal(t, 4, h.Count("create"))
	})
}

// Only names that are the same clash, and which there are is known when they are listed.
func TestTwoEntriesMayShareAFolder(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.ci("ci-a", "db-a")
		h.Clock = 40 * duration.Day
		p, err := Parse(h.Engine, "r.yaml", []byte(`rotations:
- {name: ci, provider: acme, kind: key, select: {name: "ci-*"}, max_age: 30d, to: ["box:{name}"]}
- {name: db, provider: acme, kind: key, select: {name: "db-*"}, max_age: 30d, to: ["box:{name}"]}`))
		require.ErrorContains(t, err, `"box:{name}" is unknown`, "the boxes are looked up")
		p.Rotations = []Entry{selecting("ci", "ci-*", "box:{name}"), selecting("db", "db-*", "box:{name}")}
		_, err = Run(t.Context(), h.Engine, p, Options{})
		require.NoError(t, err)
		assert.Equal(t, 2, h.Count("create"))
	})
}

// An entry that selects what others have says so once, however much of it there is.
func TestWhatSeveralEntriesSelectIsSaidOnce(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.ci("ci-a", "ci-b", "ci-c")
		p := Policy{Rotations: []Entry{selecting("ci", "ci-*", "box:{name}"), selecting("again", "ci-*", "box:{name}"), selecting("third", "ci-c", "box:{name}")}}
		got, err := Run(t.Context(), h.Engine, p, Options{})
		require.ErrorIs(t, err, provider.ErrPartial)
		require.Len(t, got, 5)
		var said []string
		for _, r := range got[3:] {
			said = append(said, r.Name+": "+r.Error)
		}
		last := slices.IndexFunc(h.V.All, func(c *rotationtest.Held) bool { return c.Name == "ci-c" })
		assert.Equal(t, []string{
			"again: " + got[0].ID + ` and 2 more are already rotated by entry "ci"`,
			"third: " + h.V.All[last].ID + ` is already rotated by entry "ci"`,
		}, said)
	})
}

// stamped is a destination that does not return what it holds.
type stamped struct{ *rotationtest.Box }

func (stamped) Proof() deliver.Proof { return deliver.ByStamp }

func TestAPolicyMayDemandProof(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		weak := map[string]bool{"box:weak": true}
		boxes := h.Destination
		h.Destination = func(spec string, s rotation.Subject, perms bool) (deliver.Destination, error) {
			d, err := boxes(spec, s, perms)
			if weak[spec] {
				return stamped{h.Boxes[spec]}, err
			}
			return d, err
		}
		h.entry("weak", "", 0)
		h.entry("strong", "", 0)
		text := func(to, proof string) []byte {
			return fmt.Appendf(nil, "rotations: [{name: web, provider: acme, kind: key, id: %s, max_age: 30d, to: [%q]%s}]", h.Old.ID, to, proof)
		}
		_, err := Parse(h.Engine, "r.yaml", text("box:weak", ", proof: value"))
		require.ErrorIs(t, err, provider.ErrUsage)
		require.ErrorContains(t, err, "r.yaml:1:")
		require.ErrorContains(t, err, "box:weak cannot be read back")
		for _, c := range [][2]string{{"box:weak", ""}, {"box:weak", ", proof: stamp"}, {"box:strong", ", proof: value"}} {
			_, err := Parse(h.Engine, "r.yaml", text(c[0], c[1]))
			require.NoError(t, err, c)
		}
		p, err := Parse(h.Engine, "r.yaml", text("box:strong", ", proof: value"))
		require.NoError(t, err)
		weak["box:strong"] = true // it is found out when it is checked
		h.Clock = 40 * duration.Day
		for _, o := range []Options{{DryRun: true}, {}} {
			_, err = Run(t.Context(), h.Engine, p, o)
			require.ErrorIs(t, err, provider.ErrUsage)
			assert.Empty(t, h.V.Calls)
		}
	})
}

// What a lost request made has the same name as the old credential. That is no clash:
// it is found out what it is when the rotation is resumed, and the others go on.
func TestASelectionHealsAfterALostAnswer(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		two := h.ci("ci-a", "ci-b")
		p := Policy{Rotations: []Entry{selecting("ci", "ci-*", "box:{name}")}}
		h.Clock = 40 * duration.Day
		h.killed("issue.answered", func() {
			q := h.Request()
			q.ID, q.To = two[0].ID, []string{"box:ci-a"}
			_, _ = h.Rotate(t.Context(), q)
		})
		require.Len(t, h.V.All, 5, "one was made, and nobody knows")

		got, err := Run(t.Context(), h.Engine, p, Options{DryRun: true})
		require.NoError(t, err, "a dry run sees no clash either")
		require.Len(t, got, 2)
		got, err = Run(t.Context(), h.Engine, p, Options{})
		require.NoError(t, err)
		require.Len(t, got, 2)
		assert.True(t, got[0].Changed)
		assert.True(t, got[1].Changed)
		for _, box := range []string{"box:ci-a", "box:ci-b"} {
			require.NoError(t, h.V.Works(h.Boxes[box].Key, h.Boxes[box].Secret))
		}
		assert.Len(t, h.Remaining(), 3)
	})
}

// killed runs what is killed at a failpoint, and what comes after it is another process.
func (h *house) killed(at string, what func()) {
	h.T.Helper()
	h.Probe = func(name string) {
		if name == at {
			panic(context.Canceled)
		}
	}
	defer func() {
		require.NotNil(h.T, recover(), "it was not killed")
		h.Restart()
	}()
	what()
}
