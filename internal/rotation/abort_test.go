package rotation

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
)

// dies begins a rotation that is killed at this point.
func (h *house) dies(at string, q Request) {
	h.t.Helper()
	h.probe = func(name string) {
		if name == at {
			panic(death{at})
		}
	}
	require.Panics(h.t, func() { _, _ = h.Rotate(h.t.Context(), q) })
	h.restart()
}

func TestAbortKeepsTheNewOneWhenTheOldOneIsGone(t *testing.T) {
	for name, deleted := range map[string]bool{"it is gone": true, "whether it is gone is not known": false} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, asReplacer)
				h.boxes["box:b"].faults["write"] = []error{errDown}
				r, err := h.Rotate(t.Context(), h.request())
				require.Error(t, err)
				class := provider.ErrUnavailable
				if deleted {
					h.old.died, class = h.v.now(), provider.ErrRefused // by somebody else
				} else {
					h.v.faults["get"] = []fault{{err: errDown}}
				}
				_, err = h.Abort(t.Context(), r.Operation, Abortion{})
				require.ErrorIs(t, err, class)
				assert.Contains(t, h.living(), r.NewID)
				assert.Equal(t, h.v.find(r.NewID).secret, h.boxes["box:a"].secret, "nothing dead is put back")
				r, err = h.Resume(t.Context(), r.Operation, Resumption{})
				require.NoError(t, err)
				assert.Equal(t, Done, r.State)
			})
		})
	}
}

func TestAnAbortThatFailedIsShownAndGoneOnWith(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		q := h.request()
		q.Grace = time.Hour
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		h.v.faults["delete"] = []fault{{err: errDown}}
		_, err = h.Abort(t.Context(), r.Operation, Abortion{})
		require.ErrorIs(t, err, provider.ErrPartial)
		list, err := h.List(false)
		require.NoError(t, err)
		require.Len(t, list, 1)
		assert.Equal(t, Pending, list[0].State)
		assert.Nil(t, list[0].Retires, "the old one lives on")
		assert.Contains(t, list[0].Error, "could not be revoked")
		h.restart()
		r, err = h.Resume(t.Context(), r.Operation, Resumption{})
		require.NoError(t, err)
		assert.Equal(t, Aborted, r.State)
		assert.Equal(t, []string{h.old.ID}, h.living())
	})
}

func TestAbortOfWhatMayHaveBeenRotatedInPlace(t *testing.T) {
	for name, way := range ways {
		for _, at := range []string{"issue.sending", "issue.answered"} {
			if !way.inPlace {
				continue
			}
			t.Run(fmt.Sprintf("%s killed at %s", name, at), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					h := newHouse(t, way.service)
					q := h.request()
					q.InPlace = true
					h.dies(at, q)
					r, err := h.Abort(t.Context(), h.old.ID, Abortion{})
					if name == "rotate" && at == "issue.sending" {
						require.NoError(t, err, "the list tells that the old one lives")
						assert.Equal(t, Aborted, r.State)
						return
					}
					require.ErrorIs(t, err, provider.ErrRefused, "the old secret may be dead")
					r, err = h.Resume(t.Context(), h.old.ID, Resumption{})
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
			h.boxes["box:b"].faults["readback"] = []error{errDown}
			_, err := h.Rotate(h.t.Context(), h.request())
			require.ErrorIs(h.t, err, provider.ErrPartial)
		},
		"killed before it": func(h *house) {
			q := h.request()
			q.To = []string{"box:b", "box:a"}
			h.dies("deliver.written", q)
		},
		"it cannot be read": func(h *house) {
			unread := fmt.Errorf("exec: %w", deliver.ErrNoReadBack)
			h.boxes["box:b"].faults["readback"] = []error{unread, unread}
			_, err := h.Rotate(h.t.Context(), h.request())
			require.ErrorIs(h.t, err, provider.ErrPartial)
		},
	}
	for name, fail := range wrong {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, asReplacer)
				fail(h)
				h.restart()
				r, err := h.Abort(t.Context(), h.old.ID, Abortion{})
				require.NoError(t, err)
				assert.Equal(t, Aborted, r.State)
				assert.Equal(t, h.old.secret, h.boxes["box:b"].secret)
				require.NoError(t, h.invariant(false))
			})
		})
		t.Run(name+", and the old secret is not known", func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, asReplacer)
				h.boxes["box:a"] = &box{name: "box:a", v: h.v, faults: map[string][]error{"write": {errDown}}}
				h.boxes["box:b"].key, h.boxes["box:b"].secret = "", ""
				fail(h)
				h.restart()
				_, err := h.Abort(t.Context(), h.old.ID, Abortion{})
				require.ErrorIs(t, err, provider.ErrRefused)
				assert.Contains(t, provider.HintOf(err), "--force")
				assert.Len(t, h.living(), 2, "box:b may need the new one")
			})
		})
	}
}

