package rotation

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func asReplacer(b base) provider.Service  { return replacer{b} }
func asMender(b base) provider.Service    { return mender{replacer{b}} }
func asRotator(b base) provider.Service   { return rotator{b} }
func asBoth(b base) provider.Service      { return both{replacer{b}} }
func asGenerator(b base) provider.Service { return generator{replacer{b}} }
func asBlind(b base) provider.Service     { return blind(b) }

// bubble runs a test with a clock of its own, so that waits cost nothing.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

func TestReplace(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		r, err := h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		assert.Equal(t, Done, r.State)
		assert.Equal(t, Replace, r.Strategy)
		assert.True(t, r.Changed)
		assert.Equal(t, []string{"create", "delete " + h.old.ID}, h.v.calls)
		assert.Equal(t, []string{r.NewID}, h.living())
		assert.Equal(t, h.v.find(r.NewID).secret, r.Credential.Secret.Reveal())
		for _, b := range h.boxes {
			assert.Equal(t, h.v.find(r.NewID).secret, b.secret)
		}
		list, err := h.List(true)
		require.NoError(t, err)
		require.Len(t, list, 1)
		assert.Equal(t, Done, list[0].State)
		op, err := h.Journal.Load(r.Operation)
		require.NoError(t, err)
		assert.True(t, op.Wiped())

		again, err := h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		assert.False(t, again.Changed)
		assert.Equal(t, r.NewID, again.NewID)
		assert.Contains(t, again.Reason, "replaced by "+r.NewID)
		assert.Equal(t, 1, h.count("create"))
		events, err := h.Journal.Events()
		require.NoError(t, err)
		assert.Len(t, events, 1, "what changes nothing is not in it")
	})
}

func TestStrategies(t *testing.T) {
	for _, c := range []struct {
		service func(base) provider.Service
		options Options
		want    Strategy
	}{
		{asReplacer, Options{}, Replace},
		{asReplacer, Options{InPlace: true}, ""},
		{asReplacer, Options{Overlap: true}, Replace},
		{asBoth, Options{}, Rotate},
		{asBoth, Options{InPlace: true}, Rotate},
		{asBoth, Options{Overlap: true}, Replace},
		{asRotator, Options{}, Rotate},
		{asRotator, Options{Overlap: true}, ""},
		{asGenerator, Options{}, Replace},
		{asGenerator, Options{InPlace: true}, Generate},
		{asBoth, Options{InPlace: true, Overlap: true}, ""},
		{func(base) provider.Service { return struct{}{} }, Options{}, ""},
	} {
		got, err := choose(c.service(base{}), "the key", c.options)
		assert.Equal(t, c.want, got)
		if c.want == "" {
			require.ErrorIs(t, err, provider.ErrUsage)
		}
	}
}

func TestInPlace(t *testing.T) {
	for name, service := range map[string]func(base) provider.Service{"rotate": asRotator, "generate": asGenerator} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, service)
				q := h.request()
				q.InPlace = true
				r, err := h.Rotate(t.Context(), q)
				require.NoError(t, err)
				assert.Equal(t, Done, r.State)
				assert.Equal(t, []string{name + " " + h.old.ID}, h.v.calls)
				assert.Equal(t, []string{r.NewID}, h.living())
				for _, b := range h.boxes {
					assert.NoError(t, h.v.works(b.key, b.secret))
				}
			})
		})
	}
}

func TestNotVerifiableSaysSo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asBlind)
		q := h.request()
		q.To, q.Show = nil, func(context.Context, provider.Credential) error { return nil }
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, Done, r.State)
		assert.Contains(t, strings.Join(r.Notes, "\n"), noMeans)
	})
}

