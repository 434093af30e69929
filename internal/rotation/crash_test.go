package rotation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A death is what kill -9 is here: nothing after it is carried out but what the
// kernel does, which is to free the lock.
type death struct{ at string }

// attempt runs a rotation that ends at the nth point where it can, and checks
// the invariant at each. It returns the name of that point.
func (h *house) attempt(ctx context.Context, q rotation.Request, n int) (r rotation.Result, died string, err error) {
	points := 0
	h.Probe = func(at string) {
		require.NoError(h.T, h.Invariant(q.InPlace), "at %s", at)
		if points++; points == n {
			panic(death{at})
		}
	}
	defer func() {
		if d, dead := recover().(death); dead {
			died = d.at
			h.Restart()
		}
	}()
	r, err = h.Rotate(ctx, q)
	return r, "", err
}

// over checks what must be so when a rotation is done.
func (h *house) over(r rotation.Result) {
	h.T.Helper()
	require.Equal(h.T, oplog.Done, r.State)
	require.Equal(h.T, []string{r.NewID}, h.Remaining(), "exactly one ends live")
	for _, b := range h.Boxes {
		require.NoError(h.T, h.V.Works(b.Key, b.Secret))
		require.Equal(h.T, r.NewID, h.Owner(b.Secret))
	}
	op, err := h.Journal.Load(r.Operation)
	require.NoError(h.T, err)
	require.True(h.T, op.Wiped())
}

func TestF1KilledAnywhereOnce(t *testing.T) {
	t.Parallel()
	for name, way := range rotationtest.Ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := 0
			for n := 1; ; n++ {
				died := ""
				rotationtest.Bubble(t, func(t *testing.T) {
					h := newHouse(t, way.Service)
					if name == "repair" {
						h.V.Drift = func(c *provider.Credential) { c.Scopes = nil }
					}
					q := h.Request()
					q.InPlace = way.InPlace
					q.Hook = rotation.Hook{Args: []string{"true"}}
					_, died, _ = h.attempt(t.Context(), q, n)
					r, _, err := h.attempt(t.Context(), q, 0)
					require.NoError(t, err, "killed at %s", died)
					if died == "" {
						return // it was done before
					}
					if r.Changed || r.State == oplog.Done {
						h.over(r)
					}
					require.Len(t, h.Remaining(), 1, "killed at %s", died)
				})
				if died == "" {
					break
				}
				seen++
			}
			assert.Greater(t, seen, 15)
		})
	}
}

func TestF1KilledAnywhereTwice(t *testing.T) {
	t.Parallel()
	for name, way := range rotationtest.Ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := 1; n < 60; n += 4 {
				for m := 1; m < 40; m += 7 {
					rotationtest.Bubble(t, func(t *testing.T) {
						h := newHouse(t, way.Service)
						q := h.Request()
						q.InPlace = way.InPlace
						_, first, _ := h.attempt(t.Context(), q, n)
						_, second, _ := h.attempt(t.Context(), q, m)
						_, _, err := h.attempt(t.Context(), q, 0)
						require.NoError(t, err, "killed at %s, then at %s", first, second)
						require.Len(t, h.Remaining(), 1, "killed at %s, then at %s", first, second)
					})
				}
			}
		})
	}
}

// Whatever goes wrong, however often, the invariant holds all the time, and once
// nothing goes wrong any more the rotation comes to its end.
func TestF1AnyFaultsAnyDeaths(t *testing.T) {
	t.Parallel()
	errs := []error{rotationtest.ErrLost, rotationtest.ErrDown, rotationtest.ErrNoRight, rotationtest.ErrLimit, provider.WithClass(provider.ErrRateLimited, errors.New("429"))}
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom([]string{"replace", "repair", "rotate", "generate"}).Draw(rt, "way")
		way := rotationtest.Ways()[name]
		rotationtest.Bubble(t, func(t *testing.T) {
			h := newHouse(t, way.Service)
			if name == "repair" {
				h.V.Drift = func(c *provider.Credential) { c.Scopes = nil }
			}
			q := h.Request()
			q.InPlace = way.InPlace
			if grace := rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(rt, "grace"); !way.InPlace {
				q.Grace = grace
			}
			h.V.Wait = rapid.SampledFrom([]time.Duration{0, 12 * time.Second, 20 * time.Minute}).Draw(rt, "wait")
			for run := range rapid.IntRange(1, 6).Draw(rt, "runs") {
				for _, verb := range []string{"create", "rotate", "generate", "delete", "verify", "list", "get", "repair"} {
					var faults []rotationtest.Fault
					for range rapid.IntRange(0, 2).Draw(rt, fmt.Sprint(run, verb)) {
						f := rotationtest.Fault{}
						if rapid.Bool().Draw(rt, "bad") {
							f.Err = rapid.SampledFrom(errs).Draw(rt, "error")
							f.Committed = errors.Is(f.Err, provider.ErrUnknown) && rapid.Bool().Draw(rt, "committed") ||
								errors.Is(f.Err, provider.ErrUnavailable) && rapid.Bool().Draw(rt, "committed")
						}
						faults = append(faults, f)
					}
					h.V.Faults[verb] = faults
				}
				for _, b := range []string{"box:a", "box:b"} {
					for _, method := range []string{"check", "write", "readback"} {
						h.Boxes[b].Faults[method] = slices.Repeat([]error{rotationtest.ErrDown}, rapid.IntRange(0, 1).Draw(rt, method))
					}
				}
				_, _, _ = h.attempt(t.Context(), q, rapid.IntRange(0, 80).Draw(rt, "death"))
				h.Clock += rapid.SampledFrom([]time.Duration{0, time.Minute, 2 * time.Hour}).Draw(rt, "pause")
			}
			clear(h.V.Faults)
			for _, b := range h.Boxes {
				clear(b.Faults)
			}
			h.Restart()
			var r rotation.Result
			for range 4 { // a new one may have to be begun, and to wait
				var err error
				if r, _, err = h.attempt(t.Context(), q, 0); err == nil && r.State == oplog.Done {
					break
				}
				h.Clock += time.Hour
			}
			require.Equal(t, oplog.Done, r.State)
			require.Len(t, h.Remaining(), 1)
			for _, b := range h.Boxes {
				require.NoError(t, h.V.Works(b.Key, b.Secret))
			}
			list, err := h.List(false)
			require.NoError(t, err)
			require.Empty(t, list)
		})
	})
}
