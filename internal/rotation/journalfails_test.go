package rotation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal/journaltest"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// Where the journal could not be asked or told something, there is never a success that is
// none. A plan changes nothing, and the same command, or a resume, comes to the end afterwards.
func TestWhereTheJournalFails(t *testing.T) {
	t.Parallel()
	day := func(h *house, grace time.Duration) rotation.Request {
		q := h.Request()
		q.Grace = grace
		return q
	}
	rotate := func(h *house) error {
		_, err := h.Rotate(h.T.Context(), day(h, 0))
		return err
	}
	plan := func(h *house) error {
		_, err := h.Plan(h.T.Context(), day(h, 0))
		return err
	}
	create := func(h *house) error {
		_, err := h.Create(h.T.Context(), creation.Request{
			Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: h.Service, Name: "new", Options: rotation.Options{To: []string{"box:a"}},
		})
		return err
	}
	inGrace := func(h *house) {
		_, err := h.Rotate(h.T.Context(), day(h, time.Hour))
		require.NoError(h.T, err)
		h.Clock += 2 * time.Hour
		h.Restart()
	}
	resume := func(h *house) error {
		_, err := h.ResumeAll(h.T.Context(), rotation.ResumeOptions{})
		return err
	}
	for name, c := range map[string]struct {
		service func(rotationtest.Base) provider.Service
		before  func(h *house)
		plan    func(h *house) error
		run     func(h *house) error
		left    int // credentials
	}{
		"replace":  {service: rotationtest.AsReplacer, plan: plan, run: rotate, left: 1},
		"in place": {service: rotationtest.AsRotator, plan: plan, run: rotate, left: 1},
		"create":   {service: func(b rotationtest.Base) provider.Service { return creator{b} }, run: create, left: 2},
		"resume": {service: rotationtest.AsReplacer, before: inGrace, run: resume, left: 1, plan: func(h *house) error {
			_, err := h.PlanResumeAll(h.T.Context(), rotation.ResumeOptions{})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			refused := 0
			for n, done := int64(1), false; !done; n++ {
				rotationtest.Bubble(t, func(t *testing.T) {
					h := newHouse(t, c.service)
					if c.before != nil {
						c.before(h)
					}
					fail := func() (failed func() bool) {
						h.Restart()
						h.Journal, failed = journaltest.Failing(h.Journal, n)
						return failed
					}
					sent := len(h.V.Calls)
					if c.plan != nil {
						fail()
						if err := c.plan(h); err != nil {
							require.ErrorContains(t, err, journaltest.ErrFails.Error(), "the plan, call %d", n)
						}
						assert.Len(t, h.V.Calls, sent, "the plan, call %d", n)
					}
					failed := fail()
					err := c.run(h)
					done = !failed()
					require.NoError(t, h.Invariant(name == "in place"), "call %d", n)
					if err != nil {
						refused++
						require.ErrorContains(t, err, journaltest.ErrFails.Error(), "call %d", n)
						h.Restart()
						open, lerr := h.List(false)
						require.NoError(t, lerr)
						if name == "create" && len(open) == 0 && len(h.Remaining()) == c.left { // the same again would be another one
							require.ErrorIs(t, err, provider.ErrPartial, "call %d", n)
						} else {
							require.NoError(t, c.run(h), "call %d", n)
						}
					}
					assert.Len(t, h.Remaining(), c.left, "call %d", n)
					h.Restart()
					open, err := h.List(false)
					require.NoError(t, err)
					assert.Empty(t, open, "call %d", n)
				})
			}
			assert.Greater(t, refused, 10, "there are more calls than these")
		})
	}
}