func TestF2NothingHappensToTheOldOneBefore(t *testing.T) {
	for name, break1 := range map[string]func(*house){
		"the create fails":       func(h *house) { h.v.faults["create"] = []fault{{err: errNoRight}} },
		"the verification fails": func(h *house) { h.v.verify = func(provider.Credential) error { return errNoRight } },
		"a write fails":          func(h *house) { h.boxes["box:b"].faults["write"] = []error{errDown} },
		"a read-back fails":      func(h *house) { h.boxes["box:a"].faults["readback"] = []error{errDown} },
		"a rights check fails":   func(h *house) { h.v.faults["get"] = []fault{{}, {err: errDown}} },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, asReplacer)
				break1(h)
				_, err := h.Rotate(t.Context(), h.request())
				require.Error(t, err)
				assert.Contains(t, h.living(), h.old.ID)
				assert.Zero(t, h.count("delete "+h.old.ID))
				require.NoError(t, h.invariant(false))
			})
		})
	}
}

func TestADestinationThatCannotBeWrittenMeansNoRequest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.boxes["box:b"].faults["check"] = []error{provider.As(provider.ErrRefused, errors.New("read-only"))}
		_, err := h.Rotate(t.Context(), h.request())
		require.ErrorIs(t, err, provider.ErrRefused)
		q := h.request()
		q.Hook = Hook{Args: []string{"/nowhere/to/be/found"}}
		_, err = h.Rotate(t.Context(), q)
		require.ErrorIs(t, err, provider.ErrUsage)
		q = h.request()
		q.To = []string{"nowhere:"}
		_, err = h.Rotate(t.Context(), q)
		require.ErrorIs(t, err, provider.ErrUsage)
		q.To = nil
		_, err = h.Rotate(t.Context(), q)
		require.ErrorIs(t, err, provider.ErrUsage)
		assert.Empty(t, h.v.calls)
		list, err := h.List(true)
		require.NoError(t, err)
		assert.Empty(t, list)
	})
}

func TestF3PropagationIsWaitedOut(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.v.wait = 12 * time.Second
		start, n := time.Now(), 0
		h.v.verify = func(c provider.Credential) error {
			n++
			if n%2 == 0 && n < 12 { // it flaps
				return errDown
			}
			return h.v.works(c.Key, c.Secret.Reveal())
		}
		r, err := h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		assert.Equal(t, Done, r.State)
		assert.GreaterOrEqual(t, time.Since(start), 12*time.Second)
	})
}

func TestF3TimeoutKeepsTheOldOneAndMakesNoSecondOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.v.wait = 10 * time.Minute
		r, err := h.Rotate(t.Context(), h.request())
		require.ErrorIs(t, err, provider.ErrUnavailable, "75, not 8")
		require.NotErrorIs(t, err, provider.ErrPending)
		assert.NotEmpty(t, provider.HintOf(err))
		assert.Equal(t, Pending, r.State)
		assert.Zero(t, h.count("delete"))
		list, err := h.List(false)
		require.NoError(t, err)
		require.Len(t, list, 1)
		assert.Equal(t, Pending, list[0].State)
		assert.NotEmpty(t, list[0].Error)
		h.restart()
		time.Sleep(10 * time.Minute)
		r, err = h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		assert.Equal(t, Done, r.State)
		assert.Equal(t, 1, h.count("create"))
		assert.Equal(t, []string{r.NewID}, h.living())
	})
}

func TestF4AtTheLimitNothingIsDeleted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.v.faults["create"] = []fault{{err: errLimit}}
		r, err := h.Rotate(t.Context(), h.request())
		require.ErrorIs(t, err, provider.ErrConflict)
		assert.Equal(t, Aborted, r.State)
		assert.Equal(t, []string{"create"}, h.v.calls)
		list, err := h.List(false)
		require.NoError(t, err)
		assert.Empty(t, list, "nothing is left to go on with")
	})
}

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

