package rotation

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func TestF5LostAnswers(t *testing.T) {
	late := provider.Credential{Name: "web", Region: "uk"}
	for name, c := range map[string]struct {
		faults  []fault
		more    func(h *house) // what else appears meanwhile
		creates int
		class   error
	}{
		"nothing was made":          {faults: []fault{{err: errLost}}, creates: 2},
		"one was made":              {faults: []fault{{err: errLost, committed: true}}, creates: 2},
		"twice":                     {faults: []fault{{err: errLost, committed: true}, {err: errLost}}, creates: 2, class: provider.ErrUnknown},
		"a success without an ID":   {faults: []fault{{nameless: true}}, creates: 2},
		"two may be it":             {faults: []fault{{err: errLost, committed: true}}, more: func(h *house) { h.v.add(late).foreign = true }, creates: 1, class: provider.ErrUnknown},
		"a stranger's of that name": {faults: []fault{{err: errLost}}, more: func(h *house) { h.v.add(provider.Credential{Name: "other"}).foreign = true }, creates: 2},
		"not lost but down":         {faults: []fault{{err: errDown}}, creates: 1, class: provider.ErrUnavailable},
		"down but made":             {faults: []fault{{err: errDown, committed: true}}, creates: 1, class: provider.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, asReplacer)
				h.v.faults["create"] = c.faults
				h.probe = func(at string) {
					if at == "issue.answered" && c.more != nil {
						c.more(h)
						c.more = nil
					}
					require.NoError(t, h.invariant(false))
				}
				r, err := h.Rotate(t.Context(), h.request())
				assert.Equal(t, c.creates, h.count("create"))
				if c.class == nil {
					require.NoError(t, err)
					assert.Equal(t, []string{r.NewID}, h.living())
					return
				}
				require.ErrorIs(t, err, c.class)
				assert.Contains(t, h.living(), h.old.ID)
				if c.more != nil {
					return
				}
				if name == "two may be it" {
					assert.Equal(t, Unknown, r.State)
					assert.Contains(t, err.Error(), "id-3")
					assert.Contains(t, err.Error(), "id-4")
					assert.Zero(t, h.count("delete"))
				}
			})
		})
	}
}

func TestF5TheListIsNotWhole(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.v.faults["create"] = []fault{{err: errLost, committed: true}}
		h.v.faults["list"] = []fault{{}, {err: errDown}}
		r, err := h.Rotate(t.Context(), h.request())
		require.ErrorIs(t, err, provider.ErrUnknown)
		assert.Equal(t, Unknown, r.State)
		assert.Equal(t, 1, h.count("create"))
		h.restart()
		r, err = h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		assert.Equal(t, []string{r.NewID}, h.living())
	})
}

func TestF5WhatALostRequestMakesLateIsRevoked(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.v.faults["create"] = []fault{{err: errLost}}
		h.probe = func(at string) {
			if at == "retire.sending" {
				h.v.add(h.old.Credential) // the first request is carried out at last
			}
		}
		r, err := h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		assert.Equal(t, []string{r.NewID}, h.living())
	})
}

func TestF5WhatIsMadeAfterTheRunThatLostItIsRevoked(t *testing.T) {
	for name, run := range map[string]func(h *house, id string) (Result, error){
		"rotate": func(h *house, _ string) (Result, error) { return h.Rotate(h.t.Context(), h.request()) },
		"resume": func(h *house, id string) (Result, error) { return h.Resume(h.t.Context(), id, Resumption{}) },
		"abort":  func(h *house, id string) (Result, error) { return h.Abort(h.t.Context(), id, Abortion{}) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, asReplacer)
				h.v.faults["create"] = []fault{{err: errLost}, {err: errLost}}
				r, err := h.Rotate(t.Context(), h.request())
				require.ErrorIs(t, err, provider.ErrUnknown)
				late := h.v.add(h.old.Credential) // the vendor carries it out at last
				h.restart()
				r, err = run(h, r.Operation)
				require.NoError(t, err)
				assert.False(t, late.died.IsZero())
				require.NoError(t, h.invariant(false))
				if name == "abort" {
					assert.Equal(t, []string{h.old.ID}, h.living())
					return
				}
				h.over(r)
			})
		})
	}
}

