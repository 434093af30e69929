package rotation_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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

// A house is one of package rotationtest, with what only these tests do to it.
type house struct{ *rotationtest.House }

func newHouse(t *testing.T, service func(rotationtest.Base) provider.Service) *house {
	t.Helper()
	return &house{rotationtest.New(t, service)}
}

func TestReplace(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		r, err := h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		assert.Equal(t, oplog.Done, r.State)
		assert.Equal(t, oplog.Replace, r.Strategy)
		assert.True(t, r.Changed)
		assert.Equal(t, []string{"create", "delete " + h.Old.ID}, h.V.Calls)
		assert.Equal(t, []string{r.NewID}, h.Remaining())
		for _, b := range h.Boxes {
			assert.Equal(t, h.V.Find(r.NewID).Secret, b.Secret)
		}
		list, err := h.List(true)
		require.NoError(t, err)
		require.Len(t, list, 1)
		assert.Equal(t, oplog.Done, list[0].State)
		op, err := h.Journal.Load(r.Operation)
		require.NoError(t, err)
		assert.True(t, op.Wiped())

		again, err := h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		assert.False(t, again.Changed)
		assert.Equal(t, r.NewID, again.NewID)
		assert.Contains(t, again.Message, "replaced by "+r.NewID)
		assert.Equal(t, 1, h.Count("create"))
		events, err := h.Journal.Events()
		require.NoError(t, err)
		assert.Len(t, events, 1, "what changes nothing is not in it")
	})
}

func TestStrategies(t *testing.T) {
	for _, c := range []struct {
		service func(rotationtest.Base) provider.Service
		options rotation.Options
		want    rotation.Strategy
	}{
		{rotationtest.AsReplacer, rotation.Options{}, oplog.Replace},
		{rotationtest.AsReplacer, rotation.Options{InPlace: true}, ""},
		{rotationtest.AsReplacer, rotation.Options{Overlap: true}, oplog.Replace},
		{rotationtest.AsBoth, rotation.Options{}, oplog.Rotate},
		{rotationtest.AsBoth, rotation.Options{InPlace: true}, oplog.Rotate},
		{rotationtest.AsBoth, rotation.Options{Overlap: true}, oplog.Replace},
		{rotationtest.AsRotator, rotation.Options{}, oplog.Rotate},
		{rotationtest.AsRotator, rotation.Options{Overlap: true}, ""},
		{rotationtest.AsGenerator, rotation.Options{}, oplog.Replace},
		{rotationtest.AsGenerator, rotation.Options{InPlace: true}, oplog.Generate},
		{rotationtest.AsBoth, rotation.Options{InPlace: true, Overlap: true}, ""},
		{func(rotationtest.Base) provider.Service { return struct{}{} }, rotation.Options{}, ""},
	} {
		got, err := oplog.Choose(c.service(rotationtest.Base{}), "the key", c.options)
		assert.Equal(t, c.want, got)
		if c.want == "" {
			require.ErrorIs(t, err, provider.ErrUsage)
		}
	}
}

func TestInPlace(t *testing.T) {
	for name, service := range map[string]func(rotationtest.Base) provider.Service{"rotate": rotationtest.AsRotator, "generate": rotationtest.AsGenerator} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, service)
				q := h.Request()
				q.InPlace = true
				r, err := h.Rotate(t.Context(), q)
				require.NoError(t, err)
				assert.Equal(t, oplog.Done, r.State)
				assert.Equal(t, []string{name + " " + h.Old.ID}, h.V.Calls)
				assert.Equal(t, []string{r.NewID}, h.Remaining())
				for _, b := range h.Boxes {
					assert.NoError(t, h.V.Works(b.Key, b.Secret))
				}
			})
		})
	}
}

func TestNotVerifiableSaysSo(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsBlind)
		q := h.Request()
		q.To, q.Show = nil, func(context.Context, rotation.Result) error { return nil }
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, oplog.Done, r.State)
		assert.Contains(t, strings.Join(r.Notes, "\n"), "the vendor's API cannot verify it")
	})
}

func TestF2NothingHappensToTheOldOneBefore(t *testing.T) {
	for name, break1 := range map[string]func(*house){
		"the create fails":       func(h *house) { h.V.Faults["create"] = []rotationtest.Fault{{Err: rotationtest.ErrNoRight}} },
		"the verification fails": func(h *house) { h.V.VerifyAs = func(provider.Credential) error { return rotationtest.ErrNoRight } },
		"a write fails":          func(h *house) { h.Boxes["box:b"].Faults["write"] = []error{rotationtest.ErrDown} },
		"a read-back fails":      func(h *house) { h.Boxes["box:a"].Faults["readback"] = []error{rotationtest.ErrDown} },
		"a rights check fails":   func(h *house) { h.V.Faults["get"] = []rotationtest.Fault{{}, {Err: rotationtest.ErrDown}} },
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				break1(h)
				_, err := h.Rotate(t.Context(), h.Request())
				require.Error(t, err)
				assert.Contains(t, h.Remaining(), h.Old.ID)
				assert.Zero(t, h.Count("delete "+h.Old.ID))
				require.NoError(t, h.Invariant(false))
			})
		})
	}
}

