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
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// halfCreated is a house with a credential whose creation is unfinished: box:b does not
// have its secret.
func halfCreated(t *testing.T, as func(rotationtest.Base) provider.Service) (h *rotationtest.House, created rotation.Result, create func() (rotation.Result, error)) {
	t.Helper()
	h = rotationtest.New(t, as)
	h.Boxes["box:b"].Faults["write"] = []error{errors.New("full")}
	create = func() (rotation.Result, error) {
		return h.Create(t.Context(), creation.Request{
			Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: creator{rotationtest.Base{Vendor: h.V}}, Name: "z",
			Options: rotation.Options{To: []string{"box:a", "box:b"}},
		})
	}
	created, err := create()
	require.ErrorIs(t, err, provider.ErrPartial)
	h.Restart()
	return h, created, create
}

// The creation would write the secret that the rotation deletes.
func TestWhatIsNotWhollyCreatedIsNotRotated(t *testing.T) {
	for name, as := range map[string]func(rotationtest.Base) provider.Service{"replaced": rotationtest.AsReplacer, "in place": rotationtest.AsRotator} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h, created, _ := halfCreated(t, as)
				q := h.Request()
				q.ID, q.To, q.Force = created.NewID, []string{"box:a"}, true
				before := len(h.V.All)
				for range 2 {
					_, err := h.Plan(t.Context(), q)
					require.ErrorIs(t, err, provider.ErrRefused)
					_, err = h.Rotate(t.Context(), q)
					require.ErrorIs(t, err, provider.ErrRefused)
					require.EqualError(t, err, "cannot rotate "+created.NewID+": its creation is not finished (rotation "+created.Operation+")")
					assert.Equal(t, "to finish it: credctl rotation resume "+created.Operation+"; to delete the credential: credctl rotation abort "+created.Operation, provider.HintOf(err))
				}
				assert.Len(t, h.V.All, before, "nothing was requested")
				_, err := h.Resume(t.Context(), created.Operation, rotation.ResumeOptions{})
				require.NoError(t, err)
				assert.Equal(t, created.NewID, h.Owner(h.Boxes["box:b"].Secret))
				q.To = []string{"box:a", "box:b"}
				r, err := h.Rotate(t.Context(), q)
				require.NoError(t, err)
				assert.Equal(t, oplog.Done, r.State)
			})
		})
	}
}

// A new secret of it, either.
func TestWhatIsNotWhollyCreatedGetsNoNewSecret(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, created, _ := halfCreated(t, rotationtest.AsGenerator)
		secret := h.V.Find(created.NewID).Secret
		_, err := h.Create(t.Context(), creation.Request{
			Subject: rotation.Subject{Provider: "acme", Kind: "key", ID: created.NewID}, Service: h.Service, Name: "z", Options: rotation.Options{To: []string{"box:a"}},
		})
		require.ErrorIs(t, err, provider.ErrRefused)
		require.EqualError(t, err, "cannot generate a new secret of "+created.NewID+": its creation is not finished (rotation "+created.Operation+")")
		assert.Equal(t, secret, h.V.Find(created.NewID).Secret)
	})
}

// A journal may have a rotation that began although the creation was unfinished.
func TestACreationEndsWhenItsCredentialWasRotated(t *testing.T) {
	for name, test := range map[string]struct {
		strategy oplog.Strategy
		done     bool
	}{
		"replaced":            {oplog.Replace, true},
		"in its grace period": {oplog.Replace, false},
		"in place":            {oplog.Generate, true},
		"in place, not ended": {oplog.Generate, false},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h, created, create := halfCreated(t, rotationtest.AsReplacer)
				time.Sleep(time.Minute)
				rotatedBehind(t, h, created.NewID, test.strategy, test.done)
				plan, err := h.PlanResume(t.Context(), created.Operation, rotation.ResumeOptions{})
				require.NoError(t, err)
				assert.Equal(t, []string{"end the operation, because " + created.NewID + " was rotated since"}, plan.Steps)
				held, before := h.Boxes["box:b"].Secret, len(h.V.All)
				end, err := h.Resume(t.Context(), created.Operation, rotation.ResumeOptions{})
				require.NoError(t, err)
				assert.Equal(t, oplog.Done, end.State)
				assert.Equal(t, held, h.Boxes["box:b"].Secret, "the secret that was replaced is not written")
				assert.Contains(t, h.Said, created.NewID+" was rotated since, so its first secret is not delivered")
				assert.Len(t, h.V.All, before)
				_, err = create() // which is another one
				require.NoError(t, err)
				assert.NotEqual(t, created.NewID, h.Owner(h.Boxes["box:b"].Secret))
			})
		})
	}
}

