package rotation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// TestPlansOfOpenOperations: what is said would be done is what is done then.
func TestPlansOfOpenOperations(t *testing.T) {
	day := func(q *rotation.Request) { q.Grace = 24 * time.Hour }
	for name, c := range map[string]struct {
		way     string
		begin   func(h *house, q rotation.Request)
		request func(q *rotation.Request)
		resume  rotation.ResumeOptions
		steps   string // joined; - is to wait
		class   error
		works   bool // to resume it
	}{
		"asked, and killed before": {
			way: "replace", begin: func(h *house, q rotation.Request) { h.dies("issue.sending", q) }, works: true,
			steps: "find out what the request of an earlier run did; create the new credential; compare the permissions of the new credential with those of id-1; verify the new secret; deliver the new secret to box:a, and read it back; deliver the new secret to box:b, and read it back; delete id-1",
		},
		"asked twice, and lost": {way: "replace", works: true, begin: func(h *house, q rotation.Request) {
			h.V.Faults["create"] = []rotationtest.Fault{{Err: rotationtest.ErrLost}, {Err: rotationtest.ErrLost}}
			_, err := h.Rotate(h.T.Context(), q)
			require.Error(h.T, err)
		}, steps: "find out what the request of an earlier run did; create the new credential; compare the permissions of the new credential with those of id-1; verify the new secret; deliver the new secret to box:a, and read it back; deliver the new secret to box:b, and read it back; delete id-1"},
		"issued, with a grace to come": {
			way: "replace", request: day, begin: func(h *house, q rotation.Request) { h.dies("issued.noted", q) }, works: true,
			steps: "compare the permissions of the new credential with those of id-1; verify the new secret; deliver the new secret to box:a, and read it back; deliver the new secret to box:b, and read it back; delete id-1 after 1d",
		},
		"in place": {
			way: "generate", request: func(q *rotation.Request) { q.InPlace = true }, begin: func(h *house, q rotation.Request) { h.dies("issued.noted", q) }, works: true,
			steps: "deliver the new secret to box:a, and read it back; deliver the new secret to box:b, and read it back; verify the new secret; compare the permissions of the new credential with those of id-1",
		},
		"a destination failed": {way: "replace", begin: failing, works: true, steps: "deliver the new secret to box:b, and read it back; delete id-1"},
		"one that still fails": {way: "replace", begin: func(h *house, q rotation.Request) {
			failing(h, q)
			h.Boxes["box:b"].Faults["check"] = []error{rotationtest.ErrDown}
		}, steps: "deliver the new secret to box:b, and read it back; delete id-1", class: provider.ErrUnavailable},
		"by force": {
			way: "replace", begin: failing, works: true, resume: rotation.ResumeOptions{ForceUnverified: true},
			steps: "deliver the new secret to box:b, and read it back; delete id-1, even if a destination does not have the new secret",
		},
		"unverified, by force": {
			way: "replace", begin: func(h *house, q rotation.Request) { h.dies("issued.noted", q) }, works: true, resume: rotation.ResumeOptions{ForceUnverified: true},
			steps: "compare the permissions of the new credential with those of id-1; skip the verification of the new secret; deliver the new secret to box:a, and read it back; deliver the new secret to box:b, and read it back; delete id-1, even if a destination does not have the new secret",
		},
		"in its grace": {way: "replace", request: day, begin: completes, steps: "-", works: true},
		"again": {way: "replace", request: day, resume: rotation.ResumeOptions{Options: rotation.Options{To: []string{"box:a"}}}, begin: func(h *house, q rotation.Request) {
			completes(h, q)
			h.Boxes["box:a"].Secret = "lost"
		}, steps: "deliver the new secret to box:a, and read it back; delete id-1 after ", works: true},
		"another secret": {way: "replace", request: day, begin: completes, resume: rotation.ResumeOptions{Secret: provider.NewSecret("mine-CANARY")}, class: provider.ErrUsage},
		"given up, out of its grace": {way: "replace", request: day, works: true, begin: func(h *house, q rotation.Request) {
			completes(h, q)
			h.V.Faults["delete"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}}
			_, err := h.Abort(h.T.Context(), h.Old.ID, rotation.AbortOptions{})
			require.Error(h.T, err)
		}, steps: "delete id-3"},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.Ways()[c.way].Service)
				q := h.Request()
				if c.request != nil {
					c.request(&q)
				}
				c.begin(h, q)
				index, err := h.Journal.Index()
				require.NoError(t, err)
				entries, calls := len(index.Live()[0].Entries), len(h.V.Calls)
				p, err := h.PlanResume(t.Context(), h.Old.ID, c.resume)
				index, ierr := h.Journal.Index()
				require.NoError(t, ierr)
				assert.Len(t, index.Live()[0].Entries, entries, "it is only looked")
				assert.Len(t, h.V.Calls, calls)
				steps := strings.Join(p.Steps, "; ")
				if c.class != nil {
					require.ErrorIs(t, err, c.class)
				} else {
					require.NoError(t, err)
				}
				switch {
				case c.steps == "-":
					assert.Empty(t, steps)
					assert.NotZero(t, p.Retires)
				case strings.HasSuffix(c.steps, " after "):
					assert.True(t, strings.HasPrefix(steps, c.steps), steps)
				default:
					assert.Equal(t, c.steps, steps)
				}
				if c.works {
					r, err := h.Resume(t.Context(), h.Old.ID, c.resume)
					if strings.HasPrefix(steps, "revoke") {
						assert.Equal(t, oplog.Aborted, r.State)
						return
					}
					require.NoError(t, err)
					assert.Equal(t, strings.Contains(steps, " after ") || steps == "", r.State == oplog.Grace, "%s: %s", steps, r.State)
				}
			})
		})
	}
}

