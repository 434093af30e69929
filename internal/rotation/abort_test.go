package rotation_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// ends begins a rotation that is killed at this point.
func (h *house) dies(at string, q rotation.Request) {
	h.T.Helper()
	h.Probe = func(name string) {
		if name == at {
			panic(death{at})
		}
	}
	require.Panics(h.T, func() { _, _ = h.Rotate(h.T.Context(), q) })
	h.Restart()
}

func TestAbortKeepsTheNewOneWhenTheOldOneIsGone(t *testing.T) {
	for name, deleted := range map[string]bool{"it is gone": true, "whether it is gone is not known": false} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				h.Boxes["box:b"].Faults["write"] = []error{rotationtest.ErrDown}
				r, err := h.Rotate(t.Context(), h.Request())
				require.Error(t, err)
				class := provider.ErrUnavailable
				if deleted {
					h.Old.Deleted, class = h.V.Now(), provider.ErrRefused // by somebody else
				} else {
					h.V.Faults["get"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}}
				}
				_, err = h.Abort(t.Context(), r.Operation, rotation.AbortOptions{})
				require.ErrorIs(t, err, class)
				assert.Contains(t, h.Remaining(), r.NewID)
				assert.Equal(t, h.V.Find(r.NewID).Secret, h.Boxes["box:a"].Secret, "nothing dead is put back")
				r, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{})
				if deleted {
					require.ErrorIs(t, err, provider.ErrPartial, "it is said once")
				} else {
					require.NoError(t, err)
				}
				assert.Equal(t, oplog.Done, r.State)
			})
		})
	}
}

func TestAnAbortThatFailedIsShownAndGoneOnWith(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		q := h.Request()
		q.Grace = time.Hour
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		h.V.Faults["delete"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}}
		_, err = h.Abort(t.Context(), r.Operation, rotation.AbortOptions{})
		require.ErrorIs(t, err, provider.ErrPartial)
		list, err := h.List(false)
		require.NoError(t, err)
		require.Len(t, list, 1)
		assert.Equal(t, oplog.Pending, list[0].State)
		assert.Zero(t, list[0].Retires, "the old one lives on")
		assert.Contains(t, list[0].Error, "could not be revoked")
		h.Restart()
		r, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{})
		require.NoError(t, err)
		assert.Equal(t, oplog.Aborted, r.State)
		assert.Equal(t, []string{h.Old.ID}, h.Remaining())
	})
}

func TestAbortOfWhatMayHaveBeenRotatedInPlace(t *testing.T) {
	for name, way := range rotationtest.Ways() {
		for _, at := range []string{"issue.sending", "issue.answered"} {
			if !way.InPlace {
				continue
			}
			t.Run(fmt.Sprintf("%s killed at %s", name, at), func(t *testing.T) {
				rotationtest.Bubble(t, func(t *testing.T) {
					h := newHouse(t, way.Service)
					q := h.Request()
					q.InPlace = true
					h.dies(at, q)
					r, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
					if name == "rotate" && at == "issue.sending" {
						require.NoError(t, err, "the list tells that the old one lives")
						assert.Equal(t, oplog.Aborted, r.State)
						return
					}
					require.ErrorIs(t, err, provider.ErrRefused, "the old secret may be dead")
					r, err = h.Resume(t.Context(), h.Old.ID, rotation.ResumeOptions{})
					if name == "generate" {
						require.ErrorIs(t, err, provider.ErrUnknown, "somebody else may have generated another since")
						assert.Contains(t, provider.HintOf(err), "credctl acme rotate id-1 --in-place")
						r, err = h.Rotate(t.Context(), q)
					}
					require.NoError(t, err)
					h.over(r)
				})
			})
		}
	}
}

