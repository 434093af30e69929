package policy

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/journal/journaltest"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// Where the journal could not be asked or told something, a run of a policy does not report
// success, and the next run does the rest, once. A dry run changes nothing.
func TestWhereTheJournalFails(t *testing.T) {
	t.Parallel()
	refused := 0
	for n, done := int64(1), false; !done; n++ {
		rotationtest.Bubble(t, func(t *testing.T) {
			h := newHouse(t, rotationtest.AsReplacer)
			ci := h.V.Add(provider.Credential{Name: "ci", Status: "active"})
			ci.Foreign = true
			p := Policy{Rotations: []Entry{h.entry("web", h.Old.ID, 30*duration.Day), selecting("ci", "c*", "box:ci")}}
			h.entry("ci", ci.ID, 0)
			h.Clock = 40 * duration.Day
			run := func(o Options) (failed bool, err error) {
				h.Restart()
				store, was := journaltest.Failing(h.Journal, n)
				h.Journal = store
				_, err = Run(t.Context(), h.Engine, p, o)
				return was(), err
			}
			if _, err := run(Options{DryRun: true}); err != nil {
				require.ErrorContains(t, err, journaltest.ErrFails.Error(), "the dry run, call %d", n)
			}
			assert.Empty(t, h.V.Calls, "the dry run, call %d", n)
			failed, err := run(Options{})
			done = !failed
			if err != nil {
				refused++
				require.ErrorContains(t, err, journaltest.ErrFails.Error(), "call %d", n)
				h.Restart()
				_, err = Run(t.Context(), h.Engine, p, Options{})
				require.NoError(t, err, "call %d", n)
			}
			for _, id := range []string{h.Old.ID, ci.ID} {
				assert.Nil(t, h.V.Find(id), "%s, call %d", id, n)
			}
			h.Restart()
			open, err := h.List(false)
			require.NoError(t, err)
			assert.Empty(t, open, "call %d", n)
		})
	}
	assert.Greater(t, refused, 30, "there are more calls than these")
}