// A plan of what is abandoned first stops at nothing that the rotation then needs:
// who asks for one before he rotates would never get to give it up.
func TestPlanOfARotationThatIsGivenUpFirst(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		failing(h, h.Request())
		h.V.Faults["delete"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}}
		_, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
		require.Error(t, err)
		h.Boxes["box:a"].Faults["check"] = []error{rotationtest.ErrDown, rotationtest.ErrDown}
		p, err := h.Plan(t.Context(), h.Request())
		require.NoError(t, err)
		assert.Equal(t, []string{"delete id-3", "start another rotation"}, p.Steps)
		_, err = h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrUnavailable, "the new one cannot be written")
		assert.Equal(t, []string{h.Old.ID}, h.Remaining(), "and what was given up is gone")
	})
}

// failing rotates, and fails at the last destination.
func failing(h *house, q rotation.Request) {
	h.Boxes["box:b"].Faults["write"] = []error{rotationtest.ErrDown}
	_, err := h.Rotate(h.T.Context(), q)
	require.Error(h.T, err)
}

func completes(h *house, q rotation.Request) {
	_, err := h.Rotate(h.T.Context(), q)
	require.NoError(h.T, err)
}

func TestPlanOfAnAbortLooksForWhatWasLost(t *testing.T) {
	for name, c := range map[string]struct {
		way   string
		at    string
		steps string
		class error
	}{
		"in place, and not carried out":  {"rotate", "issue.sending", "", nil},
		"in place, and carried out":      {"rotate", "issue.answered", "", provider.ErrRefused},
		"a new secret, and who knows":    {"generate", "issue.sending", "", provider.ErrRefused},
		"a new one, and not carried out": {"replace", "issue.sending", "", nil},
		"a new one, and carried out":     {"replace", "issue.answered", "delete id-3, which was created by a request whose answer was lost", nil},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.Ways()[c.way].Service)
				q := h.Request()
				q.InPlace = rotationtest.Ways()[c.way].InPlace
				h.dies(c.at, q)
				calls := len(h.V.Calls)
				p, err := h.PlanAbort(t.Context(), h.Old.ID, false)
				assert.Len(t, h.V.Calls, calls)
				assert.Equal(t, c.steps, strings.Join(p.Steps, "; "))
				_, real := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
				if c.class == nil {
					require.NoError(t, err)
					require.NoError(t, real)
					return
				}
				require.ErrorIs(t, err, c.class)
				require.ErrorIs(t, real, c.class)
			})
		})
	}
}
