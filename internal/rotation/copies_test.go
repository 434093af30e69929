package rotation_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/redelivery"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// Each run may name another file for the user. None of them is one that a later rotation has
// to renew, also after a delivery that takes over what was delivered before.
func TestEachFileForTheUserIsACopy(t *testing.T) {
	for name, begin := range map[string]func(h *house, to, file string) (rotation.Result, error){
		"a rotation": func(h *house, to, file string) (rotation.Result, error) {
			q := h.Request()
			q.To, q.SecretFile = []string{to, file}, file
			return h.Rotate(h.T.Context(), q)
		},
		"a creation": func(h *house, to, file string) (rotation.Result, error) {
			return h.Create(h.T.Context(), creation.Request{
				Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: creator{rotationtest.Base{Vendor: h.V}}, Name: "z",
				Options: rotation.Options{To: []string{to, file}, SecretFile: file},
			})
		},
	} {
		for _, delivers := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				rotationtest.Bubble(t, func(t *testing.T) {
					h := newHouse(t, rotationtest.AsReplacer)
					h.V.All[0].Name = "other"
					for _, name := range []string{"file:1", "file:2"} {
						h.Boxes[name] = &rotationtest.Box{Name: name, Faults: map[string][]error{}}
					}
					h.Boxes["box:a"].Faults["write"] = []error{errors.New("full")}
					_, err := begin(h, "box:a", "file:1")
					require.Error(t, err)
					h.Restart()
					r, err := begin(h, "box:a", "file:2")
					require.NoError(t, err)
					for _, b := range []string{"box:a", "file:1", "file:2"} {
						require.Equal(t, r.NewID, h.Owner(h.Boxes[b].Secret), b)
					}
					if delivers {
						_, err = rotation.Deliverer(h.Engine).Deliver(t.Context(), redelivery.Request{
							Subject: rotation.Subject{Provider: "acme", Kind: "key", ID: r.NewID}, Service: h.Service, Options: rotation.Options{To: []string{"box:a"}},
						})
						require.NoError(t, err)
					}
					q := h.Request()
					q.ID, q.To = r.NewID, []string{"box:a"}
					r, err = h.Rotate(t.Context(), q)
					require.NoError(t, err)
					assert.Equal(t, r.NewID, h.Owner(h.Boxes["box:a"].Secret))
				})
			})
		}
	}
}
