package rotation_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// Without the identity a rotation can still be ended, and what the journal says, which
// nobody can prove then, revokes nothing.
func TestAbortWithoutTheIdentity(t *testing.T) {
	for name, lose := range map[string]func(path string) error{
		"lost":    os.Remove,
		"empty":   func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"another": func(path string) error { return os.WriteFile(path, []byte("AGE-SECRET-KEY-1\n"), 0o600) },
	} {
		for _, by := range []string{"operation", "old", "new"} {
			t.Run(name+" "+by, func(t *testing.T) {
				rotationtest.Bubble(t, func(t *testing.T) {
					h := newHouse(t, rotationtest.AsReplacer)
					q := h.Request()
					q.Grace = time.Hour
					r, err := h.Rotate(t.Context(), q)
					require.NoError(t, err)
					require.NoError(t, lose(filepath.Join(h.Dir, "identity", "age.txt")))
					h.Restart()
					id := map[string]string{"operation": r.Operation, "old": h.Old.ID, "new": r.NewID}[by]
					_, err = h.Abort(t.Context(), id, rotation.AbortOptions{})
					require.Error(t, err)
					_, err = h.Show(id)
					assert.Contains(t, provider.HintOf(err), "credctl rotation abort "+id+" --force")
					plan, err := h.PlanAbort(t.Context(), id, true)
					require.NoError(t, err)
					require.Len(t, plan.Steps, 1)

					got, err := h.Abort(t.Context(), id, rotation.AbortOptions{Force: true})
					require.NoError(t, err)
					assert.Equal(t, oplog.Aborted, got.State)
					assert.Contains(t, got.Notes[0], r.NewID)
					assert.Contains(t, got.Notes[0], h.Old.ID)
					assert.Equal(t, []string{h.Old.ID, r.NewID}, h.Remaining(), "nothing is revoked")
					assert.Zero(t, h.Count("delete"))
					assert.FileExists(t, filepath.Join(h.Dir, "set-aside", r.Operation+".jsonl"))
					_, err = h.Abort(t.Context(), id, rotation.AbortOptions{Force: true})
					require.ErrorIs(t, err, provider.ErrNotFound)
				})
			})
		}
	}
}

// What cannot be told is not permission: while nobody can tell whether the replacement
// works, the old credential is kept.
func TestAfterTheGraceItIsVerifiedAgain(t *testing.T) {
	for name, c := range map[string]struct{ err, want error }{
		"it is down":          {rotationtest.ErrDown, provider.ErrUnavailable},
		"the rate is limited": {provider.ErrRateLimited, provider.ErrUnavailable},
		"no connection":       {provider.WithClass(provider.ErrUnreachable, rotationtest.ErrDown), provider.ErrVerify},
		"nothing is set":      {provider.Usage("no endpoint"), provider.ErrVerify},
		"it is refused":       {rotationtest.ErrNoRight, provider.ErrVerify},
		"an odd answer":       {provider.ErrInvalid, provider.ErrVerify},
		"a small limit":       {provider.ErrMetered, nil},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				q := h.Request()
				q.Grace = time.Hour
				r, err := h.Rotate(t.Context(), q)
				require.NoError(t, err)
				h.Clock = 2 * time.Hour
				h.V.Faults["verify"] = []rotationtest.Fault{{Err: c.err}}
				h.Restart()
				_, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{})
				if c.want == nil {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, c.want)
				assert.Contains(t, provider.HintOf(err), "credctl rotation resume "+r.Operation)
				assert.Zero(t, h.Count("delete"))
				_, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{})
				require.NoError(t, err, "the hint leads to the end")
				assert.Equal(t, []string{r.NewID}, h.Remaining())
			})
		})
	}
}
