package rotation_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A stamping creator gives what it creates a temporary name, which tells it from all others.
type stamping struct {
	provider.RightsRepairer
	rotationtest.Base
}

func (s stamping) Create(_ context.Context, in provider.Input) (provider.Credential, error) {
	s.Calls = append(s.Calls, "create")
	made := s.Add(provider.Credential{Name: in.TemporaryName("z")})
	issued := made.Credential
	issued.Secret = provider.NewSecret(made.Secret)
	return issued, nil
}

// A credential that was created under a temporary name has its own in the end, wherever a run was
// killed, or the vendor could not rename it; there is never a second one.
func TestACreationUnderATemporaryName(t *testing.T) {
	for name, c := range map[string]struct {
		killed string
		fault  string
		says   string
		calls  int // of create
	}{
		"nothing happens":               {calls: 1},
		"killed before it was recorded": {killed: "create.answered", calls: 2},
		"killed before it was named":    {killed: "create.naming", calls: 1},
		"killed when it was named":      {killed: "create.named", calls: 1},
		"killed before it was sent":     {killed: "create.sending", calls: 1},
		"it cannot be renamed":          {fault: "repair", says: "could not be renamed from", calls: 1},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, func(b rotationtest.Base) provider.Service {
					return stamping{rotationtest.AsMender(b).(provider.RightsRepairer), b}
				})
				create := func() (rotation.Result, error) {
					return h.Create(t.Context(), creation.Request{
						Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: h.Service, Name: "z", Options: rotation.Options{To: []string{"box:a"}},
					})
				}
				h.Probe = func(at string) {
					if at == c.killed {
						panic(death{at})
					}
				}
				if c.fault != "" {
					h.V.Faults[c.fault] = []rotationtest.Fault{{Err: rotationtest.ErrDown}}
				}
				func() {
					defer func() { _ = recover() }()
					_, err := create()
					if c.says != "" {
						require.ErrorIs(t, err, provider.ErrPartial)
						require.ErrorContains(t, err, c.says)
						assert.Equal(t, h.V.All[0].ID, h.Owner(h.Boxes["box:a"].Secret), "its secret is delivered all the same")
					}
				}()
				ended := c.killed == "" && c.says == ""
				if !ended {
					h.Restart()
					_, err := create()
					require.NoError(t, err)
				}
				made := h.V.All[0]
				assert.Equal(t, "z", made.Name)
				assert.Equal(t, c.calls, h.Count("create"))
				assert.Equal(t, []string{h.Old.ID, made.ID}, h.Remaining())
				assert.Equal(t, made.ID, h.Owner(h.Boxes["box:a"].Secret))
				open, err := h.List(false)
				require.NoError(t, err)
				assert.Empty(t, open)
			})
		})
	}
}

// What a lost request of a rotation created is deleted by the run after the next, too, where it
// could not be deleted at first.
func TestAnOrphanThatCouldNotBeDeleted(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsMender)
		h.Probe = func(at string) {
			if at == "issue.answered" {
				panic(death{at})
			}
		}
		func() {
			defer func() { _ = recover() }()
			_, _ = h.Rotate(t.Context(), h.Request())
		}()
		orphan := h.V.All[0]
		require.NotEqual(t, h.Old.ID, orphan.ID)
		for range 2 {
			h.Restart()
			h.V.Faults["delete"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}}
			_, err := h.Rotate(t.Context(), h.Request())
			require.ErrorIs(t, err, provider.ErrPartial)
			assert.Equal(t, 1, h.Count("create"), "nothing more is issued as long as it is there")
		}
		h.Restart()
		r, err := h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		assert.Equal(t, oplog.Done, r.State)
		assert.Equal(t, []string{r.NewID}, h.Remaining())
	})
}