func TestADestinationThatCannotBeWrittenMeansNoRequest(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.Boxes["box:b"].Faults["check"] = []error{provider.WithClass(provider.ErrRefused, errors.New("read-only"))}
		_, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrRefused)
		q := h.Request()
		q.Hook = rotation.Hook{Args: []string{"/nowhere/to/be/found"}}
		_, err = h.Rotate(t.Context(), q)
		require.ErrorIs(t, err, provider.ErrUsage)
		q = h.Request()
		q.To = []string{"nowhere:"}
		_, err = h.Rotate(t.Context(), q)
		require.ErrorIs(t, err, provider.ErrUsage)
		q.To = nil
		_, err = h.Rotate(t.Context(), q)
		require.ErrorIs(t, err, provider.ErrUsage)
		assert.Empty(t, h.V.Calls)
		list, err := h.List(true)
		require.NoError(t, err)
		assert.Empty(t, list)
	})
}

func TestF3PropagationIsWaitedOut(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.V.Wait = 12 * time.Second
		start, n := time.Now(), 0
		h.V.VerifyAs = func(c provider.Credential) error {
			n++
			if n%2 == 0 && n < 12 { // it flaps
				return rotationtest.ErrDown
			}
			return h.V.Works(c.Key, c.Secret.Reveal())
		}
		r, err := h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		assert.Equal(t, oplog.Done, r.State)
		assert.GreaterOrEqual(t, time.Since(start), 12*time.Second)
	})
}

func TestF3TimeoutKeepsTheOldOneAndMakesNoSecondOne(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.V.Wait = 10 * time.Minute
		r, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrUnavailable, "75, not 8")
		require.NotErrorIs(t, err, provider.ErrPending)
		assert.NotEmpty(t, provider.HintOf(err))
		assert.Equal(t, oplog.Pending, r.State)
		assert.Zero(t, h.Count("delete"))
		list, err := h.List(false)
		require.NoError(t, err)
		require.Len(t, list, 1)
		assert.Equal(t, oplog.Pending, list[0].State)
		assert.NotEmpty(t, list[0].Error)
		h.Restart()
		time.Sleep(10 * time.Minute)
		r, err = h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		assert.Equal(t, oplog.Done, r.State)
		assert.Equal(t, 1, h.Count("create"))
		assert.Equal(t, []string{r.NewID}, h.Remaining())
	})
}

func TestF4AtTheLimitNothingIsDeleted(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.V.Faults["create"] = []rotationtest.Fault{{Err: rotationtest.ErrLimit}}
		r, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrConflict)
		assert.Equal(t, oplog.Aborted, r.State)
		assert.Equal(t, []string{"create"}, h.V.Calls)
		list, err := h.List(false)
		require.NoError(t, err)
		assert.Empty(t, list, "nothing is left to go on with")
	})
}

func TestF6OneOfManyAndTheOthersSaySo(t *testing.T) {
	h := newHouse(t, rotationtest.AsReplacer)
	h.V.Wait = 0
	type outcome struct {
		r   rotation.Result
		err error
	}
	results := make(chan outcome)
	start := make(chan struct{})
	started := make(chan struct{}, 20)
	for i := range 20 {
		go func() {
			q := h.Request()
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
			assert.Contains(t, o.r.Message, "ago")
		}
	}
	assert.Equal(t, 1, changed)
	assert.Equal(t, 1, h.Count("create"))
	assert.Len(t, h.Remaining(), 1)
}

func TestF7OnlyWhatFailedIsDoneAgain(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.Boxes["box:b"].Faults["write"] = []error{rotationtest.ErrDown}
		r, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrPartial)
		require.NotErrorIs(t, err, provider.ErrUnavailable, "8, not 75")
		assert.Equal(t, []rotation.DeliveryState{{To: "box:a", State: oplog.Delivered, Proof: "value", ProvedAt: r.Destinations[0].ProvedAt}, {To: "box:b", State: oplog.Failed}}, r.Destinations)
		assert.Contains(t, h.Remaining(), h.Old.ID)
		h.Restart()
		r2, err := h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		assert.Equal(t, r.NewID, r2.NewID)
		assert.Equal(t, 1, h.Boxes["box:a"].Writes)
		assert.Equal(t, 1, h.Boxes["box:b"].Writes)
		assert.Equal(t, 1, h.Count("create"))
		assert.True(t, r2.Changed)
	})
}

