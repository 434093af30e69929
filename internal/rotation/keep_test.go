package rotation_test

import (
	"context"
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

// The vendor has the last word: without the new credential there, the old credential is the
// last that works, whatever the journal says, and whoever insists.
func TestTheLastCredentialIsNeverDeleted(t *testing.T) {
	for name, lose := range map[string]func(h *house, c *rotationtest.Held){
		"deleted": func(h *house, c *rotationtest.Held) { c.Deleted = h.V.Now() },
		"revoked": func(_ *house, c *rotationtest.Held) { c.Revoked = true },
		"expired": func(_ *house, c *rotationtest.Held) { c.Expired = true },
	} {
		for _, force := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				rotationtest.Bubble(t, func(t *testing.T) {
					h := newHouse(t, rotationtest.AsReplacer)
					q := h.Request()
					q.Grace, q.Verify = time.Hour, "none"
					r, err := h.Rotate(t.Context(), q)
					require.NoError(t, err)
					lose(h, h.V.Find(r.NewID))
					h.Clock = 2 * time.Hour
					h.Restart()
					_, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{ForceUnverified: force})
					require.ErrorIs(t, err, provider.ErrVerify)
					assert.Contains(t, err.Error(), r.NewID)
					assert.Contains(t, provider.HintOf(err), "credctl rotation abort "+r.Operation)
					assert.Zero(t, h.Count("delete"))
					r, err = h.Abort(t.Context(), r.Operation, rotation.AbortOptions{})
					require.NoError(t, err)
					assert.Equal(t, oplog.Aborted, r.State)
					assert.Contains(t, h.Remaining(), h.Old.ID)
					assert.Equal(t, h.Old.Secret, h.Boxes["box:a"].Secret)
				})
			})
		}
	}
}

// What the new credential is put in place of is gone at the destinations, too, when it is
// gone: not to know the old secret keeps nobody from ending the rotation.
func TestAbortWithoutTheOldSecretWhereTheNewOneIsGone(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		for _, b := range h.Boxes {
			b.Key, b.Secret = "", ""
		}
		q := h.Request()
		q.Grace = time.Hour
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		h.V.Find(r.NewID).Deleted = h.V.Now()
		r, err = h.Abort(t.Context(), r.Operation, rotation.AbortOptions{})
		require.NoError(t, err)
		assert.Equal(t, oplog.Aborted, r.State)
		assert.Equal(t, []string{h.Old.ID}, h.Remaining())
	})
}

// An abort that was killed is not carried out where the old credential has been
// deleted meanwhile.
func TestAnAbortKeepsTheLastCredential(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		q := h.Request()
		q.Grace = time.Hour
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		h.V.Faults["delete"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}}
		_, err = h.Abort(t.Context(), r.Operation, rotation.AbortOptions{})
		require.ErrorIs(t, err, provider.ErrPartial)
		h.Old.Deleted = h.V.Now()
		deletes := h.Count("delete")
		_, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{})
		require.ErrorIs(t, err, provider.ErrRefused)
		assert.Equal(t, deletes, h.Count("delete"))
		assert.Equal(t, []string{r.NewID}, h.Remaining())
		kept := ""
		h.Keep = func(c provider.Credential) (string, error) {
			kept = c.Secret.Reveal()
			return "recovery", nil
		}
		r, err = h.Abort(t.Context(), r.Operation, rotation.AbortOptions{Force: true})
		require.NoError(t, err)
		assert.Equal(t, oplog.Aborted, r.State)
		assert.Equal(t, deletes, h.Count("delete"))
		assert.Equal(t, h.V.Find(h.Remaining()[0]).Secret, kept, "the only secret that works is not lost")
	})
}

// Without locks, or with locks that were deleted under a run, the journal tells that
// another process is at work.
func TestTwoRunsWithoutLocks(t *testing.T) {
	for _, at := range []string{"issue.answered", "issued.noted", "verified.noted", "delivered.noted", "hooked.noted", "retiring.noting"} {
		t.Run(at, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				other := &house{h.House}
				h.Probe = func(name string) {
					if name != at || other == nil {
						return
					}
					engine, second := h.Engine, other
					other = nil
					require.NoError(t, os.RemoveAll(filepath.Join(h.Dir, "locks")))
					second.Restart()
					_, _ = second.Resume(context.WithoutCancel(t.Context()), h.Old.ID, rotation.ResumeOptions{})
					h.Engine = engine
				}
				_, err := h.Rotate(t.Context(), h.Request())
				require.ErrorIs(t, err, provider.ErrLocked)
				assert.Contains(t, provider.HintOf(err), "credctl rotation resume")
				require.NoError(t, h.Invariant(false))
				assert.NotEmpty(t, h.Remaining())
				h.Restart()
				_, err = h.Rotate(t.Context(), h.Request())
				require.NoError(t, err)
				require.NoError(t, h.Invariant(false))
				require.Len(t, h.Remaining(), 1)
			})
		})
	}
}

