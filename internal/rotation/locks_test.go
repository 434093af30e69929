package rotation_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/locks"
	"github.com/credctl/credctl/internal/rotation/redelivery"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A slow vendor creates a credential and then its secret. Between the two it calls
// meanwhile. It generates secrets too: each replaces the one before.
type slow struct {
	rotationtest.Base

	meanwhile func()
	generated *int
}

func (s slow) Create(_ context.Context, in provider.Input) (provider.Credential, error) {
	made := s.Add(provider.Credential{Name: "new"})
	if err := in.Record(made.Credential); err != nil {
		return provider.Credential{}, err
	}
	s.meanwhile()
	return s.Generate(nil, made.ID, in) //nolint:staticcheck // it does not look at it
}

func (s slow) Generate(_ context.Context, id string, _ provider.Input) (provider.Credential, error) {
	*s.generated++
	for _, h := range s.All {
		if h.ID == id {
			issued := h.Credential
			issued.Secret = provider.NewSecret(h.Secret)
			return issued, nil
		}
	}
	return provider.Credential{}, provider.ErrNotFound
}

func create(h *house) (rotation.Result, error) {
	return h.Create(h.T.Context(), creation.Request{
		Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Name: "new", Service: h.Service,
		Options: rotation.Options{To: []string{"box:a", "box:b"}, Verify: "none"},
	})
}

// TestARunningCreationIsLeftAlone: whoever resumes, aborts or encrypts operations, or
// rotates or delivers a credential, waits for the command that is still creating it.
func TestARunningCreationIsLeftAlone(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		var h *house
		generated := 0
		h = newHouse(t, func(b rotationtest.Base) provider.Service {
			return slow{b, func() {
				all, err := h.ResumeAll(t.Context(), rotation.ResumeOptions{})
				require.ErrorIs(t, err, provider.ErrLocked)
				require.Len(t, all, 1)
				_, err = h.Abort(t.Context(), all[0].Operation, rotation.AbortOptions{})
				require.ErrorIs(t, err, provider.ErrLocked)
				op, err := h.Journal.Load(all[0].Operation)
				require.NoError(t, err)
				names, err := locks.Of(op, func(r journal.Ref) (journal.Ref, error) { return r, nil })
				require.NoError(t, err)
				_, _, err = locks.Take(t.Context(), h.Journal, names, 0)
				require.ErrorIs(t, err, provider.ErrLocked)
				made := rotation.Subject{Provider: "acme", Kind: "key", ID: op.NewID()}
				q := h.Request()
				q.Subject = made
				_, err = h.Rotate(t.Context(), q)
				require.ErrorIs(t, err, provider.ErrLocked)
				_, err = rotation.Deliverer(h.Engine).Deliver(t.Context(), redelivery.Request{
					Subject: made, Service: h.Service, Options: rotation.Options{To: []string{"box:a"}},
				})
				require.ErrorIs(t, err, provider.ErrLocked)
			}, &generated}
		})
		r, err := create(h)
		require.NoError(t, err)
		assert.Equal(t, 1, generated)
		for _, box := range h.Boxes {
			assert.Equal(t, r.NewID, h.Owner(box.Secret))
		}
		all, err := h.ResumeAll(t.Context(), rotation.ResumeOptions{})
		require.NoError(t, err)
		assert.Empty(t, all, "and its locks are free")
	})
}

// TestNothingIsWrittenWhereAnotherRunHasContinued: the entry that says so comes back from
// each place at which a run adds one. What is issued then is kept.
func TestNothingIsWrittenWhereAnotherRunHasContinued(t *testing.T) {
	for name, send := range map[string]func(h *house) error{
		"create": func(h *house) error {
			_, err := create(h)
			return err
		},
		"rotate": func(h *house) error {
			q := h.Request()
			q.Verify = "none"
			_, err := h.Rotate(h.T.Context(), q)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				for n := 1; ; n++ {
					generated, writes := 0, 0
					var before map[string]string
					var h *house
					service := rotationtest.AsReplacer
					if name == "create" {
						service = func(b rotationtest.Base) provider.Service { return slow{b, func() {}, &generated} }
					}
					h = newHouse(t, service)
					boxes := func() map[string]string {
						held := map[string]string{}
						for name, b := range h.Boxes {
							held[name] = b.Secret
						}
						return held
					}
					h.Journal = journal.New(&fence{h.Journal.Backend(), func() error {
						if writes++; writes < n {
							return nil
						}
						if writes == n {
							before = boxes()
						}
						return provider.WithClass(provider.ErrLocked, backend.ErrConflict)
					}})
					err := send(h)
					if writes < n {
						require.NoError(t, err)
						return
					}
					require.ErrorIs(t, err, provider.ErrLocked, "entry %d", n)
					require.NotErrorIs(t, err, provider.ErrPartial, "entry %d", n)
					assert.Equal(t, before, boxes(), "entry %d", n)
				}
			})
		})
	}
}