func TestF6OneOfManyAndTheOthersSaySo(t *testing.T) {
	h := newHouse(t, asReplacer)
	h.v.wait = 0
	type outcome struct {
		r   Result
		err error
	}
	results := make(chan outcome)
	start := make(chan struct{})
	started := make(chan struct{}, 20)
	for i := range 20 {
		go func() {
			q := h.request()
			q.Verify = "none"
			if i%2 == 0 {
				q.LockTimeout = time.Minute
			}
			started <- struct{}{}
			<-start
			r, err := h.Rotate(context.Background(), q)
			results <- outcome{r, err}
		}()
	}
	for range 20 {
		<-started
	}
	close(start)
	changed := 0
	for range 20 {
		o := <-results
		if o.err != nil {
			require.ErrorIs(t, o.err, provider.ErrLocked)
			continue
		}
		if o.r.Changed {
			changed++
		} else {
			assert.Contains(t, o.r.Reason, "ago")
		}
	}
	assert.Equal(t, 1, changed)
	assert.Equal(t, 1, h.count("create"))
	assert.Len(t, h.living(), 1)
}

func TestF7OnlyWhatFailedIsDoneAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.boxes["box:b"].faults["write"] = []error{errDown}
		r, err := h.Rotate(t.Context(), h.request())
		require.ErrorIs(t, err, provider.ErrPartial)
		require.NotErrorIs(t, err, provider.ErrUnavailable, "8, not 75")
		assert.Equal(t, []DeliveryState{{"box:a", Delivered}, {"box:b", failed}}, r.Destinations)
		assert.Contains(t, h.living(), h.old.ID)
		h.restart()
		r2, err := h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		assert.Equal(t, r.NewID, r2.NewID)
		assert.Equal(t, 1, h.boxes["box:a"].writes)
		assert.Equal(t, 1, h.boxes["box:b"].writes)
		assert.Equal(t, 1, h.count("create"))
		assert.True(t, r2.Changed)
	})
}

func TestF8EveryFaultIsAnError(t *testing.T) {
	for _, verb := range []string{"list", "get", "create", "delete", "verify", "generate", "rotate"} {
		for _, class := range []error{provider.ErrDenied, provider.ErrNotFound, provider.ErrConflict, provider.ErrInvalid, provider.ErrUnavailable, provider.ErrUnknown, provider.ErrRateLimited} {
			for name, service := range map[string]func(base) provider.Service{"replace": asReplacer, "rotate": asRotator, "generate": asGenerator} {
				bubble(t, func(t *testing.T) {
					h := newHouse(t, service)
					q := h.request()
					q.InPlace = name == "generate"
					q.VerifyTimeout = time.Minute
					f := fault{err: provider.As(class, errors.New("it failed"))}
					h.v.faults[verb] = slices.Repeat([]fault{f}, 1000)
					r, err := h.Rotate(t.Context(), q)
					used := len(h.v.faults[verb]) < 1000
					switch {
					case !used:
						require.NoError(t, err)
					case errors.Is(class, provider.ErrNotFound) && verb == "delete":
						require.ErrorIs(t, err, provider.ErrPartial, "the old one is still there")
					default:
						require.Error(t, err, "%s %s %v", name, verb, class)
					}
					assert.Equal(t, err == nil, r.State == Done, "%s %s %v: %s", name, verb, class, r.State)
					if name == "replace" {
						require.NoError(t, h.invariant(false))
					}
				})
			}
		}
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

func TestF14ARevokeThatFailedIsTriedAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.v.faults["delete"] = []fault{{err: errDown}, {err: errDown, committed: true}}
		for range 2 {
			r, err := h.Rotate(t.Context(), h.request())
			require.ErrorIs(t, err, provider.ErrPartial)
			assert.NotEqual(t, Done, r.State)
			list, err := h.List(false)
			require.NoError(t, err)
			require.Len(t, list, 1)
			assert.Contains(t, list[0].Error, "could not be deleted")
			h.restart()
		}
		r, err := h.Resume(t.Context(), h.old.ID, Resumption{})
		require.NoError(t, err, "404 is done")
		assert.Equal(t, Done, r.State)
		assert.Equal(t, 1, h.count("create"))
	})
}

func TestTheOldSecretIsTriedOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.old.undying = true
		r, err := h.Rotate(t.Context(), h.request())
		require.ErrorIs(t, err, provider.ErrPartial)
		assert.Contains(t, err.Error(), "still works")
		assert.Equal(t, Retired, r.State)
		h.old.undying = false
		h.restart()
		r, err = h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		assert.Equal(t, Done, r.State)
		assert.Equal(t, 1, h.count("delete"))
	})
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		for _, b := range h.boxes {
			b.key, b.secret = "", ""
		}
		r, err := h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		assert.Contains(t, strings.Join(r.Notes, "\n"), "was not tried")
	})
}

func TestGrace(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		q := h.request()
		q.Grace = 24 * time.Hour
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, Grace, r.State)
		assert.WithinDuration(t, time.Now().Add(24*time.Hour), r.Retires, time.Minute)
		assert.Len(t, h.living(), 2)
		h.restart()
		h.clock = 23 * time.Hour
		r, err = h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, Grace, r.State)
		assert.False(t, r.Changed)
		h.clock = 25 * time.Hour
		r, err = h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, Done, r.State)
		assert.True(t, r.Changed)
		assert.Equal(t, []string{r.NewID}, h.living())
	})
}

func TestGraceTheNewOneIsLookedAtBeforeTheOldOneGoes(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(h *house, id string)
		class     error
	}{
		"the new one died":           {func(h *house, id string) { h.v.find(id).died = h.v.now() }, provider.ErrVerify},
		"a destination was put back": {func(h *house, _ string) { h.boxes["box:a"].secret = h.old.secret }, provider.ErrPartial},
		"the vendor cannot say":      {func(h *house, _ string) { h.v.faults["verify"] = []fault{{err: errDown}} }, nil},
		"the new one was rotated again": {func(h *house, id string) {
			q := h.request()
			q.ID = id
			_, err := h.Rotate(context.Background(), q)
			require.NoError(h.t, err)
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, asReplacer)
				q := h.request()
				q.Grace = 24 * time.Hour
				r, err := h.Rotate(t.Context(), q)
				require.NoError(t, err)
				c.meanwhile(h, r.NewID)
				h.clock = 25 * time.Hour
				_, err = h.Rotate(t.Context(), q)
				if c.class == nil {
					require.NoError(t, err)
					assert.NotContains(t, h.living(), h.old.ID)
					return
				}
				require.ErrorIs(t, err, c.class)
				assert.Contains(t, h.living(), h.old.ID)
				_, err = h.Resume(t.Context(), r.Operation, Resumption{ForceUnverified: true})
				require.NoError(t, err)
				assert.NotContains(t, h.living(), h.old.ID)
			})
		})
	}
}

func TestF15NothingIsRetiredWithoutVerification(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.v.wait = 1000 * time.Hour
		r, err := h.Rotate(t.Context(), h.request())
		require.Error(t, err)
		h.restart()
		_, err = h.Resume(t.Context(), r.Operation, Resumption{})
		require.ErrorIs(t, err, provider.ErrUnavailable)
		assert.Zero(t, h.count("delete"))
		r, err = h.Resume(t.Context(), r.Operation, Resumption{ForceUnverified: true})
		require.NoError(t, err)
		assert.Equal(t, Done, r.State)
		assert.Equal(t, h.v.find(r.NewID).secret, h.boxes["box:a"].secret)
	})
}