func TestF8EveryFaultIsAnError(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"list", "get", "create", "delete", "verify", "generate", "rotate"} {
		for _, class := range []error{provider.ErrDenied, provider.ErrNotFound, provider.ErrConflict, provider.ErrInvalid, provider.ErrUnavailable, provider.ErrUnknown, provider.ErrRateLimited} {
			for name, service := range map[string]func(rotationtest.Base) provider.Service{"replace": rotationtest.AsReplacer, "rotate": rotationtest.AsRotator, "generate": rotationtest.AsGenerator} {
				rotationtest.Bubble(t, func(t *testing.T) {
					h := newHouse(t, service)
					q := h.Request()
					q.InPlace = name == "generate"
					q.VerifyTimeout = time.Minute
					f := rotationtest.Fault{Err: provider.WithClass(class, errors.New("it failed"))}
					h.V.Faults[verb] = slices.Repeat([]rotationtest.Fault{f}, 1000)
					r, err := h.Rotate(t.Context(), q)
					used := len(h.V.Faults[verb]) < 1000
					switch {
					case !used:
						require.NoError(t, err)
					case errors.Is(class, provider.ErrNotFound) && verb == "delete":
						require.ErrorIs(t, err, provider.ErrPartial, "the old one is still there")
					default:
						require.Error(t, err, "%s %s %v", name, verb, class)
					}
					assert.Equal(t, err == nil, r.State == oplog.Done, "%s %s %v: %s", name, verb, class, r.State)
					if name == "replace" {
						require.NoError(t, h.Invariant(false))
					}
				})
			}
		}
	}
}

func TestF20Rights(t *testing.T) {
	weaker := func(c *provider.Credential) { c.Scopes = []string{"read"} }
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.V.Drift = weaker
		r, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrVerify)
		assert.Contains(t, err.Error(), "it lacks write")
		assert.Equal(t, oplog.Aborted, r.State)
		assert.Equal(t, []string{h.Old.ID}, h.Remaining(), "the new one is revoked")
		assert.Zero(t, h.Boxes["box:a"].Writes)
		q := h.Request()
		q.AcceptDrift = true
		r, err = h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, oplog.Done, r.State)
	})
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsMender)
		h.V.Drift = weaker
		r, err := h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		assert.Equal(t, []string{"read", "write"}, h.V.Find(r.NewID).Scopes)
	})
	for name, drift := range map[string]func(*provider.Credential){
		"an expiry is lost":     func(c *provider.Credential) { c.Expires = time.Time{} },
		"an expiry is extended": func(c *provider.Credential) { c.Expires = c.Expires.Add(time.Hour) },
		"another region":        func(c *provider.Credential) { c.Region = "us" },
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				h.Old.Expires = time.Now().Add(100 * time.Hour)
				h.V.Drift = drift
				_, err := h.Rotate(t.Context(), h.Request())
				require.ErrorIs(t, err, provider.ErrVerify)
				assert.Equal(t, []string{h.Old.ID}, h.Remaining())
			})
		})
	}
	rotationtest.Bubble(t, func(t *testing.T) { // in place there is nothing to go back to
		h := newHouse(t, rotationtest.AsRotator)
		h.V.Drift = weaker
		r, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrVerify)
		assert.Equal(t, oplog.Done, r.State)
		assert.NoError(t, h.V.Works(h.Boxes["box:a"].Key, h.Boxes["box:a"].Secret))
	})
}

func TestF22PartOfAListIsAnError(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.V.Faults["list"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}}
		_, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrUnavailable)
		assert.Empty(t, h.V.Calls)
	})
}

func TestInterruptedWhileIssuing(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		ctx, cancel := context.WithCancel(t.Context())
		h.Probe = func(at string) {
			if at == "issue.sending" {
				cancel()
			}
		}
		r, err := h.Rotate(ctx, h.Request())
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, oplog.Issued, r.State, "the answer is kept")
		h.Restart()
		r, err = h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		assert.Equal(t, 1, h.Count("create"))
		assert.Equal(t, []string{r.NewID}, h.Remaining())
	})
}

// What was issued in place is nowhere else: without a journal it is delivered all
// the same, and what cannot be delivered is kept by the caller.
func TestAJournalThatIsGoneDoesNotLoseWhatWasIssuedInPlace(t *testing.T) {
	for name, way := range rotationtest.Ways() {
		for _, writable := range []bool{true, false} {
			if !way.InPlace {
				continue
			}
			t.Run(fmt.Sprintf("%s %v", name, writable), func(t *testing.T) {
				rotationtest.Bubble(t, func(t *testing.T) {
					h := newHouse(t, way.Service)
					q := h.Request()
					q.InPlace = true
					var kept provider.Credential
					h.Keep = func(c provider.Credential) (string, error) {
						kept = c
						return "/recovery/file", nil
					}
					if !writable {
						h.Boxes["box:b"].Faults["write"] = []error{rotationtest.ErrDown}
					}
					h.Probe = func(at string) {
						if at == "issue.answered" {
							require.NoError(t, os.RemoveAll(filepath.Join(h.Dir, "operations")))
						}
					}
					r, err := h.Rotate(t.Context(), q)
					require.ErrorIs(t, err, provider.ErrPartial)
					secret := h.V.Find(r.NewID).Secret
					assert.Equal(t, secret, h.Boxes["box:a"].Secret)
					assert.Contains(t, err.Error()+provider.HintOf(err), "box:a")
					if writable {
						assert.Equal(t, secret, h.Boxes["box:b"].Secret)
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
