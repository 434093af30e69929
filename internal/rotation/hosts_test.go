package rotation_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// onHost is a house on web-1 whose box:b is a file of that host.
func onHost(t *testing.T) (*house, rotation.Request) {
	t.Helper()
	h := newHouse(t, rotationtest.AsReplacer)
	h.V.All[0].Name = "other"
	h.Local, h.Host = []string{"box:b"}, "web-1"
	q := h.Request()
	q.To, q.Grace = []string{"box:b", "box:a"}, time.Hour
	return h, q
}

// copies are what another host may have under the path of box:b, which is no proof.
func (h *house) copies() map[string]string {
	return map[string]string{"no such file": "", "a copy of the old secret": h.Old.Secret, "something else": "theirs"}
}

// web2 continues on the host web-2, which has a box:b of its own with this secret, until back
// is called.
func (h *house) web2(secret string) (back func()) {
	h.T.Helper()
	there := h.Boxes["box:b"]
	own := *there
	own.Secret = secret
	if own.Key = h.Old.Key; secret != h.Old.Secret {
		own.Key = ""
	}
	h.Boxes["box:b"], h.Host = &own, "web-2"
	h.Restart()
	return func() {
		h.T.Helper()
		assert.Equal(h.T, secret, own.Secret, "web-2 keeps its own")
		h.Boxes["box:b"], h.Host = there, "web-1"
		h.Restart()
	}
}

// otherHost demands that err says where to continue, and that both credentials work.
func (h *house) otherHost(err error, what string) {
	h.T.Helper()
	require.ErrorIs(h.T, err, provider.ErrPartial, what)
	require.ErrorContains(h.T, err, "box:b: this rotation was started on another host, web-1; here, on web-2, it may be another place", what)
	assert.Contains(h.T, provider.HintOf(err), "run this on host web-1", what)
	assert.Contains(h.T, provider.HintOf(err), "credctl rotation abort", what)
	assert.Len(h.T, h.Remaining(), 2, what)
	h.Restart()
}

// A rotation that has stopped on one host is not continued with the file of another.
func TestARotationStaysOnTheHostOfItsFiles(t *testing.T) {
	for _, at := range []string{"issued.noted", "verified.noted", "deliver.writing", "deliver.written", "delivered.noted", "grace.noted"} {
		for name := range newHouse(t, rotationtest.AsReplacer).copies() {
			t.Run(at+", "+name, func(t *testing.T) {
				rotationtest.Bubble(t, func(t *testing.T) {
					h, q := onHost(t)
					h.dies(at, q)
					back := h.web2(h.copies()[name])
					if at != "issued.noted" { // else it is known that nothing was written
						_, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
						h.otherHost(err, "abort")
					}
					if at == "delivered.noted" { // the other destination gets it, which begins the grace period
						_, err := h.Resume(t.Context(), h.Old.ID, rotation.ResumeOptions{})
						require.NoError(t, err)
					}
					h.Clock = 2 * time.Hour
					_, err := h.Resume(t.Context(), h.Old.ID, rotation.ResumeOptions{})
					h.otherHost(err, "resume")
					_, err = h.Rotate(t.Context(), q)
					h.otherHost(err, "the same command")
					o := rotation.ResumeOptions{}
					o.To = q.To
					_, err = h.Resume(t.Context(), h.Old.ID, o)
					h.otherHost(err, "resume --to")
					back()
					for range 2 {
						_, err := h.Resume(t.Context(), h.Old.ID, rotation.ResumeOptions{})
						require.NoError(t, err)
						h.Clock += 2 * time.Hour
					}
					assert.Len(t, h.Remaining(), 1)
					assert.Equal(t, h.Remaining()[0], h.Owner(h.Boxes["box:b"].Secret))
				})
			})
		}
	}
}