func TestF20Rights(t *testing.T) {
	weaker := func(c *provider.Credential) { c.Scopes = []string{"read"} }
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.v.drift = weaker
		r, err := h.Rotate(t.Context(), h.request())
		require.ErrorIs(t, err, provider.ErrVerify)
		assert.Contains(t, err.Error(), "it lacks write")
		assert.Equal(t, Aborted, r.State)
		assert.Equal(t, []string{h.old.ID}, h.living(), "the new one is revoked")
		assert.Zero(t, h.boxes["box:a"].writes)
		q := h.request()
		q.AcceptDrift = true
		r, err = h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, Done, r.State)
	})
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asMender)
		h.v.drift = weaker
		r, err := h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		assert.Equal(t, []string{"read", "write"}, h.v.find(r.NewID).Scopes)
	})
	for name, drift := range map[string]func(*provider.Credential){
		"an expiry is lost":     func(c *provider.Credential) { c.Expires = time.Time{} },
		"an expiry is extended": func(c *provider.Credential) { c.Expires = c.Expires.Add(time.Hour) },
		"another region":        func(c *provider.Credential) { c.Region = "us" },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, asReplacer)
				h.old.Expires = time.Now().Add(100 * time.Hour)
				h.v.drift = drift
				_, err := h.Rotate(t.Context(), h.request())
				require.ErrorIs(t, err, provider.ErrVerify)
				assert.Equal(t, []string{h.old.ID}, h.living())
			})
		})
	}
	bubble(t, func(t *testing.T) { // in place there is nothing to go back to
		h := newHouse(t, asRotator)
		h.v.drift = weaker
		r, err := h.Rotate(t.Context(), h.request())
		require.ErrorIs(t, err, provider.ErrVerify)
		assert.Equal(t, Done, r.State)
		assert.NoError(t, h.v.works(h.boxes["box:a"].key, h.boxes["box:a"].secret))
	})
}

func TestF22PartOfAListIsAnError(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.v.faults["list"] = []fault{{err: errDown}}
		_, err := h.Rotate(t.Context(), h.request())
		require.ErrorIs(t, err, provider.ErrUnavailable)
		assert.Empty(t, h.v.calls)
	})
}

func TestAbort(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		h.boxes["box:b"].faults["write"] = []error{errDown}
		r, err := h.Rotate(t.Context(), h.request())
		require.Error(t, err)
		r, err = h.Abort(t.Context(), r.NewID, Abortion{})
		require.NoError(t, err)
		assert.Equal(t, Aborted, r.State)
		assert.Equal(t, []string{h.old.ID}, h.living())
		assert.Equal(t, h.old.secret, h.boxes["box:a"].secret, "it is put back")
		require.NoError(t, h.invariant(false))
		_, err = h.Abort(t.Context(), r.Operation, Abortion{})
		require.ErrorIs(t, err, provider.ErrRefused)
		r, err = h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		assert.Equal(t, Done, r.State)
	})
	bubble(t, func(t *testing.T) { // what was not known cannot be put back
		h := newHouse(t, asReplacer)
		for _, b := range h.boxes {
			b.key, b.secret = "", ""
		}
		h.boxes["box:b"].faults["write"] = []error{errDown}
		r, err := h.Rotate(t.Context(), h.request())
		require.Error(t, err)
		_, err = h.Abort(t.Context(), r.Operation, Abortion{})
		require.ErrorIs(t, err, provider.ErrRefused)
		assert.Len(t, h.living(), 2)
	})
	bubble(t, func(t *testing.T) { // in place there is nothing to go back to
		h := newHouse(t, asRotator)
		h.boxes["box:b"].faults["write"] = []error{errDown}
		r, err := h.Rotate(t.Context(), h.request())
		require.Error(t, err)
		_, err = h.Abort(t.Context(), r.Operation, Abortion{})
		require.ErrorIs(t, err, provider.ErrRefused)
	})
}

func TestInterruptedWhileIssuing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		ctx, cancel := context.WithCancel(t.Context())
		h.probe = func(at string) {
			if at == "issue.sending" {
				cancel()
			}
		}
		r, err := h.Rotate(ctx, h.request())
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, Issued, r.State, "the answer is kept")
		h.restart()
		r, err = h.Rotate(t.Context(), h.request())
		require.NoError(t, err)
		assert.Equal(t, 1, h.count("create"))
		assert.Equal(t, []string{r.NewID}, h.living())
	})
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