func TestF5InPlaceLost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asRotator)
		h.v.faults["rotate"] = []fault{{err: errLost, committed: true}}
		r, err := h.Rotate(t.Context(), h.request())
		require.ErrorIs(t, err, provider.ErrUnknown)
		assert.Equal(t, Unknown, r.State)
		assert.Contains(t, err.Error(), "id-3")
		assert.Contains(t, provider.HintOf(err), "rotation resume "+r.Operation)
		assert.Equal(t, 1, h.count("rotate"))
		h.restart()
		r, err = h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		assert.Equal(t, []string{"rotate id-1", "rotate id-3"}, h.v.calls)
		assert.Equal(t, []string{r.NewID}, h.living())
		for _, b := range h.boxes {
			assert.NoError(t, h.v.works(b.key, b.secret))
		}
	})
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asRotator)
		h.v.faults["rotate"] = []fault{{err: errLost}}
		r, err := h.Rotate(t.Context(), h.request())
		require.NoError(t, err, "the old one lives, so nothing was done")
		assert.Equal(t, []string{r.NewID}, h.living())
	})
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asGenerator)
		h.v.faults["generate"] = []fault{{err: errLost, committed: true}}
		q := h.request()
		q.InPlace = true
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err, "a second one is safe")
		assert.Equal(t, 2, h.count("generate"))
		assert.Equal(t, h.old.ID, r.NewID)
	})
}

func TestF5WhatMayBeForeignIsNotDeleted(t *testing.T) {
	for name, born := range map[string]time.Duration{"by somebody else at the same time": 0, "before we asked": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, asReplacer)
				h.v.faults["create"] = []fault{{err: errLost, committed: born == 0}}
				h.probe = func(at string) {
					if at == "issue.answered" {
						h.v.all = append(h.v.all, &held{Credential: provider.Credential{ID: "foreign", Name: h.old.Name, Created: time.Now().Add(born)}})
					}
				}
				_, err := h.Rotate(t.Context(), h.request())
				require.ErrorIs(t, err, provider.ErrUnknown)
				assert.Contains(t, err.Error(), "foreign")
				assert.Zero(t, h.count("delete"))
				assert.Equal(t, 1, h.count("create"))
			})
		})
	}
}

// Of a new one with our name, some things tell that no lost request made it.
func TestF5WhatCannotBeOursIsNotDeleted(t *testing.T) {
	for name, c := range map[string]struct {
		service func(base) provider.Service
		foreign provider.Credential
		class   error // of the run; nil: another one is made
	}{
		"it is in use":                     {asReplacer, provider.Credential{Name: "web", LastUsed: time.Now()}, nil},
		"it has a key that we did not ask": {asGenerator, provider.Credential{Name: "web"}, provider.ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, c.service)
				h.v.faults["create"] = []fault{{err: errLost}}
				var theirs *held
				h.probe = func(at string) {
					if at == "issue.sending" && theirs == nil {
						theirs = h.v.add(c.foreign)
						theirs.foreign = true
					}
				}
				r, err := h.Rotate(t.Context(), h.request())
				require.NoError(t, h.invariant(false))
				assert.True(t, theirs.died.IsZero())
				if c.class != nil {
					require.ErrorIs(t, err, c.class)
					assert.ErrorContains(t, err, theirs.ID)
					return
				}
				require.NoError(t, err)
				h.over(r)
			})
		})
	}
}

func TestF10ASuccessWithoutASecretWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.v.faults["create"] = []fault{{silent: true}}
		r, err := h.Rotate(t.Context(), h.request())
		require.ErrorIs(t, err, provider.ErrPending)
		assert.Contains(t, err.Error(), "id-3")
		assert.Contains(t, provider.HintOf(err), "rotation resume "+r.Operation+" --secret-file -")
		assert.Equal(t, Pending, r.State)
		h.restart()
		_, err = h.Rotate(t.Context(), h.request())
		require.ErrorIs(t, err, provider.ErrPending)
		assert.Equal(t, 1, h.count("create"))
		assert.Zero(t, h.count("delete"))
		r, err = h.Resume(t.Context(), "id-3", Resumption{Secret: provider.NewSecret(h.v.find("id-3").secret)})
		require.NoError(t, err)
		assert.Equal(t, Done, r.State)
		assert.Equal(t, []string{"id-3"}, h.living())
		assert.Equal(t, h.v.find("id-3").Key, h.boxes["box:a"].key)
	})
}

func TestF10InPlaceWithoutASecretIsRotatedAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asRotator)
		h.v.faults["rotate"] = []fault{{silent: true}}
		r, err := h.Rotate(t.Context(), h.request())
		require.ErrorIs(t, err, provider.ErrPartial)
		assert.Contains(t, err.Error(), "id-3")
		assert.NotContains(t, err.Error(), "not touched", "the old one is dead")
		assert.Contains(t, provider.HintOf(err), "rotation resume "+r.Operation)
		h.restart()
		r, err = h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		assert.Equal(t, []string{"rotate id-1", "rotate id-3"}, h.v.calls)
		assert.Equal(t, []string{r.NewID}, h.living())
	})
}

func TestASecretThatWasLostIsGeneratedAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asGenerator)
		h.v.faults["create"] = []fault{{silent: true}}
		h.v.faults["generate"] = []fault{{err: errLost, committed: true}}
		r, err := h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		assert.Equal(t, []string{"create", "generate id-3", "generate id-3", "delete id-1"}, h.v.calls)
		assert.Equal(t, []string{r.NewID}, h.living())
	})
}

func TestASuccessorThatIsGoneBeforeItHadASecretIsGivenUp(t *testing.T) {
	for _, verb := range []string{"rotate", "resume"} {
		t.Run(verb, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, asGenerator)
				h.v.faults["create"] = []fault{{silent: true}}
				h.v.faults["generate"] = []fault{{err: errDown}}
				first, err := h.Rotate(t.Context(), h.request())
				require.ErrorIs(t, err, provider.ErrPartial)
				h.v.find(first.NewID).died = h.v.now() // by somebody else
				h.restart()
				if verb == "resume" {
					r, err := h.Resume(t.Context(), first.Operation, Resumption{})
					require.ErrorIs(t, err, provider.ErrPartial, "nothing was rotated")
					assert.Contains(t, provider.HintOf(err), "rotate "+h.old.ID)
					assert.Equal(t, Aborted, r.State)
					assert.Equal(t, []string{h.old.ID}, h.living())
				}
				r, err := h.Rotate(t.Context(), h.request())
				require.NoError(t, err)
				assert.NotEqual(t, first.NewID, r.NewID)
				h.over(r)
			})
		})
	}
}

func TestWhatTheIssuingDidNotTellIsReadLater(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.v.faults["create"] = []fault{{keyless: true}}
		_, err := h.Rotate(t.Context(), h.request())
		require.ErrorIs(t, err, provider.ErrPartial)
		r, err := h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		assert.Equal(t, []string{r.NewID}, h.living())
		assert.Equal(t, h.v.find(r.NewID).Key, h.boxes["box:a"].key)
	})
}

