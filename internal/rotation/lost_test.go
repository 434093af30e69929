package rotation_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

func TestF5LostAnswers(t *testing.T) {
	late := provider.Credential{Name: "web", Region: "uk"}
	for name, c := range map[string]struct {
		faults  []rotationtest.Fault
		more    func(h *house) // what else appears meanwhile
		creates int
		class   error
	}{
		"nothing was made":          {faults: []rotationtest.Fault{{Err: rotationtest.ErrLost}}, creates: 2},
		"one was made":              {faults: []rotationtest.Fault{{Err: rotationtest.ErrLost, Committed: true}}, creates: 2},
		"twice":                     {faults: []rotationtest.Fault{{Err: rotationtest.ErrLost, Committed: true}, {Err: rotationtest.ErrLost}}, creates: 2, class: provider.ErrUnknown},
		"a success without an ID":   {faults: []rotationtest.Fault{{Nameless: true}}, creates: 2},
		"two may be it":             {faults: []rotationtest.Fault{{Err: rotationtest.ErrLost, Committed: true}}, more: func(h *house) { h.V.Add(late).Foreign = true }, creates: 1, class: provider.ErrUnknown},
		"a stranger's of that name": {faults: []rotationtest.Fault{{Err: rotationtest.ErrLost}}, more: func(h *house) { h.V.Add(provider.Credential{Name: "other"}).Foreign = true }, creates: 2},
		"not lost but down":         {faults: []rotationtest.Fault{{Err: rotationtest.ErrDown}}, creates: 1, class: provider.ErrUnavailable},
		"down but made":             {faults: []rotationtest.Fault{{Err: rotationtest.ErrDown, Committed: true}}, creates: 1, class: provider.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				h.V.Faults["create"] = c.faults
				h.Probe = func(at string) {
					if at == "issue.answered" && c.more != nil {
						c.more(h)
						c.more = nil
					}
					require.NoError(t, h.Invariant(false))
				}
				r, err := h.Rotate(t.Context(), h.Request())
				assert.Equal(t, c.creates, h.Count("create"))
				if c.class == nil {
					require.NoError(t, err)
					assert.Equal(t, []string{r.NewID}, h.Remaining())
					return
				}
				require.ErrorIs(t, err, c.class)
				assert.Contains(t, h.Remaining(), h.Old.ID)
				if c.more != nil {
					return
				}
				if name == "two may be it" {
					assert.Equal(t, oplog.Unknown, r.State)
					assert.Contains(t, err.Error(), "id-3")
					assert.Contains(t, err.Error(), "id-4")
					assert.Zero(t, h.Count("delete"))
				}
			})
		})
	}
}

func TestF5TheListIsNotWhole(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.V.Faults["create"] = []rotationtest.Fault{{Err: rotationtest.ErrLost, Committed: true}}
		h.V.Faults["list"] = []rotationtest.Fault{{}, {Err: rotationtest.ErrDown}}
		r, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrUnknown)
		assert.Equal(t, oplog.Unknown, r.State)
		assert.Equal(t, 1, h.Count("create"))
		h.Restart()
		r, err = h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		assert.Equal(t, []string{r.NewID}, h.Remaining())
	})
}

func TestF5WhatALostRequestMakesLateIsRevoked(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.V.Faults["create"] = []rotationtest.Fault{{Err: rotationtest.ErrLost}}
		h.Probe = func(at string) {
			if at == "retire.sending" {
				h.V.Add(h.Old.Credential) // the first request is carried out at last
			}
		}
		r, err := h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		assert.Equal(t, []string{r.NewID}, h.Remaining())
	})
}

