package rotation_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// loser is a creator whose answer is lost.
type loser struct {
	rotationtest.Base

	committed bool
}

func (l loser) Create(context.Context, provider.Input) (provider.Credential, error) {
	l.Calls = append(l.Calls, "create")
	if l.committed {
		l.Add(provider.Credential{Name: "z"})
	}
	return provider.Credential{}, rotationtest.ErrLost
}

// lostCreation is a house with a creation whose answer was lost. One of the same name was
// there before.
func lostCreation(t *testing.T, committed bool) (*house, rotation.Result) {
	t.Helper()
	h := newHouse(t, func(b rotationtest.Base) provider.Service { return loser{b, committed} })
	h.V.Add(provider.Credential{Name: "z"}).Foreign = true
	r, err := h.Create(t.Context(), creation.Request{
		Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: h.Service, Name: "z", Options: rotation.Options{To: []string{"box:a"}},
	})
	require.ErrorIs(t, err, provider.ErrUnknown)
	h.Restart()
	return h, r
}

// What a lost request created is looked for when its creation is continued or aborted. As long
// as that cannot be told, nothing is deleted and the operation stays open, unless by force.
func TestACreationWhoseAnswerWasLost(t *testing.T) {
	resume := func(h *house, id string) (rotation.Result, error) {
		return h.Resume(h.T.Context(), id, rotation.ResumeOptions{})
	}
	abort := func(force bool) func(h *house, id string) (rotation.Result, error) {
		return func(h *house, id string) (rotation.Result, error) {
			return h.Abort(h.T.Context(), id, rotation.AbortOptions{Force: force})
		}
	}
	const untold = "cannot tell what an earlier request did"
	for name, c := range map[string]struct {
		run       func(h *house, id string) (rotation.Result, error)
		committed bool
		unlisted  bool
		says      string // the error; "": it has ended
	}{
		"continued":                             {run: resume},
		"continued, and nothing is listed":      {run: resume, unlisted: true, says: untold},
		"continued, and it may be ours":         {run: resume, committed: true, says: "cannot tell whether that request created id-4"},
		"aborted":                               {run: abort(false)},
		"aborted, and nothing is listed":        {run: abort(false), unlisted: true, says: untold},
		"aborted, and it may be ours":           {run: abort(false), committed: true, says: "cannot tell whether that request created id-4"},
		"forced":                                {run: abort(true)},
		"forced, and nothing is listed":         {run: abort(true), unlisted: true},
		"forced, and it may be somebody else's": {run: abort(true), committed: true},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h, lost := lostCreation(t, c.committed)
				before := h.Remaining()
				if c.unlisted {
					h.V.Faults["list"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}, {Err: rotationtest.ErrDown}}
				}
				r, err := c.run(h, lost.Operation)
				assert.Equal(t, before, h.Remaining(), "nothing was deleted, or created again")
				open, lerr := h.List(false)
				require.NoError(t, lerr)
				if c.says != "" {
					require.ErrorIs(t, err, provider.ErrUnknown)
					require.ErrorContains(t, err, c.says)
					assert.Len(t, open, 1)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, oplog.Aborted, r.State)
				assert.Empty(t, open)
			})
		})
	}
}

// A creation whose secret nobody saw shows it when it is continued, and its plan says so.
func TestASecretThatWasNotShownIsShownLater(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, func(b rotationtest.Base) provider.Service { return creator{b} })
		r, err := h.Create(t.Context(), creation.Request{
			Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: h.Service, Name: "z",
			Show: func(provider.Credential) error { return errors.New("broken pipe") },
		})
		require.ErrorIs(t, err, provider.ErrPartial)
		h.Restart()
		plan, err := h.PlanResume(t.Context(), r.Operation, rotation.ResumeOptions{})
		require.NoError(t, err)
		assert.Contains(t, strings.Join(plan.Steps, "; "), "deliver the secret to you")
		o := rotation.ResumeOptions{}
		o.To = []string{"box:a"}
		plan, err = h.PlanResume(t.Context(), r.Operation, o)
		require.NoError(t, err)
		assert.Contains(t, strings.Join(plan.Steps, "; "), "deliver the secret to box:a")
	})
}

// A vendor allows two of one name: who selects by name has to know.
func TestNamesakesAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		as   string
		said string
	}{"none": {"other", ""}, "two": {"web", `note: "web" is also the name of id-3, id-2, id-1`}} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, func(b rotationtest.Base) provider.Service { return creator{b} })
				h.V.Add(provider.Credential{Name: "web"})
				h.V.Add(provider.Credential{Name: "web"}).Revoked = true
				_, err := h.Create(t.Context(), creation.Request{
					Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: h.Service, Name: c.as, Options: rotation.Options{To: []string{"box:a"}},
				})
				require.NoError(t, err)
				if c.said == "" {
					assert.NotContains(t, strings.Join(h.Said, "; "), "also the name")
					return
				}
				assert.Contains(t, h.Said, c.said)
			})
		})
	}
}

