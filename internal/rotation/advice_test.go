package rotation_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// What a destination advises is part of the hint, wherever it stops a rotation: a secret that is
// scheduled for deletion has to be restored before the rotation can go on.
func TestTheAdviceOfADestinationIsPassedOn(t *testing.T) {
	const advice = "restore the secret: aws secretsmanager restore-secret --secret-id apps/web"
	deleted := func() error {
		return provider.Hint(provider.WithClass(provider.ErrRefused, errors.New("box:b: it was marked for deletion")), advice)
	}
	for name, test := range map[string]struct {
		grace time.Duration
		fault string
		do    func(h *house) error
	}{
		"while it is delivered": {0, "write", func(*house) error { return nil }},
		"before the deletion": {time.Hour, "readback", func(h *house) error {
			o := rotation.ResumeOptions{}
			o.NoGrace = true
			_, err := h.Resume(h.T.Context(), h.Old.ID, o)
			return err
		}},
		"an abort": {time.Hour, "write", func(h *house) error {
			_, err := h.Abort(h.T.Context(), h.Old.ID, rotation.AbortOptions{})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				b, q := h.Boxes["box:b"], h.Request()
				if q.Grace = test.grace; q.Grace == 0 {
					b.Faults[test.fault] = []error{deleted()}
				}
				_, err := h.Rotate(t.Context(), q)
				if q.Grace > 0 {
					require.NoError(t, err)
					h.Restart()
					b.Faults[test.fault] = []error{deleted()}
					err = test.do(h)
				}
				require.ErrorContains(t, err, "it was marked for deletion")
				assert.True(t, strings.HasPrefix(provider.HintOf(err), advice), provider.HintOf(err))
				if test.fault == "readback" || q.Grace == 0 {
					assert.Contains(t, provider.HintOf(err), ": credctl rotation resume ")
				}
			})
		})
	}
}

// A destination that cannot be opened after the old credential was deleted may keep the old
// secret, which is said.
func TestWhatCannotBeOpenedIsSaidToKeepWhatItHad(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.dies("retired.noted", h.Request())
		open := h.Destination
		h.Destination = func(spec string, s rotation.Subject, insecure bool) (deliver.Destination, error) {
			if spec == "box:b" {
				return nil, provider.Usage("VAULT_ADDR is not a URL")
			}
			return open(spec, s, insecure)
		}
		r, err := h.Resume(t.Context(), h.Old.ID, rotation.ResumeOptions{})
		require.NoError(t, err)
		assert.Contains(t, strings.Join(r.Notes, "\n"), "Could not destroy the earlier values of a destination, where that was asked for: VAULT_ADDR is not a URL")
	})
}
