package rotation_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A teller says which credential signed the request that made another one.
type teller struct {
	provider.Replacer
	rotationtest.Base

	signer string
	err    error
}

func (t teller) SignerOf(context.Context, string) (string, error) { return t.signer, t.err }

// What the vendor says of who signed counts for more than the statement of the user, where it
// says anything.
func TestTheVendorTellsWhoSigned(t *testing.T) {
	for name, c := range map[string]struct {
		signer  string
		err     error
		refused bool
		learned []string
	}{
		"the old credential":   {signer: "ID-1", refused: true, learned: []string{"id-1"}},
		"another one":          {signer: "id-9", learned: []string{"id-9"}},
		"it does not tell":     {},
		"it cannot be asked":   {err: rotationtest.ErrDown},
		"it fails and says so": {signer: "id-1", err: rotationtest.ErrDown},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, func(b rotationtest.Base) provider.Service {
					return teller{rotationtest.AsReplacer(b).(provider.Replacer), b, c.signer, c.err}
				})
				var learned []string
				h.Signed = func(_ context.Context, _ rotation.Subject, id string) error {
					learned = append(learned, id)
					return nil
				}
				q := h.Request()
				q.NotSelf = true
				r, err := h.Rotate(t.Context(), q)
				assert.Equal(t, c.learned, learned)
				if c.refused {
					require.ErrorIs(t, err, provider.ErrRefused)
					require.EqualError(t, err, "credctl authenticates with id-1, according to the vendor's audit log; the new key was revoked")
					assert.Equal(t, "pass --self in place of --not-self", provider.HintOf(err))
					assert.Equal(t, oplog.Aborted, r.State)
					assert.Equal(t, []string{h.Old.ID}, h.Remaining())
					assert.Equal(t, h.Old.Secret, h.Boxes["box:a"].Secret)
					return
				}
				require.NoError(t, err)
				h.over(r)
			})
		})
	}
}

// What a lost request created is deleted once, also where the first try fails; what comes late
// of it is deleted when the creation ends.
func TestWhatALostCreationMadeIsDeletedOnce(t *testing.T) {
	create := func(h *house) (rotation.Result, error) {
		return h.Create(h.T.Context(), creation.Request{
			Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: h.Service, Name: "new", TellsUse: true, Options: rotation.Options{To: []string{"box:a"}},
		})
	}
	begin := func(t *testing.T) *house {
		h := newHouse(t, func(b rotationtest.Base) provider.Service { return losesOnce{creator{b}} })
		h.V.Faults["create"] = []rotationtest.Fault{{Err: rotationtest.ErrLost}}
		_, err := create(h)
		require.ErrorIs(t, err, provider.ErrUnknown)
		h.Restart()
		h.Clock += time.Minute
		return h
	}
	rotationtest.Bubble(t, func(t *testing.T) {
		h := begin(t)
		made := h.V.All[0]
		h.V.Faults["delete"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}, {Err: rotationtest.ErrDown}}
		for range 2 {
			_, err := create(h)
			require.ErrorIs(t, err, provider.ErrPartial)
			require.ErrorContains(t, err, "could not delete "+made.ID+", which a lost request created")
			assert.Equal(t, 1, h.Count("create"))
			h.Restart()
		}
		r, err := create(h)
		require.NoError(t, err)
		assert.Equal(t, []string{h.Old.ID, r.NewID}, h.Remaining())
		assert.Equal(t, 3, h.Count("delete "+made.ID))
	})
	rotationtest.Bubble(t, func(t *testing.T) { // it is not there yet
		h := begin(t)
		made := h.V.All[0]
		made.Deleted = h.V.Now()
		h.Probe = func(at string) {
			if at == "create.deliver" {
				made.Deleted = time.Time{}
			}
		}
		r, err := create(h)
		require.NoError(t, err)
		assert.Equal(t, []string{h.Old.ID, r.NewID}, h.Remaining())
		assert.Equal(t, 1, h.Count("delete "+made.ID))
	})
	rotationtest.Bubble(t, func(t *testing.T) { // it comes late, and somebody uses it
		h := begin(t)
		made := h.V.All[0]
		made.Deleted = h.V.Now()
		h.Probe = func(at string) {
			if at == "create.deliver" {
				made.Deleted, made.LastUsed = time.Time{}, h.V.Now()
			}
		}
		_, err := create(h)
		require.NoError(t, err)
		assert.Contains(t, h.Remaining(), made.ID)
		assert.Contains(t, strings.Join(h.Said, "; "), "may have created "+made.ID+": delete it if you do not need it")
	})
}

// What credctl has deleted is in force no more, and its destinations are not checked.
func TestWhatWasDeletedIsNotChecked(t *testing.T) {
	for name, c := range map[string]struct {
		event journal.Event
		left  int
	}{
		"deleted":             {journal.Event{Verb: "delete", Result: "deleted"}, 0},
		"it did not exist":    {journal.Event{Verb: "delete", Result: "not_found"}, 0},
		"the deletion failed": {journal.Event{Verb: "delete", Result: "denied", Exit: 4}, 1},
		"something else":      {journal.Event{Verb: "update", Result: "ok"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h, q := rotatedTo(t, rotationtest.AsReplacer)
				c.event.Time, c.event.Provider, c.event.Kind, c.event.ID = h.V.Now(), "acme", "key", q.ID
				require.NoError(t, h.Journal.Audit(c.event))
				index, err := h.Journal.Index()
				require.NoError(t, err)
				ops, err := drift.Checker{Journal: h.Journal, Index: index, Destination: h.Destination}.All()
				require.NoError(t, err)
				assert.Len(t, ops, c.left)
			})
		})
	}
}

// A destination or an account that is not known ends a request before anything is sent.
func TestARequestThatCannotBeResolved(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.Bind = func(_ context.Context, s rotation.Subject) (rotation.Subject, error) {
			return s, errors.New("no such account")
		}
		_, err := h.Rotate(t.Context(), h.Request())
		require.ErrorContains(t, err, "no such account")
		h.Bind = func(_ context.Context, s rotation.Subject) (rotation.Subject, error) {
			s.Bound = true
			return s, nil
		}
		q := h.Request()
		q.To = []string{"box:a", "box:z"}
		_, err = h.Rotate(t.Context(), q)
		require.ErrorContains(t, err, "box:z")
		assert.Empty(t, h.V.Calls)
		_, err = h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
	})
}