// Who saw the new secret on a screen has not put it anywhere yet.
func TestAShownSecretKeepsTheOldCredential(t *testing.T) {
	for name, c := range map[string]struct {
		change func(q *rotation.Request)
		grace  time.Duration
	}{
		"shown":                    {func(*rotation.Request) {}, 24 * time.Hour},
		"shown, with a grace":      {func(q *rotation.Request) { q.Grace = time.Hour }, time.Hour},
		"shown, and without grace": {func(q *rotation.Request) { q.NoGrace = true }, 0},
		"delivered":                {func(q *rotation.Request) { q.To, q.Show = []string{"box:a"}, nil }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				q := h.Request()
				q.Force = true // there is one of the same name
				var shown []rotation.Result
				q.To, q.Show = nil, func(_ context.Context, r rotation.Result) error {
					shown = append(shown, r)
					return nil
				}
				c.change(&q)
				p, err := h.Plan(t.Context(), q)
				require.NoError(t, err)
				r, err := h.Rotate(t.Context(), q)
				require.NoError(t, err)
				if c.grace == 0 {
					assert.Equal(t, oplog.Done, r.State)
					assert.NotContains(t, p.Effect, "24h")
					return
				}
				assert.Equal(t, oplog.Grace, r.State)
				assert.WithinDuration(t, h.V.Now().Add(c.grace), r.Retires, time.Minute)
				require.Len(t, shown, 1)
				assert.Equal(t, r.Retires, shown[0].Retires)
				require.NotEmpty(t, r.Notes)
				assert.Contains(t, r.Notes[len(r.Notes)-1], "credctl rotation resume "+r.Operation)
				assert.Contains(t, h.Remaining(), h.Old.ID)

				q.NoGrace, q.Grace = true, 0
				h.Restart()
				r, err = h.Rotate(t.Context(), q)
				require.NoError(t, err)
				assert.Equal(t, oplog.Done, r.State, "--grace 0 deletes it now")
				assert.Equal(t, []string{r.NewID}, h.Remaining())
			})
		})
	}
}

func TestAGraceIsCountedFromItsBeginning(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		q := h.Request()
		q.Grace = 24 * time.Hour
		first, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		h.Clock = 2 * time.Hour
		q.Grace = 3 * time.Hour
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, first.Retires.Add(-21*time.Hour), r.Retires)
		h.Clock = 4 * time.Hour
		r, err = h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, oplog.Done, r.State)
	})
}

// A route that stops the old secret at once has no grace period, and nobody is told
// otherwise.
func TestAGraceIsRefusedInPlace(t *testing.T) {
	for name, c := range map[string]struct {
		service func(rotationtest.Base) provider.Service
		options rotation.Options
		hint    string
	}{
		"with a second way": {rotationtest.AsBoth, rotation.Options{}, "--overlap"},
		"in place":          {rotationtest.AsGenerator, rotation.Options{InPlace: true}, "leave out --in-place"},
		"the only way":      {rotationtest.AsRotator, rotation.Options{}, "leave out --grace"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, c.service)
			q := h.Request()
			q.InPlace, q.Grace = c.options.InPlace, time.Hour
			for _, err := range []error{
				oplog.CheckOptions(h.Service, "the key", q.Options),
				func() error { _, err := h.Plan(t.Context(), q); return err }(),
				func() error { _, err := h.Rotate(t.Context(), q); return err }(),
			} {
				require.ErrorIs(t, err, provider.ErrUsage)
				assert.Contains(t, provider.HintOf(err), c.hint)
			}
			assert.Empty(t, h.V.Calls)
			index, err := h.Journal.Index()
			require.NoError(t, err)
			assert.Empty(t, index.Live())
		})
	}
}

func TestWhatDoesNotWorkAnyMoreIsNotRotated(t *testing.T) {
	for says, change := range map[string]func(*rotationtest.Held){
		"is revoked": func(c *rotationtest.Held) { c.Revoked = true },
		"expired at": func(c *rotationtest.Held) { c.Expired, c.Expires = true, time.Now().Add(-time.Hour) },
	} {
		for name, way := range rotationtest.Ways() {
			t.Run(says+" "+name, func(t *testing.T) {
				h := newHouse(t, way.Service)
				change(h.Old)
				q := h.Request()
				q.InPlace = way.InPlace
				_, err := h.Rotate(t.Context(), q)
				require.ErrorIs(t, err, provider.ErrUsage)
				require.ErrorContains(t, err, h.Old.ID+" "+says)
				assert.Empty(t, h.V.Calls)
			})
		}
	}
}

// A result has the secret for those who show it, and for nobody else once it is delivered.
func TestAResultKeepsNoSecretThatWasDelivered(t *testing.T) {
	for name, c := range map[string]struct {
		to     []string
		reveal bool
		kept   bool // in the result of the run
	}{
		"delivered":             {to: []string{"box:a", "box:b"}},
		"delivered, and shown":  {to: []string{"box:a", "box:b"}, reveal: true, kept: true},
		"shown where it is due": {},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				h.Reveal = c.reveal
				q, shown := h.Request(), ""
				q.To, q.Force = c.to, true // there is one of the same name
				q.Show = func(_ context.Context, r rotation.Result) error {
					shown = r.Credential.Secret.Reveal()
					return nil
				}
				r, err := h.Rotate(t.Context(), q)
				require.NoError(t, err)
				assert.Equal(t, r.NewID, r.Credential.ID)
				assert.Equal(t, c.kept, h.V.Find(r.NewID).Secret == r.Credential.Secret.Reveal())
				assert.Equal(t, !c.kept, r.Credential.Secret.IsZero())
				if c.to == nil {
					assert.Equal(t, h.V.Find(r.NewID).Secret, shown)
				}
			})
		})
	}
}