// An abort that has stopped on one host is neither continued nor resumed with the file of another.
func TestAnAbortStaysOnTheHostOfItsFiles(t *testing.T) {
	for _, at := range []string{"restoring.noted", "restore.written", "restored.noted"} {
		for name := range newHouse(t, rotationtest.AsReplacer).copies() {
			t.Run(at+", "+name, func(t *testing.T) {
				rotationtest.Bubble(t, func(t *testing.T) {
					h, q := onHost(t)
					_, err := h.Rotate(t.Context(), q)
					require.NoError(t, err)
					h.Restart()
					require.NotEmpty(t, h.killed(1, at))
					back := h.web2(h.copies()[name])
					o := rotation.ResumeOptions{}
					o.NoGrace = true
					_, err = h.Resume(t.Context(), h.Old.ID, o)
					h.otherHost(err, "resume")
					_, err = h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
					h.otherHost(err, "abort")
					back()
					_, err = h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
					require.NoError(t, err)
					assert.Equal(t, h.Old.Secret, h.Boxes["box:b"].Secret)
					require.NoError(t, h.Invariant(false))
				})
			})
		}
	}
}

// What holds the new secret, or a part of it, is the same file: on a volume that both hosts
// share, or on a host that was renamed.
func TestTheNewSecretProvesThatHostsShareAFile(t *testing.T) {
	for _, at := range []string{"deliver.written", "delivered.noted", "grace.noted"} {
		t.Run(at, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h, q := onHost(t)
				h.dies(at, q)
				h.Host = "web-2"
				for range 2 {
					_, err := h.Resume(t.Context(), h.Old.ID, rotation.ResumeOptions{})
					require.NoError(t, err)
					h.Clock += 2 * time.Hour
				}
				assert.Len(t, h.Remaining(), 1)
				require.NoError(t, h.Invariant(false))
			})
			rotationtest.Bubble(t, func(t *testing.T) {
				h, q := onHost(t)
				h.dies(at, q)
				h.Host = "web-2"
				_, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
				require.NoError(t, err)
				assert.Equal(t, h.Old.Secret, h.Boxes["box:b"].Secret)
				assert.Equal(t, []string{h.Old.ID}, h.Remaining())
			})
		})
	}
	t.Run("a half", func(t *testing.T) {
		rotationtest.Bubble(t, func(t *testing.T) {
			h, q := onHost(t)
			b := h.Boxes["box:b"]
			b.InPlace = true
			half := true
			b.Half = func() {
				if half {
					half = false
					panic(death{"half"})
				}
			}
			func() {
				defer func() { _ = recover() }()
				_, _ = h.Rotate(t.Context(), q)
			}()
			require.Contains(t, b.Secret, ",")
			h.Host = "web-2"
			h.Restart()
			_, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
			require.NoError(t, err)
			assert.Equal(t, h.Old.Secret, b.Secret)
		})
	})
}

// A host that does not exist any more keeps nobody from the end.
func TestARotationOfAHostThatIsGoneEndsByForce(t *testing.T) {
	for _, at := range []string{"issued.noted", "deliver.written", "grace.noted"} {
		t.Run(at, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h, q := onHost(t)
				h.dies(at, q)
				h.web2("theirs")
				r, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{Force: true})
				require.NoError(t, err)
				assert.Equal(t, oplog.Aborted, r.State)
				assert.Equal(t, []string{h.Old.ID}, h.Remaining())
				assert.Equal(t, "theirs", h.Boxes["box:b"].Secret)
			})
		})
	}
}

// Another host does not tell whether the file of the first has changed.
func TestAFileOfAnotherHostIsNotCheckedHere(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, q := onHost(t)
		q.Grace = 0
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		check := func() (oplog.Status, error) {
			index, err := h.Journal.Index()
			require.NoError(t, err)
			c := drift.Checker{Journal: h.Journal, Index: index, Destination: h.Destination}
			op, err := c.Of(r.NewID)
			require.NoError(t, err)
			return c.Check(context.Background(), op)
		}
		h.Host = "web-2"
		s, err := check()
		require.NoError(t, err)
		assert.Equal(t, new(false), s.Destinations[0].Drift, "it holds what was delivered on web-1")
		for name, secret := range h.copies() {
			back := h.web2(secret)
			s, err = check()
			require.ErrorContains(t, err, "could not check box:b: this rotation was started on another host, web-1", name)
			assert.Nil(t, s.Destinations[0].Drift, name)
			assert.Equal(t, new(false), s.Destinations[1].Drift, name)
			back()
		}
	})
}