func TestF5WhatIsMadeAfterTheRunThatLostItIsRevoked(t *testing.T) {
	for name, run := range map[string]func(h *house, id string) (rotation.Result, error){
		"rotate": func(h *house, _ string) (rotation.Result, error) { return h.Rotate(h.T.Context(), h.Request()) },
		"resume": func(h *house, id string) (rotation.Result, error) {
			return h.Resume(h.T.Context(), id, rotation.ResumeOptions{})
		},
		"abort": func(h *house, id string) (rotation.Result, error) {
			return h.Abort(h.T.Context(), id, rotation.AbortOptions{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				h.V.Faults["create"] = []rotationtest.Fault{{Err: rotationtest.ErrLost}, {Err: rotationtest.ErrLost}}
				r, err := h.Rotate(t.Context(), h.Request())
				require.ErrorIs(t, err, provider.ErrUnknown)
				late := h.V.Add(h.Old.Credential) // the vendor carries it out at last
				h.Restart()
				r, err = run(h, r.Operation)
				require.NoError(t, err)
				assert.False(t, late.Deleted.IsZero())
				require.NoError(t, h.Invariant(false))
				if name == "abort" {
					assert.Equal(t, []string{h.Old.ID}, h.Remaining())
					return
				}
				h.over(r)
			})
		})
	}
}

func TestF5InPlaceLost(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsRotator)
		h.V.Faults["rotate"] = []rotationtest.Fault{{Err: rotationtest.ErrLost, Committed: true}}
		r, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrUnknown)
		assert.Equal(t, oplog.Unknown, r.State)
		assert.Contains(t, err.Error(), "id-3")
		assert.Contains(t, provider.HintOf(err), "rotation resume "+r.Operation)
		assert.Equal(t, 1, h.Count("rotate"))
		h.Restart()
		r, err = h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		assert.Equal(t, []string{"rotate id-1", "rotate id-3"}, h.V.Calls)
		assert.Equal(t, []string{r.NewID}, h.Remaining())
		for _, b := range h.Boxes {
			assert.NoError(t, h.V.Works(b.Key, b.Secret))
		}
	})
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsRotator)
		h.V.Faults["rotate"] = []rotationtest.Fault{{Err: rotationtest.ErrLost}}
		r, err := h.Rotate(t.Context(), h.Request())
		require.NoError(t, err, "the old one lives, so nothing was done")
		assert.Equal(t, []string{r.NewID}, h.Remaining())
	})
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsGenerator)
		h.V.Faults["generate"] = []rotationtest.Fault{{Err: rotationtest.ErrLost, Committed: true}}
		q := h.Request()
		q.InPlace = true
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err, "a second one is safe")
		assert.Equal(t, 2, h.Count("generate"))
		assert.Equal(t, h.Old.ID, r.NewID)
	})
}

func TestF5WhatMayBeForeignIsNotDeleted(t *testing.T) {
	for name, born := range map[string]time.Duration{"by somebody else at the same time": 0, "before we asked": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				h.V.Faults["create"] = []rotationtest.Fault{{Err: rotationtest.ErrLost, Committed: born == 0}}
				h.Probe = func(at string) {
					if at == "issue.answered" {
						h.V.All = append(h.V.All, &rotationtest.Held{Credential: provider.Credential{ID: "foreign", Name: h.Old.Name, Created: time.Now().Add(born)}})
					}
				}
				_, err := h.Rotate(t.Context(), h.Request())
				assert.NotNil(t, h.V.Find("foreign"))
				if born != 0 { // it cannot have come of a request that was not yet sent
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, provider.ErrUnknown)
				assert.Contains(t, err.Error(), "foreign")
				assert.Zero(t, h.Count("delete"))
				assert.Equal(t, 1, h.Count("create"))
			})
		})
	}
}

