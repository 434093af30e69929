package rotation_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A command that ran and failed may have stored the secret, and nobody can ask it: an abort
// needs --force. One that was never started has read nothing.
func TestAnAbortAfterACommandThatWasNotStarted(t *testing.T) {
	unstarted, failed := provider.WithClass(command.ErrNotStarted, errors.New("fork: no memory")), errors.New("exit status 1")
	for name, test := range map[string]struct {
		writes  []error // of each run
		dies    bool    // the last one, after it has written
		refused bool
	}{
		"not started":                  {writes: []error{unstarted}},
		"not started, twice":           {writes: []error{unstarted, unstarted}},
		"it failed":                    {writes: []error{failed}, refused: true},
		"it failed, then not started":  {writes: []error{failed, unstarted}, refused: true},
		"not started, then it failed":  {writes: []error{unstarted, failed}, refused: true},
		"not started, then killed":     {writes: []error{unstarted, nil}, dies: true, refused: true},
		"killed, then not started":     {writes: []error{nil, unstarted}, refused: true},
		"it stored, and could not say": {writes: []error{nil}, dies: true, refused: true},
	} {
		for kind, begin := range map[string]func(h *house) error{
			"a rotation": func(h *house) error {
				q := h.Request()
				q.To = []string{"box:b"}
				_, err := h.Rotate(h.T.Context(), q)
				return err
			},
			"a creation": func(h *house) error {
				_, err := h.Create(h.T.Context(), creation.Request{
					Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: creator{rotationtest.Base{Vendor: h.V}},
					Options: rotation.Options{To: []string{"box:b"}},
				})
				return err
			},
		} {
			t.Run(name+", "+kind, func(t *testing.T) {
				rotationtest.Bubble(t, func(t *testing.T) {
					h := newHouse(t, rotationtest.AsReplacer)
					h.V.All[0].Name = "other"
					b := h.Boxes["box:b"]
					b.Sealed, b.Mute, b.InPlace = true, true, true // as a command
					for n, write := range test.writes {
						if write != nil {
							b.Faults["write"] = []error{write}
						}
						dies := write == nil
						h.Probe = func(at string) {
							if dies && at == "deliver.written" {
								panic(death{at})
							}
						}
						func() {
							defer func() { _ = recover() }()
							require.Error(t, begin(h), "run %d", n)
						}()
						h.Restart()
					}
					open, err := h.List(false)
					require.NoError(t, err)
					require.Len(t, open, 1)
					made := open[0].NewID
					plan, perr := h.PlanAbort(t.Context(), made, false)
					r, err := h.Abort(t.Context(), made, rotation.AbortOptions{})
					if test.refused {
						for _, err := range []error{perr, err} {
							require.ErrorIs(t, err, provider.ErrRefused)
							require.ErrorContains(t, err, "box:b may ")
						}
						assert.NotEmpty(t, plan.Checks)
						assert.Contains(t, h.Remaining(), made)
						return
					}
					require.NoError(t, perr)
					require.NoError(t, err)
					assert.Equal(t, oplog.Aborted, r.State)
					assert.NotContains(t, h.Remaining(), made)
				})
			})
		}
	}
}

// What a destination holds decides, and not what the journal says of it.
func TestAnAbortOfACreationBelievesTheDestination(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, created, _ := halfCreated(t, rotationtest.AsReplacer)
		plan, err := h.PlanAbort(t.Context(), created.Operation, false)
		require.ErrorIs(t, err, provider.ErrRefused)
		require.EqualError(t, err, "box:a already has the secret of "+created.NewID)
		assert.Equal(t, []string{"delete " + created.NewID}, plan.Steps)
		h.Boxes["box:a"].Key, h.Boxes["box:a"].Secret = "theirs", "theirs"
		plan, err = h.PlanAbort(t.Context(), created.Operation, false)
		require.NoError(t, err)
		require.Len(t, plan.Checks, 1)
		_, err = h.Abort(t.Context(), created.Operation, rotation.AbortOptions{})
		require.NoError(t, err)
		assert.NotContains(t, h.Remaining(), created.NewID)
		assert.Equal(t, "theirs", h.Boxes["box:a"].Secret)
	})
}

// A creation that is resumed with the destinations that it has delivers again where the secret was lost.
func TestAResumeOfACreationLooksAtWhatIsNamed(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, created, _ := halfCreated(t, rotationtest.AsReplacer)
		h.Boxes["box:a"].Secret = "lost"
		o := rotation.ResumeOptions{}
		o.To = []string{"box:a", "box:b"}
		_, err := h.Resume(t.Context(), created.Operation, o)
		require.NoError(t, err)
		for _, b := range h.Boxes {
			assert.Equal(t, created.NewID, h.Owner(b.Secret), b.Name)
		}
	})
}