// A secret that the vendor cannot generate now is asked for again later: what has no secret yet
// is deleted or replaced only where the vendor says that it does not exist.
func TestASuccessorWithoutASecretIsNotGivenUp(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsGenerator)
		h.V.Faults["create"] = []rotationtest.Fault{{Silent: true}}
		h.V.Faults["generate"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}, {Err: rotationtest.ErrDown}}
		first, err := h.Rotate(t.Context(), h.Request())
		require.ErrorIs(t, err, provider.ErrPartial)
		h.Restart()
		r, err := h.Resume(t.Context(), first.Operation, rotation.ResumeOptions{})
		require.ErrorIs(t, err, provider.ErrPartial)
		assert.NotEqual(t, oplog.Aborted, r.State)
		assert.Contains(t, h.Remaining(), first.NewID)
		h.Restart()
		r, err = h.Resume(t.Context(), first.Operation, rotation.ResumeOptions{})
		require.NoError(t, err)
		assert.Equal(t, first.NewID, r.NewID)
		h.over(r)
	})
}

// checked is a rotator that says what its own rotation needs.
type checked struct {
	provider.Rotator
	rotationtest.Base

	issues bool
	err    error
}

func (c checked) CheckRotate(context.Context, string, provider.Input) (bool, error) {
	return c.issues, c.err
}

// A rotation that issues no secret has none to deliver.
func TestARotationThatIssuesNothing(t *testing.T) {
	wrong := provider.Usage("it needs a file")
	for name, c := range map[string]struct {
		issues bool
		err    error
		to     []string
		says   string
	}{
		"it issues one":      {issues: true, to: []string{"box:a"}},
		"it issues none":     {to: []string{"box:a"}, says: "issues no secret to deliver"},
		"something is wrong": {err: wrong, to: []string{"box:a"}, says: "it needs a file"},
		"nothing to deliver": {},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, func(b rotationtest.Base) provider.Service {
					return checked{rotationtest.AsRotator(b).(provider.Rotator), b, c.issues, c.err}
				})
				h.V.All[0].Name = "other"
				q := h.Request()
				if q.To = c.to; c.to == nil {
					q.Show = func(context.Context, rotation.Result) error { return nil }
				}
				_, err := h.Plan(t.Context(), q)
				if c.says == "" {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, provider.ErrUsage)
				require.ErrorContains(t, err, c.says)
				assert.Empty(t, h.V.Calls)
			})
		})
	}
}

// The old credential is compared with what credctl authenticates with before it is deleted,
// unless that is what it was when the rotation began.
func TestTheOldCredentialIsComparedAgainBeforeItIsDeleted(t *testing.T) {
	for name, c := range map[string]struct {
		later string // the token
		says  string
	}{
		"the same token":           {later: "unknown"},
		"it is the old credential": {later: "old", says: "did not delete id-1"},
		"another one, unlike":      {later: "new"},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				token := "unknown"
				with := func() {
					h.Token = func(context.Context, rotation.Subject) (provider.Secret, error) {
						return provider.NewSecret(token), nil
					}
					h.Spare = func(ctx context.Context, op *oplog.OpState, id string, service provider.Service) error {
						return h.Signer().Spare(ctx, op, id, service, h.Listing(service).Again(ctx))
					}
				}
				with()
				require.NoError(t, h.Journal.Issued(h.Request().Ref(), provider.NewSecret(h.Old.Secret), time.Now()))
				q := h.Request()
				q.NotSelf, q.Grace = true, time.Hour
				r, err := h.Rotate(t.Context(), q)
				require.NoError(t, err)
				h.Clock = 2 * time.Hour
				h.Restart()
				switch c.later {
				case "old":
					token = h.Old.Secret
				case "new":
					token = h.V.Find(r.NewID).Secret
				}
				with()
				_, err = h.PlanResume(t.Context(), r.Operation, rotation.ResumeOptions{})
				assert.Equal(t, c.says != "", err != nil)
				_, err = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{})
				if c.says != "" {
					require.ErrorIs(t, err, provider.ErrRefused)
					require.ErrorContains(t, err, c.says)
					assert.Zero(t, h.Count("delete"))
					return
				}
				require.NoError(t, err)
				assert.Equal(t, 1, h.Count("delete "+h.Old.ID))
			})
		})
	}
}

// A destination that is spelled differently is the same destination, and is not left out.
func TestADestinationOfAnotherSpelling(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, q := rotatedTo(t, rotationtest.AsReplacer)
		open := h.Destination
		h.Destination = func(spec string, s rotation.Subject, insecure bool) (deliver.Destination, error) {
			if spec == "box:./b" {
				spec = "box:b"
			}
			return open(spec, s, insecure)
		}
		q.To = []string{"box:a", "box:./b"}
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, r.NewID, h.Owner(h.Boxes["box:b"].Secret))
	})
}
