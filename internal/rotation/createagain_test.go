package rotation_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A creation is continued by the same command, and by no other: that would take the secret
// of one credential for that of another.
func TestOnlyTheSameCommandContinuesACreation(t *testing.T) {
	for name, c := range map[string]struct {
		change    func(*creation.Request)
		continues bool
	}{
		"the same":           {func(*creation.Request) {}, true},
		"with all places":    {func(q *creation.Request) { q.To = []string{"box:a", "box:b"} }, true},
		"another name":       {func(q *creation.Request) { q.Name = "other" }, false},
		"another account":    {func(q *creation.Request) { q.Settings = map[string]string{"org": "b"} }, false},
		"another permission": {func(q *creation.Request) { q.Params = map[string]string{"role": "b"} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := rotationtest.New(t, rotationtest.AsReplacer)
				h.Boxes["box:b"].Faults["write"] = []error{errFull}
				q := creation.Request{
					Subject: rotation.Subject{Provider: "acme", Kind: "key", Bound: true, Settings: map[string]string{"org": "a"}, Params: map[string]string{"role": "a"}},
					Service: creator{rotationtest.Base{Vendor: h.V}}, Name: "z", Options: rotation.Options{To: []string{"box:a", "box:b"}},
				}
				first, err := h.Create(t.Context(), q)
				require.Error(t, err)
				h.Restart()
				q.To = []string{"box:b"}
				c.change(&q)
				got, err := h.Create(t.Context(), q)
				require.NoError(t, err)
				assert.Equal(t, oplog.Done, got.State)
				assert.Equal(t, c.continues, got.NewID == first.NewID)
				assert.Equal(t, c.continues, h.Count("create") == 1)
			})
		})
	}
}

// A creation that the same command began, and whose record is damaged since, is not passed over:
// another one would leave what it has created. What another command began is.
func TestADamagedCreationIsNotBegunAgain(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, func(b rotationtest.Base) provider.Service { return losesOnce{creator{b}} })
		h.V.Faults["create"] = []rotationtest.Fault{{Err: rotationtest.ErrLost}}
		create := func(name, to string) error {
			_, err := h.Create(t.Context(), creation.Request{
				Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: h.Service, Name: name, Options: rotation.Options{To: []string{to}},
			})
			return err
		}
		require.ErrorIs(t, create("new", "box:a"), provider.ErrUnknown)
		files, err := filepath.Glob(filepath.Join(h.Dir, "operations", "*.jsonl"))
		require.NoError(t, err)
		require.Len(t, files, 1)
		text, err := os.ReadFile(files[0])
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(files[0], bytes.Replace(text, []byte("connection reset"), []byte("connection resex"), 1), 0o600))
		h.Restart()
		err = create("new", "box:a")
		require.ErrorContains(t, err, "operation "+strings.TrimSuffix(filepath.Base(files[0]), ".jsonl"))
		assert.Contains(t, provider.HintOf(err), "then move the file away")
		assert.Equal(t, 1, h.Count("create"))
		require.NoError(t, create("other", "box:b"))
		require.NoError(t, os.Rename(files[0], files[0]+".away"))
		require.NoError(t, create("new", "box:a"))
	})
}