// Of a new one with our name, some things tell that no lost request made it.
func TestF5WhatCannotBeOursIsNotDeleted(t *testing.T) {
	for name, c := range map[string]struct {
		service func(rotationtest.Base) provider.Service
		foreign provider.Credential
		class   error // of the run; nil: another one is made
	}{
		"it is in use":                     {rotationtest.AsReplacer, provider.Credential{Name: "web", LastUsed: time.Now()}, nil},
		"it has a key that we did not ask": {rotationtest.AsGenerator, provider.Credential{Name: "web"}, provider.ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, c.service)
				h.V.Faults["create"] = []rotationtest.Fault{{Err: rotationtest.ErrLost}}
				var theirs *rotationtest.Held
				h.Probe = func(at string) {
					if at == "issue.sending" && theirs == nil {
						theirs = h.V.Add(c.foreign)
						theirs.Foreign = true
					}
				}
				r, err := h.Rotate(t.Context(), h.Request())
				require.NoError(t, h.Invariant(false))
				assert.True(t, theirs.Deleted.IsZero())
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
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.V.Faults["create"] = []rotationtest.Fault{{Silent: true}}
		r, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrPending)
		assert.Contains(t, err.Error(), "id-3")
		assert.Contains(t, provider.HintOf(err), "rotation resume "+r.Operation+" --secret-file -")
		assert.Equal(t, oplog.Pending, r.State)
		h.Restart()
		_, err = h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrPending)
		assert.Equal(t, 1, h.Count("create"))
		assert.Zero(t, h.Count("delete"))
		r, err = h.Resume(t.Context(), "id-3", rotation.ResumeOptions{Secret: provider.NewSecret(h.V.Find("id-3").Secret)})
		require.NoError(t, err)
		assert.Equal(t, oplog.Done, r.State)
		assert.Equal(t, []string{"id-3"}, h.Remaining())
		assert.Equal(t, h.V.Find("id-3").Key, h.Boxes["box:a"].Key)
	})
}

func TestF10InPlaceWithoutASecretIsRotatedAgain(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsRotator)
		h.V.Faults["rotate"] = []rotationtest.Fault{{Silent: true}}
		r, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrPartial)
		assert.Contains(t, err.Error(), "id-3")
		assert.NotContains(t, err.Error(), "not touched", "the old one is dead")
		assert.Contains(t, provider.HintOf(err), "rotation resume "+r.Operation)
		h.Restart()
		r, err = h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		assert.Equal(t, []string{"rotate id-1", "rotate id-3"}, h.V.Calls)
		assert.Equal(t, []string{r.NewID}, h.Remaining())
	})
}

func TestASecretThatWasLostIsGeneratedAgain(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsGenerator)
		h.V.Faults["create"] = []rotationtest.Fault{{Silent: true}}
		h.V.Faults["generate"] = []rotationtest.Fault{{Err: rotationtest.ErrLost, Committed: true}}
		r, err := h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		assert.Equal(t, []string{"create", "generate id-3", "generate id-3", "delete id-1"}, h.V.Calls)
		assert.Equal(t, []string{r.NewID}, h.Remaining())
	})
}

func TestASuccessorThatIsGoneBeforeItHadASecretIsGivenUp(t *testing.T) {
	for _, verb := range []string{"rotate", "resume"} {
		t.Run(verb, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsGenerator)
				h.V.Faults["create"] = []rotationtest.Fault{{Silent: true}}
				h.V.Faults["generate"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}}
				first, err := h.Rotate(t.Context(), h.Request())
				require.ErrorIs(t, err, provider.ErrPartial)
				h.V.Find(first.NewID).Deleted = h.V.Now() // by somebody else
				h.Restart()
				if verb == "resume" {
					r, err := h.Resume(t.Context(), first.Operation, rotation.ResumeOptions{})
					require.ErrorIs(t, err, provider.ErrPartial, "nothing was rotated")
					assert.Contains(t, provider.HintOf(err), h.Old.ID+" is unchanged")
					assert.Equal(t, oplog.Aborted, r.State)
					assert.Equal(t, []string{h.Old.ID}, h.Remaining())
				}
				r, err := h.Rotate(t.Context(), h.Request())
				require.NoError(t, err)
				assert.NotEqual(t, first.NewID, r.NewID)
				h.over(r)
			})
		})
	}
}

func TestWhatTheIssuingDidNotTellIsReadLater(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.V.Faults["create"] = []rotationtest.Fault{{Keyless: true}}
		_, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrPartial)
		r, err := h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		assert.Equal(t, []string{r.NewID}, h.Remaining())
		assert.Equal(t, h.V.Find(r.NewID).Key, h.Boxes["box:a"].Key)
	})
}

