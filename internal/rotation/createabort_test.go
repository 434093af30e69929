package rotation_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A creation that was killed may have delivered its secret although the journal does not say
// so: an abort looks at the destinations before it deletes the credential.
func TestAnAbortOfACreationLooksAtItsDestinations(t *testing.T) {
	for name, test := range map[string]struct {
		at      string
		change  func(h *house)
		refused bool
	}{
		"delivered, and killed":            {"deliver.written", func(*house) {}, true},
		"not delivered":                    {"deliver.writing", func(*house) {}, false},
		"changed since":                    {"deliver.written", func(h *house) { h.Boxes["box:b"].Secret = "theirs" }, false},
		"it cannot be read":                {"deliver.written", func(h *house) { h.Boxes["box:b"].Sealed = true }, true},
		"on another host":                  {"deliver.written", func(h *house) { h.web2("theirs") }, true},
		"the file is shared with the host": {"deliver.written", func(h *house) { h.Host = "web-2" }, true},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				if h.V.All[0].Name = "other"; name != "it cannot be read" {
					h.Local, h.Host = []string{"box:b"}, "web-1"
				}
				q := creation.Request{
					Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: creator{rotationtest.Base{Vendor: h.V}},
					Options: rotation.Options{To: []string{"box:b"}},
				}
				h.Probe = func(at string) {
					if at == test.at {
						panic(death{at})
					}
				}
				func() {
					defer func() { _ = recover() }()
					_, _ = h.Create(t.Context(), q)
				}()
				id := h.V.All[0].ID
				test.change(h)
				h.Restart()
				r, err := h.Abort(t.Context(), id, rotation.AbortOptions{})
				if test.refused {
					require.ErrorIs(t, err, provider.ErrRefused)
					require.EqualError(t, err, "box:b may already have the secret of "+id)
					assert.Contains(t, h.Remaining(), id)
					h.Restart()
					r, err = h.Abort(t.Context(), id, rotation.AbortOptions{Force: true})
				}
				require.NoError(t, err)
				assert.Equal(t, oplog.Aborted, r.State)
				assert.NotContains(t, h.Remaining(), id)
			})
		})
	}
}