func TestAbortPutsBackWhatWasWrittenAndNotReadBack(t *testing.T) {
	wrong := map[string]func(h *house){
		"the read-back failed": func(h *house) {
			h.Boxes["box:b"].Faults["readback"] = []error{rotationtest.ErrDown}
			_, err := h.Rotate(h.T.Context(), h.Request())
			require.ErrorIs(h.T, err, provider.ErrPartial)
		},
		"killed before it": func(h *house) {
			q := h.Request()
			q.To = []string{"box:b", "box:a"}
			h.dies("deliver.written", q)
		},
		"it does not answer": func(h *house) {
			h.Boxes["box:b"].Faults["readback"] = []error{rotationtest.ErrDown, rotationtest.ErrDown}
			_, err := h.Rotate(h.T.Context(), h.Request())
			require.ErrorIs(h.T, err, provider.ErrPartial)
		},
		"it cannot be read": func(h *house) {
			unread := fmt.Errorf("exec: %w", deliver.ErrNoReadBack)
			h.Boxes["box:b"].Faults["readback"] = []error{unread, unread}
			_, err := h.Rotate(h.T.Context(), h.Request())
			require.ErrorIs(h.T, err, provider.ErrPartial)
		},
	}
	for name, fail := range wrong {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				fail(h)
				h.Restart()
				r, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
				require.NoError(t, err)
				assert.Equal(t, oplog.Aborted, r.State)
				assert.Equal(t, h.Old.Secret, h.Boxes["box:b"].Secret)
				require.NoError(t, h.Invariant(false))
			})
		})
		t.Run(name+", and the old secret is not known", func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				h.Boxes["box:a"] = &rotationtest.Box{Name: "box:a", Faults: map[string][]error{"write": {rotationtest.ErrDown}}}
				h.Boxes["box:b"].Key, h.Boxes["box:b"].Secret = "", ""
				fail(h)
				h.Restart()
				_, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
				require.ErrorIs(t, err, provider.ErrRefused)
				assert.Contains(t, provider.HintOf(err), "--force")
				assert.Len(t, h.Remaining(), 2, "box:b may need the new one")
			})
		})
	}
}

// What another program has set at a destination since the delivery stays there.
func TestAbortLeavesWhatWasChangedSince(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		q := h.Request()
		q.Grace = 24 * time.Hour
		_, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		h.Restart()
		h.Boxes["box:b"].Key, h.Boxes["box:b"].Secret = "theirs", "theirs"
		r, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
		require.NoError(t, err)
		assert.Equal(t, oplog.Aborted, r.State)
		assert.Equal(t, h.Old.Secret, h.Boxes["box:a"].Secret)
		assert.Equal(t, "theirs", h.Boxes["box:b"].Secret)
		assert.Contains(t, r.Notes, "box:b was changed after delivery, so the old secret was not restored there")
	})
}

// A destination that an abort has restored already was not changed by another program.
func TestAbortAgainAfterADestinationWasRestored(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		q := h.Request()
		q.Grace = 24 * time.Hour
		_, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		h.Restart()
		h.Boxes["box:b"].Faults["check"] = []error{rotationtest.ErrDown}
		_, err = h.PlanAbort(t.Context(), h.Old.ID, false)
		require.ErrorContains(t, err, rotationtest.ErrDown.Error(), "the dry run says it too")
		h.Boxes["box:b"].Faults["write"] = []error{rotationtest.ErrDown}
		_, err = h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
		require.Error(t, err)
		assert.Equal(t, h.Old.Secret, h.Boxes["box:a"].Secret)
		assert.Len(t, h.Remaining(), 2, "box:b needs the new one")
		r, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
		require.NoError(t, err)
		assert.Equal(t, oplog.Aborted, r.State)
		for _, box := range h.Boxes {
			assert.Equal(t, h.Old.Secret, box.Secret)
		}
		assert.NotContains(t, strings.Join(r.Notes, "\n"), "was changed after delivery")
	})
}