// What a file of another machine holds is not taken away by a rotation that writes the file
// of that name here. Of a container it is only said: it does not come back.
func TestALaterRotationOnAnotherHost(t *testing.T) {
	for name, test := range map[string]struct {
		ids     [2]string // of the machines
		own     string    // what the file here holds
		shared  bool
		force   bool
		refused bool
	}{
		"machines":                     {ids: [2]string{"1", "2"}, refused: true},
		"machines, a copy of another":  {ids: [2]string{"1", "2"}, own: "theirs", refused: true},
		"clones":                       {ids: [2]string{"1", "1"}, refused: true},
		"machines, by force":           {ids: [2]string{"1", "2"}, force: true},
		"machines that share the file": {ids: [2]string{"1", "2"}, shared: true},
		"containers":                   {},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h, q := onHost(t)
				h.Machine = test.ids[0]
				q.Grace = 0
				first, err := h.Rotate(t.Context(), q)
				require.NoError(t, err)
				h.Machine = test.ids[1]
				if h.Host = "web-2"; !test.shared {
					h.web2(test.own)
				}
				q.ID, q.Force = first.NewID, test.force
				_, err = h.Plan(t.Context(), q)
				r, rerr := h.Rotate(t.Context(), q)
				if test.refused {
					for _, err := range []error{err, rerr} {
						require.ErrorIs(t, err, provider.ErrRefused)
						require.EqualError(t, err, "the secret of "+first.NewID+" is in use there: box:b: this rotation was started on another host, web-1; here, on web-2, it may be another place")
						assert.Equal(t, "run this on host web-1, or with CREDCTL_HOST=web-1 if this is that host; if that host does not exist any more, or does not need the secret: credctl acme rotate "+first.NewID+" --to box:b --to box:a --force", provider.HintOf(err))
					}
					assert.Equal(t, []string{first.NewID}, h.Remaining())
					return
				}
				require.NoError(t, err)
				require.NoError(t, rerr)
				said := first.NewID + " was delivered on another host, too, which will not get the new secret"
				if test.shared {
					assert.NotContains(t, strings.Join(r.Notes, "\n"), said)
				} else {
					assert.Contains(t, strings.Join(r.Notes, "\n"), said)
				}
			})
		})
	}
}

// A destination that was there when the rotation began may be away, or on another host, when
// it continues: nothing is issued before it can be written, or another takes its place.
func TestNothingIsIssuedForADestinationThatIsAway(t *testing.T) {
	for name, service := range map[string]func(rotationtest.Base) provider.Service{"with a second credential": rotationtest.AsReplacer, "in place": rotationtest.AsRotator} {
		for where, away := range map[string]func(*house) (back func()){
			"on another host": func(h *house) func() { return h.web2("theirs") },
			"not to be written": func(h *house) func() {
				b := h.Boxes["box:b"]
				b.Faults["check"] = []error{errors.New("box:b: no such folder"), errors.New("box:b: no such folder")}
				return func() { b.Faults["check"] = nil }
			},
		} {
			t.Run(name+", "+where, func(t *testing.T) {
				rotationtest.Bubble(t, func(t *testing.T) {
					h := newHouse(t, service)
					h.V.All[0].Name = "other"
					h.Local, h.Host = []string{"box:b"}, "web-1"
					q := h.Request()
					q.To = []string{"box:b", "box:a"}
					h.dies("intent.noted", q)
					back := away(h)
					before := len(h.V.All)
					for range 2 {
						_, err := h.Resume(t.Context(), h.Old.ID, rotation.ResumeOptions{})
						require.ErrorIs(t, err, provider.ErrPartial)
						require.ErrorContains(t, err, "nothing was issued: box:b: ")
						assert.Contains(t, provider.HintOf(err), "; to deliver elsewhere: credctl rotation resume ")
						h.Restart()
					}
					assert.Len(t, h.V.All, before)
					require.NoError(t, h.V.Works(h.Old.Key, h.Old.Secret), "the old secret works")
					back()
					r, err := h.Resume(t.Context(), h.Old.ID, rotation.ResumeOptions{})
					require.NoError(t, err)
					assert.Equal(t, oplog.Done, r.State)
				})
			})
		}
	}
}