func TestASecretThatWasMistypedCanBeHandedInAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.v.faults["create"] = []fault{{silent: true}}
		r, err := h.Rotate(t.Context(), h.request())
		require.ErrorIs(t, err, provider.ErrPending)
		_, err = h.Resume(t.Context(), r.Operation, Resumption{Secret: provider.NewSecret("mistyped")})
		require.ErrorIs(t, err, provider.ErrVerify)
		assert.Contains(t, provider.HintOf(err), "--secret-file -")
		h.restart()
		r, err = h.Resume(t.Context(), r.Operation, Resumption{Secret: provider.NewSecret(h.v.find(r.NewID).secret)})
		require.NoError(t, err)
		h.over(r)
	})
	bubble(t, func(t *testing.T) { // or only the key that belongs to it
		h := newHouse(t, asReplacer)
		h.v.faults["create"] = []fault{{silent: true}}
		r, err := h.Rotate(t.Context(), h.request())
		require.ErrorIs(t, err, provider.ErrPending)
		made := h.v.find(r.NewID)
		_, err = h.Resume(t.Context(), r.Operation, Resumption{Secret: provider.NewSecret(made.secret), Key: "mistyped"})
		require.ErrorIs(t, err, provider.ErrVerify)
		h.restart()
		r, err = h.Resume(t.Context(), r.Operation, Resumption{Secret: provider.NewSecret(made.secret), Key: made.Key})
		require.NoError(t, err)
		h.over(r)
	})
	bubble(t, func(t *testing.T) { // it was not verified, and is everywhere
		h := newHouse(t, asReplacer)
		h.v.faults["create"] = []fault{{silent: true}}
		q := h.request()
		q.Verify, q.Grace = "none", 24*time.Hour
		r, err := h.Rotate(t.Context(), q)
		require.ErrorIs(t, err, provider.ErrPending)
		_, err = h.Resume(t.Context(), r.Operation, Resumption{Secret: provider.NewSecret("mistyped")})
		require.NoError(t, err)
		h.clock = 12 * time.Hour
		r, err = h.Resume(t.Context(), r.Operation, Resumption{Secret: provider.NewSecret(h.v.find(r.NewID).secret)})
		require.NoError(t, err)
		assert.Equal(t, h.v.find(r.NewID).secret, h.boxes["box:a"].secret)
		assert.WithinDuration(t, h.v.now().Add(24*time.Hour), r.Retires, time.Minute, "the grace begins anew")
	})
	bubble(t, func(t *testing.T) { // the vendor has told it
		h := newHouse(t, asReplacer)
		h.boxes["box:b"].faults["write"] = []error{errDown}
		r, err := h.Rotate(t.Context(), h.request())
		require.Error(t, err)
		_, err = h.Resume(t.Context(), r.Operation, Resumption{Secret: provider.NewSecret("another")})
		require.ErrorIs(t, err, provider.ErrUsage)
		assert.Equal(t, h.v.find(r.NewID).secret, h.boxes["box:a"].secret)
	})
}

func TestAJournalThatWasDestroyedMakesNoSecondOne(t *testing.T) {
	for name, destroy := range map[string]func([]byte) []byte{
		"emptied":   func([]byte) []byte { return nil },
		"cut short": func(b []byte) []byte { return b[:100] },
		"garbled":   func(b []byte) []byte { return append([]byte("x"), b...) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, asReplacer)
				h.boxes["box:b"].faults["write"] = []error{errDown}
				r, err := h.Rotate(t.Context(), h.request())
				require.Error(t, err)
				path := filepath.Join(h.dir, "operations", r.Operation+".jsonl")
				b, err := os.ReadFile(path)
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(path, destroy(b), 0o600))
				h.restart()
				_, err = h.Rotate(t.Context(), h.request())
				require.ErrorContains(t, err, "cannot be read")
				assert.Contains(t, provider.HintOf(err), path)
				assert.Equal(t, 1, h.count("create"))
				require.NoError(t, os.Remove(path))
				r, err = h.Rotate(t.Context(), h.request())
				require.NoError(t, err)
				assert.Equal(t, Done, r.State)
			})
		})
	}
}
