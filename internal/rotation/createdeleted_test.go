package rotation_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// losesOnce is a creator whose first answer is lost, although it has created what was asked for.
type losesOnce struct{ creator }

func (l losesOnce) Create(ctx context.Context, in provider.Input) (provider.Credential, error) {
	c, err := l.creator.Create(ctx, in)
	if f := l.fault("create"); f != nil {
		return provider.Credential{}, f
	}
	return c, err
}

func (l losesOnce) fault(verb string) error {
	q := l.Faults[verb]
	if len(q) == 0 {
		return nil
	}
	l.Faults[verb] = q[1:]
	return q[0].Err
}

// What a lost request created is deleted before the same command creates another, where it is
// certain that it is that, and that nobody uses it.
func TestWhatALostCreationMadeIsReplaced(t *testing.T) {
	for name, c := range map[string]struct {
		tells  bool // the vendor tells when a credential was used
		change func(h *house, made *rotationtest.Held)
		says   string
	}{
		"nobody uses it":              {tells: true},
		"it cannot be told":           {says: "cannot tell whether that request created"},
		"somebody uses it":            {tells: true, change: func(_ *house, made *rotationtest.Held) { made.LastUsed = made.Created.Add(time.Second) }, says: "cannot tell whether that request created"},
		"it was made at another time": {tells: true, change: func(_ *house, made *rotationtest.Held) { made.Created = made.Created.Add(-time.Hour) }, says: "cannot tell whether that request created"},
		"there are two":               {tells: true, change: func(h *house, _ *rotationtest.Held) { h.V.Add(provider.Credential{Name: "new"}) }, says: "cannot tell whether that request created"},
		"it was deleted":              {tells: true, change: func(h *house, made *rotationtest.Held) { made.Deleted = h.V.Now() }},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, func(b rotationtest.Base) provider.Service { return losesOnce{creator{b}} })
				create := func() (rotation.Result, error) {
					return h.Create(t.Context(), creation.Request{
						Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: h.Service, Name: "new", TellsUse: c.tells, Options: rotation.Options{To: []string{"box:a"}},
					})
				}
				h.V.Faults["create"] = []rotationtest.Fault{{Err: rotationtest.ErrLost}}
				_, err := create()
				require.ErrorIs(t, err, provider.ErrUnknown)
				made := h.V.All[0]
				if c.change != nil {
					c.change(h, made)
				}
				h.Restart()
				h.Clock += time.Minute
				r, err := create()
				if c.says != "" {
					require.ErrorIs(t, err, provider.ErrUnknown)
					require.ErrorContains(t, err, c.says)
					assert.Equal(t, 1, h.Count("create"))
					assert.Zero(t, h.Count("delete"))
					return
				}
				require.NoError(t, err)
				assert.NotContains(t, h.Remaining(), made.ID)
				assert.Equal(t, r.NewID, h.Owner(h.Boxes["box:a"].Secret))
				assert.Equal(t, 2, h.Count("create"))
			})
		})
	}
}

// A creation whose credential was deleted is over, where the vendor shows others of the account;
// a token of another account sees none.
func TestACreationWhoseCredentialWasDeleted(t *testing.T) {
	for name, c := range map[string]struct {
		change func(h *house, made *rotationtest.Held)
		says   string
	}{
		"deleted": {func(h *house, made *rotationtest.Held) { made.Deleted = h.V.Now() }, ""},
		"revoked": {func(_ *house, made *rotationtest.Held) { made.Revoked = true }, ""},
		"nothing is listed": {func(h *house, _ *rotationtest.Held) {
			for _, one := range h.V.All {
				one.Deleted = h.V.Now()
			}
		}, "the vendor does not have "},
		"it cannot be read": {func(h *house, _ *rotationtest.Held) {
			h.V.Faults["get"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}, {Err: rotationtest.ErrDown}}
		}, "503 service unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				inner, created, _ := halfCreated(t, rotationtest.AsReplacer)
				h := &house{inner}
				c.change(h, h.V.Find(created.NewID))
				_, err := h.Abort(t.Context(), created.Operation, rotation.AbortOptions{})
				if c.says != "" {
					require.ErrorContains(t, err, c.says)
					return
				}
				require.NoError(t, err)
				open, err := h.List(false)
				require.NoError(t, err)
				assert.Empty(t, open)
			})
		})
	}
}

// Of a vendor's kinds, some tell of one credential only in a listing; of a kind that is not
// known, that is not assumed.
func TestKindsThatAreReadByListing(t *testing.T) {
	h := newHouse(t, rotationtest.AsReplacer)
	s := h.Request().Subject
	assert.False(t, rotation.GetsByListing(h.Engine, s))
	for _, want := range []bool{true, false} {
		h.Kind = func(string, string) (rotation.Kind, error) { return rotation.Kind{GetsByListing: want}, nil }
		assert.Equal(t, want, rotation.GetsByListing(h.Engine, s))
	}
	h.Kind = func(string, string) (rotation.Kind, error) {
		return rotation.Kind{GetsByListing: true}, errors.New("unknown")
	}
	assert.False(t, rotation.GetsByListing(h.Engine, s))
}
