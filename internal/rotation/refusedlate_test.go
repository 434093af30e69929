package rotation_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// tellsLate is a [teller] that tells what signer says then.
type tellsLate struct {
	provider.Replacer
	rotationtest.Base

	signer *string
}

func (t tellsLate) SignerOf(context.Context, string) (string, error) { return *t.signer, nil }

// A later run that finds out that the new key cannot be used does not revoke it where an
// earlier run has taken its secret somewhere: an abort restores the old secret first.
func TestWhatIsDeliveredIsNotRevokedByALaterRun(t *testing.T) {
	failed := errors.New("no space left on device")
	for name, c := range map[string]struct {
		first func(*house) // what goes wrong in the first run
		to    []string
		says  string
	}{
		"one was written":         {func(h *house) { h.Boxes["box:b"].Faults["write"] = []error{failed} }, []string{"box:a", "box:b"}, "box:a already has the secret of id-3"},
		"one may have been":       {func(h *house) { h.Boxes["box:a"].Faults["answer"] = []error{failed} }, []string{"box:a"}, "box:a may already have the secret of id-3"},
		"it was shown, and is so": {func(h *house) { h.Probe = func(at string) { failAt(at, "hook") } }, nil, "the secret of id-3 was shown"},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) { // the vendor tells late who signed
				signer := ""
				h := newHouse(t, func(b rotationtest.Base) provider.Service {
					return tellsLate{rotationtest.AsReplacer(b).(provider.Replacer), b, &signer}
				})
				q := h.Request()
				q.NotSelf, q.To, q.Show = true, c.to, func(context.Context, rotation.Result) error { return nil }
				h.V.All[0].Name = "other"
				c.first(h)
				first(h, q)
				signer = h.Old.ID
				for range 2 {
					h.Restart()
					_, err := h.Rotate(t.Context(), q)
					require.ErrorIs(t, err, provider.ErrRefused)
					require.EqualError(t, err, "credctl authenticates with id-1, according to the vendor's audit log; id-3 was kept: "+c.says)
					assert.Zero(t, h.Count("delete"))
					require.NoError(t, h.Invariant(false))
				}
				h.abortsWell()
			})
			if c.to == nil {
				return
			}
			rotationtest.Bubble(t, func(t *testing.T) { // the new key may not do what credctl does
				h := signed(t, rotationtest.AsReplacer)
				q := h.Request()
				q.Self, q.To = true, []string{"box:a"}
				h.Boxes["box:a"].Faults["answer"] = []error{failed}
				first(h, q)
				h.Token = nil
				h.V.Faults["list"] = []rotationtest.Fault{{Err: rotationtest.ErrNoRight}}
				_, err := h.Rotate(t.Context(), q)
				require.ErrorIs(t, err, provider.ErrRefused)
				require.ErrorContains(t, err, "id-3 was kept: box:a may already have the secret of id-3")
				assert.Zero(t, h.Count("delete"))
				require.NoError(t, h.Invariant(false))
				h.V.Faults["list"] = nil
				h.abortsWell()
			})
		})
	}
}

// first is a run that does not get to its end.
func first(h *house, q rotation.Request) {
	h.T.Helper()
	defer func() {
		_ = recover()
		h.Restart()
	}()
	_, err := h.Rotate(h.T.Context(), q)
	require.Error(h.T, err)
}

func failAt(at, name string) {
	if at == name {
		panic(death{at})
	}
}

// abortsWell follows the hint of a refused run.
func (h *house) abortsWell() {
	h.T.Helper()
	_, err := h.Abort(h.T.Context(), h.Old.ID, rotation.AbortOptions{})
	require.NoError(h.T, err)
	assert.Equal(h.T, []string{h.Old.ID}, h.Remaining())
	require.NoError(h.T, h.Invariant(false))
}