// To end a rotation by force where the old credential may not work must not lose the only copy
// of the secret that works: it is saved, as the dry run says.
func TestAForcedEndSavesTheOnlyCopyOfTheSecret(t *testing.T) {
	for name, as := range map[string]func(rotationtest.Base) provider.Service{"in place": rotationtest.AsRotator, "replaced": rotationtest.AsReplacer} {
		for _, arrived := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", one has it: ", arrived), func(t *testing.T) {
				rotationtest.Bubble(t, func(t *testing.T) {
					h := newHouse(t, as)
					h.Boxes["box:b"].Faults["write"] = []error{errors.New("full")}
					if !arrived {
						h.Boxes["box:a"].Faults["write"] = []error{errors.New("full")}
					}
					r, err := h.Rotate(t.Context(), h.Request())
					require.Error(t, err)
					h.Old.Deleted = h.V.Now()
					made := h.V.Find(r.NewID)
					h.Restart()
					var kept provider.Credential
					h.Keep = func(c provider.Credential) (string, error) {
						kept = c
						return "/state/recovery/" + c.ID, nil
					}
					_, err = h.Abort(t.Context(), r.Operation, rotation.AbortOptions{})
					require.ErrorIs(t, err, provider.ErrRefused)
					assert.Equal(t, !arrived, strings.Contains(err.Error(), "no destination is known to have the new secret, which the journal keeps"))
					kept = provider.Credential{}
					plan, err := h.PlanAbort(t.Context(), r.Operation, true)
					require.NoError(t, err)
					assert.Equal(t, "end the rotation without changing anything at the vendor", plan.Steps[len(plan.Steps)-1])
					assert.Len(t, plan.Steps, map[bool]int{true: 1, false: 2}[arrived])
					assert.True(t, kept.Secret.IsZero(), "a plan saves nothing")
					r, err = h.Abort(t.Context(), r.Operation, rotation.AbortOptions{Force: true})
					require.NoError(t, err)
					if arrived {
						assert.Empty(t, r.Notes)
						assert.True(t, kept.Secret.IsZero())
						return
					}
					assert.Equal(t, made.Secret, kept.Secret.Reveal())
					assert.Equal(t, []string{made.ID + " was not deleted, and no destination is known to have its secret, which is in /state/recovery/" + made.ID + ": only you can read that file"}, r.Notes)
				})
			})
		}
	}
}

// Where the new credential is gone, too, its secret works nowhere: nothing is saved, or said of it.
func TestTheSecretOfADeletedCredentialIsNotSaved(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.Boxes["box:a"].Faults["write"] = []error{errors.New("full")}
		r, err := h.Rotate(t.Context(), h.Request())
		require.Error(t, err)
		h.Old.Deleted, h.V.Find(r.NewID).Deleted = h.V.Now(), h.V.Now()
		h.Restart()
		h.Keep = func(provider.Credential) (string, error) {
			assert.Fail(t, "saved")
			return "", nil
		}
		made := r.NewID
		r, err = h.Abort(t.Context(), r.Operation, rotation.AbortOptions{Force: true})
		require.NoError(t, err)
		assert.Equal(t, []string{"the vendor has neither " + h.Old.ID + " nor " + made}, r.Notes, "nothing of a secret")
	})
}

// That a stamp has moved does not tell what a destination holds: it may be the secret, and an
// abort of its creation needs --force.
func TestAStampThatMovedIsNoProofThatTheSecretIsGone(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.Boxes["box:a"].Sealed = true
		h.Boxes["box:b"].Sealed = true
		h.Boxes["box:b"].Faults["write"] = []error{errors.New("full")}
		r, err := h.Create(t.Context(), creation.Request{
			Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: creator{rotationtest.Base{Vendor: h.V}}, Name: "z",
			Options: rotation.Options{To: []string{"box:a", "box:b"}},
		})
		require.Error(t, err)
		h.Restart()
		h.Boxes["box:a"].Writes++
		_, perr := h.PlanAbort(t.Context(), r.Operation, false)
		_, err = h.Abort(t.Context(), r.Operation, rotation.AbortOptions{})
		for _, err := range []error{perr, err} {
			require.ErrorIs(t, err, provider.ErrRefused)
			require.EqualError(t, err, "box:a, box:b may already have the secret of "+r.NewID)
		}
		assert.Contains(t, h.Remaining(), r.NewID)
	})
}

// All that may have the secret are named, and not only those that are known to.
func TestAnAbortNamesAllThatMayHaveTheSecret(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, created, _ := halfCreated(t, rotationtest.AsReplacer)
		h.Boxes["box:b"].Faults["readback"] = []error{rotationtest.ErrDown}
		_, err := h.Abort(t.Context(), created.Operation, rotation.AbortOptions{})
		require.EqualError(t, err, "box:a already has the secret of "+created.NewID+"; box:b may already have the secret of "+created.NewID)
	})
}
