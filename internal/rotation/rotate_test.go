package rotation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func asReplacer(b base) provider.Service { return replacer{b} }

func asMender(b base) provider.Service { return mender{replacer{b}} }

func asRotator(b base) provider.Service { return rotator{b} }

func asBoth(b base) provider.Service { return both{replacer{b}} }

func asGenerator(b base) provider.Service { return generator{replacer{b}} }

func asBlind(b base) provider.Service { return blind(b) }

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
		q.To, q.Show = nil, func(context.Context, Result) error { return nil }
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
		h.boxes["box:b"].faults["check"] = []error{provider.WithClass(provider.ErrRefused, errors.New("read-only"))}
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
					f := fault{err: provider.WithClass(class, errors.New("it failed"))}
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

// What was issued in place is nowhere else: without a journal it is delivered all
// the same, and what cannot be delivered is kept by the caller.
func TestAJournalThatIsGoneDoesNotLoseWhatWasIssuedInPlace(t *testing.T) {
	for name, way := range ways {
		for _, writable := range []bool{true, false} {
			if !way.inPlace {
				continue
			}
			t.Run(fmt.Sprintf("%s %v", name, writable), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					h := newHouse(t, way.service)
					q := h.request()
					q.InPlace = true
					var kept provider.Credential
					h.Keep = func(c provider.Credential) (string, error) {
						kept = c
						return "/recovery/file", nil
					}
					if !writable {
						h.boxes["box:b"].faults["write"] = []error{errDown}
					}
					h.probe = func(at string) {
						if at == "issue.answered" {
							require.NoError(t, os.RemoveAll(filepath.Join(h.dir, "operations")))
						}
					}
					r, err := h.Rotate(t.Context(), q)
					require.ErrorIs(t, err, provider.ErrPartial)
					secret := h.v.find(r.NewID).secret
					assert.Equal(t, secret, h.boxes["box:a"].secret)
					assert.Contains(t, err.Error()+provider.HintOf(err), "box:a")
					if writable {
						assert.Equal(t, secret, h.boxes["box:b"].secret)
						assert.True(t, kept.Secret.IsZero())
						return
					}
					assert.Equal(t, secret, kept.Secret.Reveal())
					assert.Contains(t, err.Error()+provider.HintOf(err), "/recovery/file")
				})
			})
		}
	}
}
