package rotation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A run that is paused for longer than its lock lasts can write to a destination after another
// run has ended the rotation. It says where.
func TestARunThatLostItsLockSaysWhatItHasWritten(t *testing.T) {
	for name, do := range map[string]func(h *house) error{
		"a delivery": func(h *house) error {
			q := h.Request()
			q.To = []string{"box:b"}
			_, err := h.Rotate(h.T.Context(), q)
			return err
		},
		"a restore": func(h *house) error {
			_, err := h.Abort(h.T.Context(), h.Old.ID, rotation.AbortOptions{})
			return err
		},
		"a creation": func(h *house) error {
			_, err := h.Create(h.T.Context(), creation.Request{
				Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: creator{rotationtest.Base{Vendor: h.V}},
				Options: rotation.Options{To: []string{"box:b"}, Verify: "none"},
			})
			return err
		},
	} {
		for _, writes := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				rotationtest.Bubble(t, func(t *testing.T) {
					h := newHouse(t, rotationtest.AsReplacer)
					h.V.All[0].Name = "other"
					b := h.Boxes["box:b"]
					if name == "a restore" {
						q := h.Request()
						q.Grace, q.To = time.Hour, []string{"box:b"}
						_, err := h.Rotate(t.Context(), q)
						require.NoError(t, err)
						h.Restart()
					}
					lost := provider.WithClass(provider.ErrLocked, backend.ErrConflict)
					before, tried := b.Writes, false
					if !writes {
						b.Faults["write"] = []error{lost}
					}
					h.Probe = func(at string) { tried = tried || at == "deliver.writing" || at == "restore.writing" }
					h.Journal = journal.New(&fence{h.Journal.Backend(), func() error {
						if tried {
							return lost
						}
						return nil
					}})
					err := do(h)
					require.ErrorIs(t, err, provider.ErrLocked)
					if !writes {
						assert.NotContains(t, err.Error(), "this run has written")
						return
					}
					require.Equal(t, before+1, b.Writes)
					require.ErrorContains(t, err, "; this run has written to box:b meanwhile, which may now hold a secret that does not work any more")
					assert.Contains(t, provider.HintOf(err), "check what it holds: credctl rotation check id-")
				})
			})
		}
	}
}
