package rotation_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// answering is a service whose answer brings a credential and an error.
type answering struct {
	rotationtest.Base

	err    error
	silent bool // without its secret
}

func (a answering) Replace(_ context.Context, old provider.Credential, _ provider.Input) (provider.Credential, error) {
	a.Calls = append(a.Calls, "create")
	h := a.Add(old)
	c := h.Credential
	if !a.silent {
		c.Secret = provider.NewSecret(h.Secret)
	}
	return c, a.err
}

// A credential that comes with an error is kept, and the error says how to go on.
func TestACredentialThatComesWithAnError(t *testing.T) {
	fails := func(class error) error { return provider.WithClass(class, errors.New("it failed")) }
	for name, c := range map[string]struct {
		err    error
		silent bool
		class  error
		hint   string // %s is the rotation
	}{
		"it must not be used":             {fails(provider.ErrVerify), false, provider.ErrVerify, "to discard it: credctl rotation abort %s"},
		"its details are not known":       {fails(provider.ErrUnavailable), false, provider.ErrPartial, ""},
		"an answer was lost after that":   {fails(provider.ErrUnknown), false, provider.ErrPartial, ""},
		"it has no secret":                {fails(provider.ErrUnavailable), true, provider.ErrPartial, "to continue: credctl rotation resume %s; to discard it: credctl rotation abort %[1]s"},
		"the answer with the secret":      {fails(provider.ErrUnknown), true, provider.ErrPending, "to discard it: credctl rotation abort %s; to supply its secret: credctl rotation resume %[1]s --secret-file -"},
		"it must not be, without secrets": {fails(provider.ErrVerify), true, provider.ErrVerify, "to discard it: credctl rotation abort %s"},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, func(b rotationtest.Base) provider.Service { return answering{b, c.err, c.silent} })
				r, err := h.Rotate(t.Context(), h.Request())
				require.ErrorIs(t, err, c.class)
				assert.Equal(t, "id-3", r.NewID)
				assert.Equal(t, strings.NewReplacer("%s", r.Operation, "%[1]s", r.Operation).Replace(c.hint), provider.HintOf(err))
				assert.Equal(t, []string{"id-1", "id-3"}, h.Remaining())
				require.NoError(t, h.Invariant(false))
				assert.Zero(t, h.Boxes["box:a"].Writes)
			})
		})
	}
}

// What the journal cannot take is revoked, where the old credential still works.
func TestAReplacementThatCannotBeRecorded(t *testing.T) {
	gone := provider.WithClass(provider.ErrNotFound, errors.New("404 not found"))
	for name, c := range map[string]struct {
		fault rotationtest.Fault
		class error
		says  string
		hint  string
		left  []string
	}{
		"it is revoked":        {rotationtest.Fault{}, errFull, "revoked the new credential id-3, because it could not be recorded in the journal", "", []string{"id-1"}},
		"it is gone":           {rotationtest.Fault{Err: gone, Committed: true}, errFull, "revoked the new credential id-3, because it could not be recorded in the journal", "", []string{"id-1"}},
		"it cannot be revoked": {rotationtest.Fault{Err: rotationtest.ErrDown}, provider.ErrPartial, "id-3 was created, but could neither be recorded in the journal", "delete it with `credctl acme delete id-3`, then run the same command again", []string{"id-1", "id-3"}},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				h.V.Faults["delete"] = []rotationtest.Fault{c.fault}
				h.Journal = journal.New(&fence{h.Journal.Backend(), func() error {
					if h.Count("create") > 0 {
						return errFull
					}
					return nil
				}})
				r, err := h.Rotate(t.Context(), h.Request())
				require.ErrorIs(t, err, c.class)
				require.ErrorContains(t, err, c.says)
				assert.Equal(t, c.hint, provider.HintOf(err))
				assert.NotEqual(t, oplog.Done, r.State)
				assert.Equal(t, c.left, h.Remaining())
				assert.Zero(t, h.Boxes["box:a"].Writes)
			})
		})
	}
}

// What a lost request has created, and cannot be deleted, is said, until it is.
func TestAnOrphanThatCannotBeDeleted(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.V.Faults["create"] = []rotationtest.Fault{{Err: rotationtest.ErrLost, Committed: true}}
		h.V.Faults["delete"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}, {Err: rotationtest.ErrDown}}
		for range 2 {
			r, err := h.Rotate(t.Context(), h.Request())
			require.ErrorIs(t, err, provider.ErrPartial)
			require.ErrorContains(t, err, "could not delete id-3, which was created by a request whose answer was lost")
			assert.Equal(t, oplog.Intent, r.State)
			assert.Equal(t, "run the same command again, or: credctl rotation resume "+r.Operation, provider.HintOf(err))
			assert.Equal(t, 1, h.Count("create"))
			h.Restart()
		}
		story, err := h.Show(h.Old.ID)
		require.NoError(t, err)
		said := 0
		for _, s := range story.Steps {
			if s.Step == string(oplog.StepRevoking) {
				said++
			}
		}
		assert.Equal(t, 1, said, "its deletion is announced once")
		r, err := h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		assert.Equal(t, []string{r.NewID}, h.Remaining())
	})
}

// What a run has delivered is said, and where it could not be, what helps.
func TestWhatIsSaidOfADelivery(t *testing.T) {
	const elsewhere = "to deliver it elsewhere: credctl rotation resume "
	cannot, down := provider.Usage("box: it cannot hold this"), errors.New("box: no answer")
	for name, c := range map[string]struct {
		a, b      error
		elsewhere bool
	}{
		"one cannot hold it":  {cannot, nil, true},
		"one does not answer": {down, nil, false},
		"two of them":         {cannot, down, false},
		"all goes well":       {nil, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				for to, err := range map[string]error{"box:a": c.a, "box:b": c.b} {
					if err != nil {
						h.Boxes[to].Faults["write"] = []error{err}
					}
				}
				_, err := h.Rotate(t.Context(), h.Request())
				assert.Equal(t, c.a != nil, errors.Is(err, provider.ErrPartial))
				assert.Contains(t, h.Said, "Created id-3")
				assert.Equal(t, c.elsewhere, strings.Contains(provider.HintOf(err), elsewhere), provider.HintOf(err))
				assert.Equal(t, c.a == nil, slices.Contains(h.Said, "Delivered the new secret to box:a"))
				assert.Equal(t, c.b == nil, slices.Contains(h.Said, "Delivered the new secret to box:b"))
			})
		})
	}
}

// In place, nothing is created.
func TestWhatIsSaidOfASecretThatIsReplaced(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsGenerator)
		q := h.Request()
		q.InPlace = true
		_, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Contains(t, h.Said, "Replaced the secret of id-1")
	})
}