func TestASecretThatWasMistypedCanBeHandedInAgain(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.V.Faults["create"] = []rotationtest.Fault{{Silent: true}}
		r, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrPending)
		_, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{Secret: provider.NewSecret("mistyped")})
		require.ErrorIs(t, err, provider.ErrVerify)
		assert.Contains(t, provider.HintOf(err), "--secret-file -")
		h.Restart()
		r, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{Secret: provider.NewSecret(h.V.Find(r.NewID).Secret)})
		require.NoError(t, err)
		h.over(r)
	})
	rotationtest.Bubble(t, func(t *testing.T) { // or only the key that belongs to it
		h := newHouse(t, rotationtest.AsReplacer)
		h.V.Faults["create"] = []rotationtest.Fault{{Silent: true}}
		r, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrPending)
		made := h.V.Find(r.NewID)
		_, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{Secret: provider.NewSecret(made.Secret), Key: "mistyped"})
		require.ErrorIs(t, err, provider.ErrVerify)
		h.Restart()
		r, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{Secret: provider.NewSecret(made.Secret), Key: made.Key})
		require.NoError(t, err)
		h.over(r)
	})
	rotationtest.Bubble(t, func(t *testing.T) { // it was not verified, and is everywhere
		h := newHouse(t, rotationtest.AsReplacer)
		h.V.Faults["create"] = []rotationtest.Fault{{Silent: true}}
		q := h.Request()
		q.Verify, q.Grace = "none", 24*time.Hour
		r, err := h.Rotate(t.Context(), q)
		require.ErrorIs(t, err, provider.ErrPending)
		_, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{Secret: provider.NewSecret("mistyped")})
		require.NoError(t, err)
		h.Clock = 12 * time.Hour
		r, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{Secret: provider.NewSecret(h.V.Find(r.NewID).Secret)})
		require.NoError(t, err)
		assert.Equal(t, h.V.Find(r.NewID).Secret, h.Boxes["box:a"].Secret)
		assert.WithinDuration(t, h.V.Now().Add(24*time.Hour), r.Retires, time.Minute, "the grace begins anew")
	})
	rotationtest.Bubble(t, func(t *testing.T) { // the vendor has told it
		h := newHouse(t, rotationtest.AsReplacer)
		h.Boxes["box:b"].Faults["write"] = []error{rotationtest.ErrDown}
		r, err := h.Rotate(t.Context(), h.Request())
		require.Error(t, err)
		_, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{Secret: provider.NewSecret("another")})
		require.ErrorIs(t, err, provider.ErrUsage)
		assert.Equal(t, h.V.Find(r.NewID).Secret, h.Boxes["box:a"].Secret)
	})
}

func TestAJournalThatWasDestroyedMakesNoSecondOne(t *testing.T) {
	for name, destroy := range map[string]func([]byte) []byte{
		"emptied":   func([]byte) []byte { return nil },
		"cut short": func(b []byte) []byte { return b[:100] },
		"garbled":   func(b []byte) []byte { return append([]byte("x"), b...) },
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				h.Boxes["box:b"].Faults["write"] = []error{rotationtest.ErrDown}
				r, err := h.Rotate(t.Context(), h.Request())
				require.Error(t, err)
				path := filepath.Join(h.Dir, "operations", r.Operation+".jsonl")
				b, err := os.ReadFile(path)
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(path, destroy(b), 0o600))
				h.Restart()
				_, err = h.Rotate(t.Context(), h.Request())
				require.ErrorContains(t, err, "cannot be read")
				assert.Contains(t, provider.HintOf(err), path)
				assert.Equal(t, 1, h.Count("create"))
				require.NoError(t, os.Remove(path))
				_, err = h.Rotate(t.Context(), h.Request())
				require.ErrorIs(t, err, provider.ErrRefused, "the destination shows that there is one")
				assert.Equal(t, 1, h.Count("create"))
				q := h.Request()
				q.Force = true
				r, err = h.Rotate(t.Context(), q)
				require.NoError(t, err)
				assert.Equal(t, oplog.Done, r.State)
			})
		})
	}
}