// A destination that fails is what an operation may be given up for: by force it
// goes without the old secret, where only it may not have needed that.
func TestAbortByForceOfWhatCannotBePutBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		b := h.boxes["box:b"]
		b.faults["write"] = []error{errDown, errDown, errDown}
		unread := fmt.Errorf("exec: %w", deliver.ErrNoReadBack)
		b.faults["readback"] = []error{unread, unread}
		r, err := h.Rotate(t.Context(), h.request())
		require.ErrorIs(t, err, provider.ErrPartial)
		_, err = h.Abort(t.Context(), r.Operation, Abortion{})
		require.ErrorIs(t, err, provider.ErrPartial)
		assert.Len(t, h.living(), 2)
		r, err = h.Abort(t.Context(), r.Operation, Abortion{Force: true})
		require.NoError(t, err)
		assert.Contains(t, strings.Join(r.Notes, "\n"), "box:b may have the new secret")
		assert.Equal(t, []string{h.old.ID}, h.living())
	})
}

// twice rotates with a grace, and then what came of that.
func (h *house) twice(grace time.Duration) (first, second Result) {
	h.t.Helper()
	q := h.request()
	q.Grace = 24 * time.Hour
	first, err := h.Rotate(h.t.Context(), q)
	require.NoError(h.t, err)
	q.ID, q.Grace = first.NewID, grace
	second, err = h.Rotate(h.t.Context(), q)
	require.NoError(h.t, err)
	h.restart()
	return first, second
}

// What is newer than an operation is neither overwritten by it nor taken back.
func TestAnOperationWhoseNewOneWasRotatedSince(t *testing.T) {
	for name, grace := range map[string]time.Duration{"that is done": 0, "that is in its grace too": 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, asReplacer)
				first, second := h.twice(grace)
				living := h.living()
				for _, force := range []bool{false, true} {
					_, err := h.Abort(t.Context(), first.Operation, Abortion{Force: force})
					require.ErrorIs(t, err, provider.ErrRefused)
					require.ErrorContains(t, err, second.Operation)
				}
				h.boxes["box:new"] = &box{name: "box:new", v: h.v, key: h.v.find(second.NewID).Key, secret: h.v.find(second.NewID).secret}
				for _, to := range []string{"box:a", "box:new"} {
					_, err := h.Resume(t.Context(), first.Operation, Resumption{Options: Options{To: []string{to}}})
					require.ErrorIs(t, err, provider.ErrUsage)
					assert.Contains(t, provider.HintOf(err), second.Operation)
				}
				assert.Equal(t, living, h.living())
				for _, b := range h.boxes {
					assert.Equal(t, h.v.find(second.NewID).secret, b.secret, b.name)
				}
				h.clock = 25 * time.Hour
				_, err := h.ResumeAll(t.Context(), Resumption{})
				require.NoError(t, err)
				assert.Equal(t, []string{second.NewID}, h.living(), "without --to it goes on")
			})
		})
	}
}

// A new one with other rights is revoked only where the old one still lives.
func TestF20OtherRightsWhenTheOldOneIsGone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.v.drift = func(c *provider.Credential) { c.Scopes = []string{"read"} }
		h.dies("issued.noted", h.request())
		h.old.died = h.v.now()
		r, err := h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		h.over(r)
		assert.Contains(t, strings.Join(r.Notes, "\n"), "it lacks write")
	})
}

// TestAResumedOperationKeepsItsParameters: what it looks for, where an answer was
// lost, is what it asks for.
func TestAResumedOperationKeepsItsParameters(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		input := func(s Subject) provider.Input {
			in := provider.NewInput(provider.Name)
			if name := s.Params["name"]; name != "" {
				require.NoError(t, in.Value("name").Set(name))
			}
			return in
		}
		asked := func(name string) Request {
			q := h.request()
			q.Params = map[string]string{"name": name}
			q.Service, q.Input = h.service, input(q.Subject)
			return q
		}
		h.dies("issue.sending", asked("first"))
		h.Open = func(_ context.Context, s Subject, _ provider.Secret) (provider.Service, provider.Input, error) {
			return h.service, input(s), nil
		}
		r, err := h.Rotate(t.Context(), asked("second"))
		require.NoError(t, err)
		assert.Equal(t, "first", h.v.find(r.NewID).Name)
	})
}
