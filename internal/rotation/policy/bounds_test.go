package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// What a policy says that is wrong takes as much as it is long, and no more: ten times the
// text allocates ten times as much.
func TestMistakesAreFoundInLinearTime(t *testing.T) {
	wrong := "{name: x, provider: acme, kind: key, id: y, max_age: 30d, to: ['box:a'], colour: red},\n"
	for name, text := range map[string]func(n int) string{
		"aliases of destinations": func(n int) string {
			return "rotations: [{name: &a x, provider: p, id: y, max_age: 30d, to: [" + strings.Repeat("*a, ", n) + "]}]"
		},
		"aliases of entries": func(n int) string {
			return "rotations: [&a {name: x, provider: p, id: y, max_age: 30d, to: [b]}, " + strings.Repeat("*a, ", n) + "]"
		},
		"aliases in aliases": func(int) string {
			return "rotations: [{name: x, provider: p, id: y, max_age: 30d, to: &a [x, x, x], hook: &b [*a, *a, *a], params: {c: &c [*b, *b], d: *c}}]"
		},
		"merge keys": func(int) string {
			return "rotations: [{<<: {name: x}, provider: p, id: y, max_age: 30d, to: [b]}]"
		},
		"names and places": func(n int) string { return "rotations: [\n" + strings.Repeat(wrong, n) + "]" },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, rotationtest.AsReplacer)
			allocations := func(n int) float64 {
				text := text(n)
				return testing.AllocsPerRun(1, func() {
					_, err := Parse(h.Engine, "r.yaml", []byte(text))
					require.ErrorIs(t, err, provider.ErrUsage)
					assert.LessOrEqual(t, strings.Count(err.Error(), "\n"), 20, "not more than anybody reads")
					if strings.Contains(text, "*a") {
						assert.Contains(t, err.Error(), "aliases and merge keys are not supported")
					}
				})
			}
			assert.Less(t, allocations(3000), 12*allocations(300))
		})
	}
	_, err := Parse(&rotation.Engine{}, "r.yaml", []byte("rotations: [{name: *sk_live_token}]"))
	require.ErrorIs(t, err, provider.ErrUsage)
	assert.NotContains(t, err.Error(), "sk_live_token", "it may be a secret that lacks its quotes")
}

// Of two secrets at one place the first would be lost: each place is named once, in an
// error that fits a screen.
func TestManyClashesAreSaidInTenLines(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		for i := range 600 {
			h.ci(fmt.Sprintf("ci-%d", i/30))
		}
		_, err := Run(t.Context(), h.Engine, Policy{Rotations: []Entry{selecting("ci", "ci-*", "box:{name}")}}, Options{})
		require.ErrorIs(t, err, provider.ErrUsage)
		text := err.Error()
		assert.LessOrEqual(t, len(strings.Split(text, "\n")), 10)
		assert.Less(t, len(text), 2000)
		assert.Equal(t, 1, strings.Count(text, "box:ci-19:"))
		assert.Contains(t, text, "and 26 more")
		assert.Contains(t, text, "12 more destinations")
		assert.Empty(t, h.V.Calls)
	})
}
