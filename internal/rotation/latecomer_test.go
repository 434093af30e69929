package rotation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// comesLate makes the vendor carry out the first request of an operation, whose answer was
// lost, after all.
func (h *house) comesLate() *rotationtest.Held {
	h.T.Helper()
	index, err := h.Journal.Index()
	require.NoError(h.T, err)
	s, err := oplog.Fold(index.Unfinished()[0])
	require.NoError(h.T, err)
	late := h.Old.Credential
	late.Name = s.Stamp()
	return h.V.Add(late)
}

// An abort looks for what a lost request has created late: in no open operation, nobody would
// know of it. Where it cannot look, the operation stays open, unless by force.
func TestAnAbortLooksForWhatCameLate(t *testing.T) {
	for name, c := range map[string]struct {
		failed, force, left bool
	}{"it can look": {}, "it cannot look": {failed: true}, "it cannot, and is forced": {failed: true, force: true, left: true}} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsMender)
				h.V.Faults["create"] = []rotationtest.Fault{{Err: rotationtest.ErrLost}}
				q := h.Request()
				q.Grace = 24 * time.Hour
				_, err := h.Rotate(t.Context(), q)
				require.NoError(t, err)
				late := h.comesLate()
				h.Restart()
				h.Probe = func(at string) {
					if at == "abort.answered" && c.failed {
						h.V.Faults["list"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}}
					}
				}
				r, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{Force: c.force})
				if c.failed && !c.force {
					require.ErrorIs(t, err, provider.ErrPartial)
					require.ErrorContains(t, err, "could not look for what a request whose answer was lost has created")
					assert.Equal(t, oplog.Pending, r.State, "the next run looks for it")
					h.Restart()
					r, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{})
				}
				require.NoError(t, err)
				assert.Equal(t, oplog.Aborted, r.State)
				if c.left {
					assert.Contains(t, h.Remaining(), late.ID)
					assert.Contains(t, r.Notes[len(r.Notes)-1], "could not look for what a request whose answer was lost has created")
					return
				}
				assert.Equal(t, []string{h.Old.ID}, h.Remaining())
				require.NoError(t, h.Invariant(false))
			})
		})
	}
	rotationtest.Bubble(t, func(t *testing.T) { // credctl ends it itself
		h := newHouse(t, rotationtest.AsMender)
		h.V.Faults["create"] = []rotationtest.Fault{{Err: rotationtest.ErrLost}}
		h.V.Drift = func(c *provider.Credential) { c.Region = "us" }
		h.Probe = func(at string) {
			if at == "repair.answered" {
				h.comesLate()
			}
		}
		r, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrVerify)
		assert.Equal(t, oplog.Aborted, r.State)
		assert.Equal(t, []string{h.Old.ID}, h.Remaining())
	})
}

// A stamper is a creator that gives its credentials a temporary name first.
type stamper struct{ losesOnce }

func (s stamper) Create(ctx context.Context, in provider.Input) (provider.Credential, error) {
	c, err := s.losesOnce.Create(ctx, in)
	s.All[0].Name = in.TemporaryName("new")
	c.Name = s.All[0].Name
	return c, err
}

func (s stamper) RepairRights(_ context.Context, id string, want provider.Credential) (provider.Credential, error) {
	h := s.Find(id)
	h.Name = want.Name
	return h.Credential, nil
}

// The same counts for a creation that is aborted, or whose credential was deleted.
func TestACreationThatEndsLooksForWhatCameLate(t *testing.T) {
	begin := func(t *testing.T, stamps bool) (*house, rotation.Result, *rotationtest.Held) {
		h := newHouse(t, func(b rotationtest.Base) provider.Service {
			if stamps {
				return stamper{losesOnce{creator{b}}}
			}
			return losesOnce{creator{b}}
		})
		h.V.Faults["create"] = []rotationtest.Fault{{Err: rotationtest.ErrLost}}
		h.Boxes["box:a"].Faults["write"] = []error{errFull}
		create := func() (rotation.Result, error) {
			return h.Create(t.Context(), creation.Request{
				Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: h.Service, Name: "new", TellsUse: true, Options: rotation.Options{To: []string{"box:a"}},
			})
		}
		_, err := create()
		require.ErrorIs(t, err, provider.ErrUnknown)
		late := h.V.All[0]
		late.Deleted = h.V.Now() // it is not there yet
		h.Restart()
		h.Clock += time.Minute
		r, err := create()
		require.ErrorIs(t, err, provider.ErrPartial)
		late.Deleted = time.Time{}
		h.Restart()
		return h, r, late
	}
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r, _ := begin(t, true)
		_, err := h.Abort(t.Context(), r.NewID, rotation.AbortOptions{})
		require.NoError(t, err)
		assert.Equal(t, []string{h.Old.ID}, h.Remaining())
	})
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r, _ := begin(t, true)
		h.V.Find(r.NewID).Deleted = h.V.Now()
		_, err := h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{})
		require.NoError(t, err)
		assert.Equal(t, []string{h.Old.ID}, h.Remaining())
	})
	rotationtest.Bubble(t, func(t *testing.T) { // it cannot tell whose it is
		h, r, late := begin(t, false)
		_, err := h.Abort(t.Context(), r.NewID, rotation.AbortOptions{})
		require.NoError(t, err)
		assert.Equal(t, []string{h.Old.ID, late.ID}, h.Remaining())
		assert.Contains(t, strings.Join(h.Said, "; "), "may have created "+late.ID+": delete it if you do not need it")
	})
	rotationtest.Bubble(t, func(t *testing.T) { // it cannot look
		h, r, late := begin(t, true)
		h.Probe = func(at string) {
			if at == "create.deleted" {
				h.V.Faults["list"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}, {Err: rotationtest.ErrDown}}
				h.Probe = nil
			}
		}
		got, err := h.Abort(t.Context(), r.NewID, rotation.AbortOptions{})
		require.ErrorIs(t, err, provider.ErrPartial)
		require.ErrorContains(t, err, "could not look for what a request whose answer was lost has created")
		assert.Equal(t, oplog.Pending, got.State)
		h.Restart()
		h.V.Faults["list"] = []rotationtest.Fault{{}, {Err: rotationtest.ErrDown}}
		_, err = h.Abort(t.Context(), r.NewID, rotation.AbortOptions{Force: true})
		require.NoError(t, err)
		assert.Equal(t, []string{h.Old.ID, late.ID}, h.Remaining())
	})
}
