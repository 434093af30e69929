//go:build unix

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
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// An abort runs the hook for the old credential; where it fails, a program may still use the new
// one, which is not deleted but by force.
func TestAnAbortWhoseHookFails(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		works := filepath.Join(t.TempDir(), "works")
		require.NoError(t, os.WriteFile(works, nil, 0o600))
		h.Environ = append(os.Environ(), "WORKS="+works)
		q := h.Request()
		q.Grace = time.Hour
		q.Hook = rotation.Hook{Line: `test -e "$WORKS" && echo "$CREDCTL_ID" >>"$WORKS"`}
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		require.NoError(t, os.Remove(works))
		h.Restart()
		h.Environ = append(os.Environ(), "WORKS="+works)
		_, err = h.Abort(t.Context(), r.Operation, rotation.AbortOptions{})
		require.ErrorIs(t, err, provider.ErrPartial)
		require.ErrorContains(t, err, "restored the old secret, but did not delete "+r.NewID+", because the hook failed")
		assert.Contains(t, h.Remaining(), r.NewID)
		assert.Equal(t, h.Old.Secret, h.Boxes["box:a"].Secret)
		_, err = h.Abort(t.Context(), r.Operation, rotation.AbortOptions{Force: true})
		require.NoError(t, err)
		assert.Equal(t, []string{h.Old.ID}, h.Remaining())
	})
}

// A request without a service opens that of its account, or ends with the error of that.
func TestARequestOpensItsAccount(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		q := h.Request()
		q.Service = nil
		h.Open = func(context.Context, rotation.Subject, provider.Secret) (provider.Service, provider.Input, error) {
			return nil, provider.Input{}, provider.Usage("no token")
		}
		_, err := h.Plan(t.Context(), q)
		require.ErrorContains(t, err, "no token")
		_, err = h.Rotate(t.Context(), q)
		require.ErrorContains(t, err, "no token")
		h.Restart()
		_, err = h.Rotate(t.Context(), q)
		require.NoError(t, err)
	})
}
