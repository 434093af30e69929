package rotation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// namesake is a credential of the same name that somebody else makes.
func (h *house) namesake() *rotationtest.Held {
	c := h.V.Add(provider.Credential{Name: h.Old.Name, Region: h.Old.Region, Scopes: h.Old.Scopes})
	c.Foreign = true
	return c
}

// A run is killed before its request. What somebody else makes meanwhile, with the same
// name, is his.
func TestANamesakeOfSomebodyElse(t *testing.T) {
	for name, c := range map[string]struct {
		service func(rotationtest.Base) provider.Service
		theirs  func(h *house) *rotationtest.Held
		class   error // nil: the rotation comes to its end
		revoked bool
	}{
		"with stamps": {rotationtest.AsMender, (*house).namesake, nil, false},
		"in use": {rotationtest.AsReplacer, func(h *house) *rotationtest.Held {
			c := h.namesake()
			c.LastUsed = h.V.Now()
			return c
		}, nil, false},
		"made later than a request takes": {rotationtest.AsReplacer, func(h *house) *rotationtest.Held {
			h.Clock += 3 * time.Minute
			return h.namesake()
		}, nil, false},
		"unused, at the time of the request": {rotationtest.AsReplacer, (*house).namesake, nil, true},
		"two of them": {rotationtest.AsReplacer, func(h *house) *rotationtest.Held {
			h.namesake()
			return h.namesake()
		}, provider.ErrUnknown, false},
		"use is not recorded yet": {rotationtest.AsReplacer, func(h *house) *rotationtest.Held {
			h.V.Unstamped = true
			h.Clock += time.Second
			return h.namesake()
		}, provider.ErrUnavailable, false},
		"use is never recorded": {rotationtest.AsReplacer, func(h *house) *rotationtest.Held {
			h.V.Unstamped = true
			h.Clock += time.Second
			c := h.namesake()
			h.Clock += 3 * time.Minute
			return c
		}, provider.ErrUnknown, false},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, c.service)
				h.dies("issue.sending", h.Request())
				theirs := c.theirs(h)
				r, err := h.Rotate(t.Context(), h.Request())
				assert.Equal(t, c.revoked, !theirs.Deleted.IsZero())
				events, eerr := h.Journal.Events()
				require.NoError(t, eerr)
				if c.revoked { // then it is said, and recorded
					require.NotEmpty(t, events)
					assert.Equal(t, []string{"revoke", theirs.ID}, []string{events[0].Verb, events[0].ID})
					assert.Contains(t, strings.Join(r.Notes, "\n"), "Deleted "+theirs.ID)
				}
				if c.class == nil {
					require.NoError(t, err)
					assert.Equal(t, oplog.Done, r.State)
					return
				}
				require.ErrorIs(t, err, c.class)
				assert.Contains(t, err.Error(), theirs.ID)
				assert.Zero(t, h.Count("delete"))
				assert.Equal(t, []string{h.Old.ID}, h.Remaining())
			})
		})
	}
}

// What carries the stamp is revoked, whoever has used it, and has its final name in the
// end.
func TestAStampTellsWhatIsOurs(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsMender)
		theirs := h.namesake()
		h.V.Faults["create"] = []rotationtest.Fault{{Err: rotationtest.ErrLost, Committed: true}, {Err: rotationtest.ErrLost, Committed: true}}
		_, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrUnknown)
		h.Restart()
		r, err := h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		assert.Equal(t, []string{r.NewID}, h.Remaining())
		assert.True(t, theirs.Deleted.IsZero())
		assert.Equal(t, "web", h.V.Find(r.NewID).Name)
		assert.Equal(t, "web", r.Credential.Name)
	})
}

// The ID is in the journal before the next request, so that nothing is looked for.
func TestACompositeIssueIsRecordedAtItsFirstStep(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsMender)
		h.dies("issued.noted", h.Request())
		index, err := h.Journal.Index()
		require.NoError(t, err)
		assert.Equal(t, "id-3", index.Live()[0].NewID())
		assert.Equal(t, index.Live()[0].ID, h.Request().StampedBy(h.V.Find("id-3").Name))
	})
}

// Another host rotates the same key in place, while our answer is lost: the key that
// it uses now is not rotated, whenever that is found out.
func TestAKeyThatAnotherHostRotatedInPlace(t *testing.T) {
	for name, c := range map[string]struct {
		used func(h *house, theirs *rotationtest.Held)
		late bool // it is used only after our run has taken it for ours
	}{
		"and uses":          {func(h *house, theirs *rotationtest.Held) { theirs.LastUsed = h.V.Now() }, false},
		"and uses later":    {func(h *house, theirs *rotationtest.Held) { theirs.LastUsed = h.V.Now() }, true},
		"without a record":  {func(h *house, _ *rotationtest.Held) { h.V.Unstamped = true; h.Clock += 3 * time.Minute }, false},
		"and has deleted":   {func(h *house, theirs *rotationtest.Held) { theirs.Deleted = h.V.Now() }, true},
		"long after we did": {func(*house, *rotationtest.Held) {}, false},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsRotator)
				h.dies("issue.sending", h.Request())
				if strings.HasPrefix(name, "long") {
					h.Clock += 3 * time.Minute
				}
				h.Clock += time.Second
				theirs := h.namesake() // by the other host
				h.Old.Deleted = h.V.Now()
				if c.late {
					h.V.Faults["rotate"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}}
					_, err := h.Rotate(t.Context(), h.Request())
					require.Error(t, err)
				}
				before := len(h.V.Calls)
				c.used(h, theirs)
				h.Restart()
				for range 2 {
					_, err := h.Rotate(t.Context(), h.Request())
					require.ErrorIs(t, err, provider.ErrUnknown)
					assert.Contains(t, provider.HintOf(err), "credctl rotation abort")
				}
				assert.Len(t, h.V.Calls, before, "nothing is sent that changes anything")
			})
		})
	}
}
