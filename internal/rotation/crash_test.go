package rotation

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
)

// A death is what kill -9 is here: nothing after it is carried out but what the
// kernel does, which is to free the lock.
type death struct{ at string }

// attempt runs a rotation that dies at the nth point where it can, and checks
// the invariant at each. It returns the name of that point.
func (h *house) attempt(ctx context.Context, q Request, n int) (r Result, died string, err error) {
	points := 0
	h.probe = func(at string) {
		require.NoError(h.t, h.invariant(q.InPlace), "at %s", at)
		if points++; points == n {
			panic(death{at})
		}
	}
	defer func() {
		if d, dead := recover().(death); dead {
			died = d.at
			h.restart()
		}
	}()
	r, err = h.Rotate(ctx, q)
	return r, "", err
}

// over checks what must be so when a rotation is done.
func (h *house) over(r Result) {
	h.t.Helper()
	require.Equal(h.t, Done, r.State)
	require.Equal(h.t, []string{r.NewID}, h.living(), "exactly one ends live")
	for _, b := range h.boxes {
		require.NoError(h.t, h.v.works(b.key, b.secret))
		require.Equal(h.t, r.NewID, h.owner(b.secret))
	}
	op, err := h.Journal.Load(r.Operation)
	require.NoError(h.t, err)
	require.True(h.t, op.Wiped())
}

var ways = map[string]struct {
	service func(base) provider.Service
	inPlace bool
}{
	"replace":  {asReplacer, false},
	"mend":     {asMender, false},
	"rotate":   {asRotator, true},
	"generate": {asGenerator, true},
}

func TestF1KilledAnywhereOnce(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			seen := 0
			for n := 1; ; n++ {
				died := ""
				bubble(t, func(t *testing.T) {
					h := newHouse(t, way.service)
					if name == "mend" {
						h.v.drift = func(c *provider.Credential) { c.Scopes = nil }
					}
					q := h.request()
					q.InPlace = way.inPlace
					q.Hook = Hook{Args: []string{"true"}}
					_, died, _ = h.attempt(t.Context(), q, n)
					r, _, err := h.attempt(t.Context(), q, 0)
					require.NoError(t, err, "killed at %s", died)
					if died == "" {
						return // it was done before
					}
					if r.Changed || r.State == Done {
						h.over(r)
					}
					require.Len(t, h.living(), 1, "killed at %s", died)
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
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			for n := 1; n < 60; n += 4 {
				for m := 1; m < 40; m += 7 {
					bubble(t, func(t *testing.T) {
						h := newHouse(t, way.service)
						q := h.request()
						q.InPlace = way.inPlace
						_, first, _ := h.attempt(t.Context(), q, n)
						_, second, _ := h.attempt(t.Context(), q, m)
						_, _, err := h.attempt(t.Context(), q, 0)
						require.NoError(t, err, "killed at %s, then at %s", first, second)
						require.Len(t, h.living(), 1, "killed at %s, then at %s", first, second)
					})
				}
			}
		})
	}
}

// Whatever goes wrong, however often, the invariant holds all the time, and once
// nothing goes wrong any more the rotation comes to its end.
func TestF1AnyFaultsAnyDeaths(t *testing.T) {
	errs := []error{errLost, errDown, errNoRight, errLimit, provider.WithClass(provider.ErrRateLimited, errors.New("429"))}
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom([]string{"replace", "mend", "rotate", "generate"}).Draw(rt, "way")
		way := ways[name]
		bubble(t, func(t *testing.T) {
			h := newHouse(t, way.service)
			if name == "mend" {
				h.v.drift = func(c *provider.Credential) { c.Scopes = nil }
			}
			q := h.request()
			q.InPlace = way.inPlace
			q.Grace = rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(rt, "grace")
			h.v.wait = rapid.SampledFrom([]time.Duration{0, 12 * time.Second, 20 * time.Minute}).Draw(rt, "wait")
			for run := range rapid.IntRange(1, 6).Draw(rt, "runs") {
				for _, verb := range []string{"create", "rotate", "generate", "delete", "verify", "list", "get", "mend"} {
					var faults []fault
					for range rapid.IntRange(0, 2).Draw(rt, fmt.Sprint(run, verb)) {
						f := fault{}
						if rapid.Bool().Draw(rt, "bad") {
							f.err = rapid.SampledFrom(errs).Draw(rt, "error")
							f.committed = errors.Is(f.err, provider.ErrUnknown) && rapid.Bool().Draw(rt, "committed") ||
								errors.Is(f.err, provider.ErrUnavailable) && rapid.Bool().Draw(rt, "committed")
						}
						faults = append(faults, f)
					}
					h.v.faults[verb] = faults
				}
				for _, b := range []string{"box:a", "box:b"} {
					for _, method := range []string{"check", "write", "readback"} {
						h.boxes[b].faults[method] = slices.Repeat([]error{errDown}, rapid.IntRange(0, 1).Draw(rt, method))
					}
				}
				_, _, _ = h.attempt(t.Context(), q, rapid.IntRange(0, 80).Draw(rt, "death"))
				h.clock += rapid.SampledFrom([]time.Duration{0, time.Minute, 2 * time.Hour}).Draw(rt, "pause")
			}
			clear(h.v.faults)
			for _, b := range h.boxes {
				clear(b.faults)
			}
			h.restart()
			var r Result
			for range 4 { // a new one may have to be begun, and to wait
				var err error
				if r, _, err = h.attempt(t.Context(), q, 0); err == nil && r.State == Done {
					break
				}
				h.clock += time.Hour
			}
			require.Equal(t, Done, r.State)
			require.Len(t, h.living(), 1)
			for _, b := range h.boxes {
				require.NoError(t, h.v.works(b.key, b.secret))
			}
			list, err := h.List(false)
			require.NoError(t, err)
			require.Empty(t, list)
		})
	})
}
