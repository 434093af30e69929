package rotation_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// loses is a new process that finds no state folder.
func (h *house) loses() {
	h.T.Helper()
	require.NoError(h.T, os.RemoveAll(h.Dir))
	h.Restart()
}

// TestALostStateFolderMakesNoSecondReplacement: what shows that a credential was replaced
// stops the next rotation, with both ways on. A first rotation is not obstructed.
func TestALostStateFolderMakesNoSecondReplacement(t *testing.T) {
	day := func(q *rotation.Request) { q.Grace = 24 * time.Hour }
	rotated := func(h *house, q rotation.Request) {
		_, err := h.Rotate(h.T.Context(), q)
		require.NoError(h.T, err)
	}
	for name, c := range map[string]struct {
		way     string
		request func(*rotation.Request)
		before  func(h *house, q rotation.Request) // with the state folder that is lost then
		after   func(h *house)
		class   error
		says    string
		hint    string
		remark  string
	}{
		"a destination holds the key of the replacement": {
			way: "replace", before: rotated, class: provider.ErrRefused, says: "box:a holds the key of id-3, not of id-1",
			hint: "credctl acme rotate id-3 --to box:a --to box:b; to create another replacement: credctl acme rotate id-1 --to box:a --to box:b --force",
		},
		"a destination holds its secret alone": {
			way: "replace", before: rotated, after: func(h *house) { h.Boxes["box:a"].Key, h.Boxes["box:b"].Key = "", "" },
			class: provider.ErrRefused, says: "box:a holds the secret of id-3, not of id-1", hint: "credctl acme rotate id-3",
		},
		"a destination cannot be read": {
			way: "replace", before: rotated, after: func(h *house) {
				h.Boxes["box:a"].Hidden, h.Boxes["box:b"].Hidden = true, true
				h.V.Find("id-2").Scopes = []string{"all"} // what has other permissions replaced nothing
			},
			class: provider.ErrRefused, says: "id-3 has the same name as id-1 and is not older, and the journal has no rotation of id-1", hint: "credctl acme rotate id-3",
		},
		"it was created under its temporary name": {
			way: "repair", before: func(h *house, q rotation.Request) { h.dies("issued.noted", q) },
			class: provider.ErrUnavailable, says: "created id-3 to replace id-1 and has not finished", hint: "wait until that run has ended",
		},
		"and others were created since": {
			way: "repair", before: func(h *house, q rotation.Request) { h.dies("issued.noted", q) },
			after: func(h *house) { h.V.Add(provider.Credential{Name: "other", Status: "active"}).Foreign = true },
			class: provider.ErrUnavailable, says: "created id-3 to replace id-1 and has not finished", hint: "wait until that run has ended",
		},
		"and the run has ended for sure": {
			way: "repair", before: func(h *house, q rotation.Request) { h.dies("issued.noted", q) }, after: func(h *house) { h.Clock = time.Hour },
			class: provider.ErrRefused, says: "created id-3 to replace id-1 and has not finished", hint: "credctl acme delete id-3",
		},
		"the old credential is gone": {
			way: "replace", request: func(q *rotation.Request) { q.Grace = 0 }, before: rotated,
			class: provider.ErrNotFound, says: "404", hint: "id-3 seems to have replaced it; to rotate the replacement: credctl acme rotate id-3",
		},
		"it was rotated by another route": {
			way: "replace", before: rotated, request: func(q *rotation.Request) { q.NoGrace, q.Grace = false, time.Hour }, after: func(h *house) { h.V.Find("id-1").Revoked = true },
			class: provider.ErrUsage, says: "id-1 is revoked", hint: "to rotate the replacement: credctl acme rotate id-3",
		},
		"the first rotation, to where the old secret is": {way: "replace", remark: "id-2 has the same name as id-1 and is not older: delete it if nobody needs it"},
		"the first rotation, to where nothing is": {
			way: "replace", after: func(h *house) { *h.Boxes["box:a"], *h.Boxes["box:b"] = empty("box:a"), empty("box:b") }, remark: "id-2 has the same name as id-1",
		},
		"the first rotation, to a secret alone": {
			way: "replace", after: func(h *house) { h.Boxes["box:a"].Key, h.Boxes["box:b"].Key = "", "" }, remark: "id-2 has the same name as id-1",
		},
		"the first rotation, and an older one of that name": {way: "replace", after: func(h *house) { h.V.Find("id-2").Created = h.Old.Created.Add(-time.Hour) }},
		"the first rotation, and one of other permissions":  {way: "replace", after: func(h *house) { h.V.Find("id-2").Scopes = []string{"all"} }},
		"another rotation under way": {way: "repair", before: func(h *house, _ rotation.Request) {
			other := h.V.Add(provider.Credential{Name: "credctl-20000101-000000-b2800d40-00000000", Status: "active"})
			other.Foreign = true
		}, remark: "id-2 has the same name as id-1"},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.Ways()[c.way].Service)
				q := h.Request()
				day(&q)
				if c.request != nil {
					c.request(&q)
				}
				if c.before != nil {
					c.before(h, q)
				}
				h.loses()
				if c.after != nil {
					c.after(h)
				}
				calls := len(h.V.Calls)
				p, perr := h.Plan(t.Context(), q)
				assert.Len(t, h.V.Calls, calls)
				r, err := h.Rotate(t.Context(), q)
				if c.class == nil {
					require.NoError(t, perr)
					require.NoError(t, err)
					for _, said := range []string{strings.Join(r.Notes, "\n"), strings.Join(p.Warnings, "\n")} {
						assert.Contains(t, said, c.remark)
						assert.Equal(t, c.remark != "", strings.Contains(said, "same name"), said)
					}
					return
				}
				for _, err := range []error{perr, err} {
					require.ErrorIs(t, err, c.class)
					require.ErrorContains(t, err, c.says)
					assert.Contains(t, provider.HintOf(err), c.hint)
				}
				assert.Len(t, h.V.Calls, calls, "nothing is issued or deleted")
				switch { // the way that the hint names
				case strings.Contains(c.hint, "acme rotate id-3"):
					q.ID = "id-3"
				case strings.Contains(c.hint, "acme delete id-3"):
					require.NoError(t, rotationtest.Base{Vendor: h.V}.Delete(t.Context(), "id-3"))
				case strings.Contains(c.hint, "wait"):
					h.V.Find("id-3").Name = "web" // the other run has ended
					q.Force = true
				}
				h.Restart()
				for i := range h.V.All { // they are not the same second
					h.V.All[i].Created = h.V.All[i].Created.Add(-time.Duration(i) * time.Minute)
				}
				r, err = h.Rotate(t.Context(), q)
				require.NoError(t, err)
				assert.Contains(t, []rotation.State{oplog.Grace, oplog.Done}, r.State)
			})
		})
	}
}

func empty(name string) rotationtest.Box {
	return rotationtest.Box{Name: name, Faults: map[string][]error{}}
}