// A destination that fails is what an operation may be abandoned for: by force it
// goes without the old secret, where only it may not have needed that.
func TestAbortByForceOfWhatCannotBePutBack(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		b := h.Boxes["box:b"]
		b.Faults["write"] = []error{rotationtest.ErrDown, rotationtest.ErrDown, rotationtest.ErrDown}
		unread := fmt.Errorf("exec: %w", deliver.ErrNoReadBack)
		b.Faults["readback"] = []error{unread, unread}
		r, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrPartial)
		_, err = h.Abort(t.Context(), r.Operation, rotation.AbortOptions{})
		require.ErrorIs(t, err, provider.ErrPartial)
		assert.Equal(t, "to delete "+r.NewID+" although box:b may have its secret: credctl rotation abort "+r.Operation+" --force", provider.HintOf(err))
		assert.Len(t, h.Remaining(), 2)
		r, err = h.Abort(t.Context(), r.Operation, rotation.AbortOptions{Force: true})
		require.NoError(t, err)
		assert.Contains(t, strings.Join(r.Notes, "\n"), "box:b may have the new secret")
		assert.Equal(t, []string{h.Old.ID}, h.Remaining())
	})
}

// twice rotates with a grace, and then what came of that.
func (h *house) twice(grace time.Duration) (first, second rotation.Result) {
	h.T.Helper()
	q := h.Request()
	q.Grace = 24 * time.Hour
	first, err := h.Rotate(h.T.Context(), q)
	require.NoError(h.T, err)
	q.ID, q.Grace = first.NewID, grace
	second, err = h.Rotate(h.T.Context(), q)
	require.NoError(h.T, err)
	h.Restart()
	return first, second
}

// What is newer than an operation is neither overwritten by it nor taken back.
func TestAnOperationWhoseNewOneWasRotatedSince(t *testing.T) {
	for name, grace := range map[string]time.Duration{"that is done": 0, "that is in its grace too": 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				first, second := h.twice(grace)
				living := h.Remaining()
				for _, force := range []bool{false, true} {
					_, err := h.Abort(t.Context(), first.Operation, rotation.AbortOptions{Force: force})
					require.ErrorIs(t, err, provider.ErrRefused)
					require.ErrorContains(t, err, second.Operation)
				}
				h.Boxes["box:new"] = &rotationtest.Box{Name: "box:new", Key: h.V.Find(second.NewID).Key, Secret: h.V.Find(second.NewID).Secret}
				for _, to := range []string{"box:a", "box:new"} {
					_, err := h.Resume(t.Context(), first.Operation, rotation.ResumeOptions{Options: rotation.Options{To: []string{to}}})
					require.ErrorIs(t, err, provider.ErrUsage)
					assert.Contains(t, provider.HintOf(err), second.Operation)
				}
				assert.Equal(t, living, h.Remaining())
				for _, b := range h.Boxes {
					assert.Equal(t, h.V.Find(second.NewID).Secret, b.Secret, b.Name)
				}
				h.Clock = 25 * time.Hour
				_, err := h.ResumeAll(t.Context(), rotation.ResumeOptions{})
				require.NoError(t, err)
				assert.Equal(t, []string{second.NewID}, h.Remaining(), "without --to it goes on")
			})
		})
	}
}

// A new one with other rights is revoked only where the old credential still is.
func TestF20OtherRightsWhenTheOldOneIsGone(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.V.Drift = func(c *provider.Credential) { c.Scopes = []string{"read"} }
		h.dies("issued.noted", h.Request())
		h.Old.Deleted = h.V.Now()
		r, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrPartial)
		h.over(r)
		assert.Contains(t, strings.Join(r.Notes, "\n"), "it lacks write")
	})
}

// TestAResumedOperationKeepsItsParameters: what it looks for, where an answer was
// lost, is what it asks for.
func TestAResumedOperationKeepsItsParameters(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		input := func(s rotation.Subject) provider.Input {
			in := provider.NewInput(provider.NewName)
			if name := s.Params["new-name"]; name != "" {
				require.NoError(t, in.Value("new-name").Set(name))
			}
			return in
		}
		asked := func(name string) rotation.Request {
			q := h.Request()
			q.Params = map[string]string{"new-name": name}
			q.Service, q.Input = h.Service, input(q.Subject)
			return q
		}
		h.dies("issue.sending", asked("first"))
		h.Open = func(_ context.Context, s rotation.Subject, _ provider.Secret) (provider.Service, provider.Input, error) {
			return h.Service, input(s), nil
		}
		r, err := h.Rotate(t.Context(), asked("second"))
		require.NoError(t, err)
		assert.Equal(t, "first", h.V.Find(r.NewID).Name)
	})
}
