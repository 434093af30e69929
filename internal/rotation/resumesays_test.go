package rotation_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A run that continues another with other options says what it has replaced, and delivers there.
func TestAResumeWithAnotherDestination(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.Boxes["box:c"] = &rotationtest.Box{Name: "box:c", Faults: map[string][]error{}}
		h.Boxes["box:b"].Faults["write"] = []error{errors.New("full"), errors.New("full")}
		r, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrPartial)
		h.Restart()
		h.Said = nil
		o := rotation.ResumeOptions{}
		o.To = []string{"box:a", "box:c"}
		got, err := h.Resume(t.Context(), r.Operation, o)
		require.NoError(t, err)
		assert.Contains(t, h.Said, "Replaced destination box:b of rotation "+r.Operation+", which failed, with box:c")
		assert.Contains(t, h.Said[0], "Resuming rotation "+r.Operation+" (state: ")
		for _, name := range []string{"box:a", "box:c"} {
			assert.Equal(t, got.NewID, h.Owner(h.Boxes[name].Secret), name)
		}
		assert.Equal(t, h.Old.ID, h.Owner(h.Boxes["box:b"].Secret))
	})
}

// The audit trail has each creation that began, and none that was refused before.
func TestTheTrailHasEachCreation(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, func(b rotationtest.Base) provider.Service { return creator{b} })
		create := func(prepare error) error {
			_, err := h.Create(t.Context(), creation.Request{
				Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: h.Service, Name: "z", Options: rotation.Options{To: []string{"box:a"}},
				Prepare: func(context.Context) error { return prepare },
			})
			return err
		}
		require.Error(t, create(errors.New("it cannot be written")))
		events, err := h.Journal.Events()
		require.NoError(t, err)
		assert.Empty(t, events)
		require.NoError(t, create(nil))
		events, err = h.Journal.Events()
		require.NoError(t, err)
		require.Len(t, events, 1)
		assert.Equal(t, []string{"create", h.V.All[0].ID}, []string{events[0].Verb, events[0].NewID})
	})
}

// Without the identity, too, an abort waits for a run that works on the chain of the credential,
// which is locked by the first one in it.
func TestAnAbortWithoutTheIdentityTakesTheLockOfTheChain(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		first, err := h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		q := h.Request()
		q.ID, q.Grace = first.NewID, time.Hour
		second, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		_, release, err := h.Journal.Lock(t.Context(), h.Request().Ref().String(), 0)
		require.NoError(t, err)
		require.NoError(t, os.Remove(filepath.Join(h.Dir, "identity", "age.txt")))
		h.Restart()
		_, err = h.Abort(t.Context(), second.Operation, rotation.AbortOptions{Force: true})
		require.ErrorIs(t, err, provider.ErrLocked)
		release()
		_, err = h.Abort(t.Context(), second.Operation, rotation.AbortOptions{Force: true})
		require.NoError(t, err)
	})
}