// rotatedBehind writes a rotation of a credential into the journal, finished or in its
// grace period.
func rotatedBehind(t *testing.T, h *rotationtest.House, id string, strategy oplog.Strategy, done bool) {
	t.Helper()
	subject := rotation.Subject{Provider: "acme", Kind: "key", ID: id}
	replacement := h.V.Find(id).Credential
	if strategy == oplog.Replace {
		replacement = h.V.Add(replacement).Credential
	}
	add := func(step journal.Step, ev oplog.Event) (e journal.Entry) {
		e, err := ev.Entry(step, h.V.Now())
		require.NoError(t, err)
		return e
	}
	first := add(oplog.StepIntent, oplog.Event{Subject: &subject, Strategy: strategy, Options: &rotation.Options{To: []string{"box:a"}, Grace: time.Hour}, Old: &provider.Credential{ID: id}})
	first.Provider, first.Kind, first.OldID = "acme", "key", id
	op, err := h.Journal.Create(first)
	require.NoError(t, err)
	issued := add(oplog.StepIssued, oplog.Event{New: &replacement})
	issued.NewID = replacement.ID
	for _, e := range []journal.Entry{issued, add(oplog.StepVerified, oplog.Event{}), add(oplog.StepDelivered, oplog.Event{To: "box:a"}), add(oplog.StepHooked, oplog.Event{})} {
		require.NoError(t, op.Append(e))
	}
	last := add(oplog.StepGrace, oplog.Event{Until: h.V.Now().Add(time.Hour)})
	if done {
		last = add(journal.Done, oplog.Event{})
	}
	require.NoError(t, op.Append(last))
}

// A silent service creates credentials, and returns no secret.
type silent struct{ rotationtest.Base }

func (s silent) Create(context.Context, provider.Input) (provider.Credential, error) {
	return s.Add(provider.Credential{Name: "z", Status: "pending"}).Credential, nil
}

// A provisioner has a secret only later.
type provisioner struct{ rotationtest.Base }

func (p provisioner) Create(context.Context, provider.Input) (provider.Credential, error) {
	return p.Add(provider.Credential{Name: "z", Status: "pending"}).Credential, provider.WithClass(provider.ErrPending, errors.New("it is being set up"))
}

func (p provisioner) Generate(context.Context, string, provider.Input) (provider.Credential, error) {
	return provider.Credential{}, provider.WithClass(provider.ErrPending, errors.New("it is being set up"))
}

// The hint is what helps: a secret that the vendor never returns is not there the next time.
func TestASecretThatIsNotThereYet(t *testing.T) {
	for name, test := range map[string]struct {
		service func(rotationtest.Base) provider.Service
		limit   time.Duration
		want    string
		hint    string
	}{
		"it never comes":     {func(b rotationtest.Base) provider.Service { return silent{b} }, 3 * time.Second, "id-3 was created, but the vendor returned no secret", "if you have its secret: credctl rotation resume OP --secret-file -; to discard the credential: credctl rotation abort OP"},
		"the time is up":     {func(b rotationtest.Base) provider.Service { return provisioner{b} }, 3 * time.Second, "it is being set up; --timeout left no more time to wait", "to continue, run the same command again (it finds the new key and does not create a second one); to discard the credential: credctl rotation abort OP"},
		"the vendor is late": {func(b rotationtest.Base) provider.Service { return provisioner{b} }, time.Hour, "it is being set up", "to continue, run the same command again (it finds the new key and does not create a second one); to discard the credential: credctl rotation abort OP"},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := rotationtest.New(t, rotationtest.AsReplacer)
				ctx, cancel := context.WithTimeout(t.Context(), test.limit)
				defer cancel()
				got, err := h.Create(ctx, creation.Request{
					Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: test.service(rotationtest.Base{Vendor: h.V}), Name: "z", Options: rotation.Options{To: []string{"box:a"}},
				})
				require.ErrorIs(t, err, provider.ErrPending)
				require.EqualError(t, err, test.want)
				assert.Equal(t, strings.ReplaceAll(test.hint, "OP", got.Operation), provider.HintOf(err))
			})
		})
	}
}

// A secret that a person mistyped is not delivered, and can be supplied again.
func TestAWrongSecretOfACreationIsNotDelivered(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := rotationtest.New(t, rotationtest.AsReplacer)
		made, err := h.Create(t.Context(), creation.Request{
			Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: silent{rotationtest.Base{Vendor: h.V}}, Name: "z", Options: rotation.Options{To: []string{"box:a"}},
		})
		require.ErrorIs(t, err, provider.ErrPending)
		before := h.Boxes["box:a"].Secret
		_, err = h.Resume(t.Context(), made.Operation, rotation.ResumeOptions{Secret: provider.NewSecret("mistyped")})
		require.ErrorIs(t, err, provider.ErrVerify)
		require.ErrorContains(t, err, "could not verify the supplied secret of "+made.ID)
		require.Equal(t, "to supply the secret again: credctl rotation resume "+made.Operation+" --secret-file -; to skip the verification, add: --verify none; to discard the credential: credctl rotation abort "+made.Operation, provider.HintOf(err))
		require.Equal(t, before, h.Boxes["box:a"].Secret)
		h.Restart()
		_, err = h.Resume(t.Context(), made.Operation, rotation.ResumeOptions{Secret: provider.NewSecret(h.V.Find(made.ID).Secret)})
		require.NoError(t, err)
		require.Equal(t, made.ID, h.Owner(h.Boxes["box:a"].Secret))
	})
}
