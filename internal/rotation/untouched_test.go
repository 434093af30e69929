package rotation_test

import (
	"errors"
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

// To end a rotation in place by force can lose the only copy of the secret that works.
func TestAForcedEndInPlaceSaysThatTheSecretIsLost(t *testing.T) {
	for name, arrived := range map[string]bool{"no destination has it": false, "one has it": true} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsRotator)
				h.Boxes["box:b"].Faults["write"] = []error{errors.New("full")}
				if !arrived {
					h.Boxes["box:a"].Faults["write"] = []error{errors.New("full")}
				}
				q := h.Request()
				q.InPlace = true
				r, err := h.Rotate(t.Context(), q)
				require.Error(t, err)
				h.Restart()
				r, err = h.Abort(t.Context(), r.Operation, rotation.AbortOptions{Force: true})
				require.NoError(t, err)
				if arrived {
					assert.Empty(t, r.Notes)
					return
				}
				require.Len(t, r.Notes, 1)
				assert.Regexp(t, `^No destination has the new secret of id-\d+, which is lost now: rotate id-\d+ again$`, r.Notes[0])
			})
		})
	}
}
